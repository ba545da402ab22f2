#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Archives as programs of the field write them, and that need an option or are no single archive. The oracle is the
# image of an archive that describes the same tree plainly; tests/input/mkarchive.py has more kinds.

# that an archive comes through a pipe is the point
# shellcheck disable=SC2002
load helpers

setup()
{
	cd "$BATS_TEST_TMPDIR"
}

# archive EXPRESSION >FILE - bytes that the functions of mkarchive.py make
archive()
{
	PYTHONPATH=$TOP/tests/input PYTHONDONTWRITEBYTECODE=1 python3 -c "import sys; from mkarchive import *
sys.stdout.buffer.write($1)"
}

# same REFERENCE ARCHIVE [OPTIONS] - the image of both is the same, from the file and through a pipe, without a word
same()
{
	local wanted input=$2
	wanted=$("$TAR2BTRFS" "$1" | sha256sum)
	shift 2
	assert_equal "$("$TAR2BTRFS" "$@" "$input" 2>err | sha256sum)" "$wanted"
	assert_equal "$(cat "$input" | "$TAR2BTRFS" "$@" 2>>err | sha256sum)" "$wanted"
	assert_equal "$(<err)" ''
}

# says STATUS TEXT ARG... - the last line on stderr has the text, from a file and through a pipe
says()
{
	local wanted=$1 text=$2 input=${!#}
	shift 2
	run "-$wanted" --separate-stderr "$TAR2BTRFS" -o img "$@"
	one_line
	[[ $stderr == *"$text"* ]]
	run "-$wanted" --separate-stderr "$TAR2BTRFS" -o img "${@:1:$#-1}" - < <(cat "$input")
	one_line
	[[ $stderr == *"$text"* ]]
}

@test "a tar without its end marker, and without the last padding" {
	archive 'file(b"f", b"hello") + file(b"g", b"world!") + END' >whole
	for bytes in 2048 2047 1543 1542; do
		head -c $bytes whole >cut.tar
		says 1 'the archive is cut: it ends ' cut.tar
		[[ $stderr == *' (see --allow-missing-end)' ]]
		same whole cut.tar --allow-missing-end
		gzip -c cut.tar >cut.gz
		same whole cut.gz --allow-missing-end
	done
	same whole whole --allow-missing-end
}

@test "--allow-missing-end: what is cut elsewhere stays refused" {
	local specials='pax((b"path", b"long")) + long_name(b"long") + long_name(b"t", b"K")'
	archive "WHOLE + $specials + header(b'g', 5, b'0', magic=GNU) + b'world'" >whole
	local size
	size=$(stat -c %s whole)
	# ends of members: behind the data of the first, or its padding; and the whole
	for ((bytes = 1; bytes < size; bytes += 167)); do
		[ $bytes -lt 517 ] || [ $bytes -gt 1024 ] || continue
		head -c $bytes whole >cut.tar
		run -1 --separate-stderr "$TAR2BTRFS" --allow-missing-end - < <(cat cut.tar)
		[ -z "$output" ]
		one_line
		[ $bytes -lt 512 ] || [[ $stderr == *'the archive is cut: it ends '* ]]
	done
	for bytes in 1024 1536 2048 2560 3072 3584 4096 4608; do
		head -c $bytes whole >cut.tar
		[ $bytes = 1024 ] || says 1 'the archive is cut: it ends ' --allow-missing-end cut.tar
	done
	for end in '' 'END'; do
		archive "WHOLE + long_name(b'long') + bytes(0) ${end:+ + $end}" >cut.tar
		says 1 'it ends between a special header and its member' --allow-missing-end cut.tar
	done
	archive 'WHOLE + pax((b"path", b"x"))' >cut.tar
	says 1 'it ends between a special header and its member' --allow-missing-end cut.tar
	: >empty
	refused 1 --allow-missing-end empty
	gzip -c empty >empty.gz
	refused 1 --allow-missing-end empty.gz
	archive 'gzip.compress(WHOLE)[:-5]' >cut.gz
	says 1 'the gzip data are cut' --allow-missing-end cut.gz
}

@test "a cpio without its trailer" {
	archive 'newc(b"f", b"hello") + newc(b"g", b"world!") + trailer()' >whole
	archive 'newc(b"f", b"hello") + newc(b"g", b"world!")' >cut.tar
	says 1 'it ends without a trailer (see --allow-missing-end)' cut.tar
	same whole cut.tar --allow-missing-end
	head -c -2 cut.tar >padding
	says 1 'g: the archive is cut: it ends inside the padding of this member (see --allow-missing-end)' padding
	same whole padding --allow-missing-end
	head -c -3 cut.tar >data
	says 1 'g: the archive is cut: it ends inside the data of this member' --allow-missing-end data
}

@test "tars joined with cat" {
	spec_tar a.tar <<-'SPEC'
		file first text=one
		file both text=one
	SPEC
	spec_tar b.tar <<-'SPEC'
		file both text=two
		link hard first
	SPEC
	: | spec_tar empty.tar
	cat a.tar b.tar >ab
	says 0 ' bytes behind the archive'"'"'s end marker are ignored (see --ignore-zeros)' ab
	cmp img <("$TAR2BTRFS" a.tar)
	run --separate-stderr "$TAR2BTRFS" -q -o img ab
	[ -z "$stderr" ]
	mkdir tree
	tar -C tree --ignore-zeros -xf ab
	assert_equal "$(<tree/both) $(<tree/hard)" 'two one'
	# one archive of the same members
	{ head -c -1024 a.tar; cat b.tar; } >reference
	same reference ab --ignore-zeros
	same a.tar a.tar --ignore-zeros
	for joined in 'empty.tar ab' 'a.tar empty.tar b.tar' 'ab empty.tar'; do
		# shellcheck disable=SC2086 # names of files
		cat $joined >more.tar
		same reference more.tar --ignore-zeros
	done
	gzip -c a.tar | cat - <(gzip -c b.tar) >ab.gz
	same reference ab.gz --ignore-zeros
	{ cat ab; head -c 100 /dev/zero; } >more.tar
	same reference more.tar --ignore-zeros
	{ cat ab; head -c 100 /dev/zero; echo x; } >more.tar
	says 1 'it ends inside a header' --ignore-zeros more.tar
	{ cat ab; head -c 512 /dev/zero; seq 1000; } >more.tar
	says 1 'damaged tar header at byte' --ignore-zeros more.tar
	head -c -1024 ab >more.tar
	says 1 'it ends without an end marker (see --allow-missing-end)' --ignore-zeros more.tar
	same reference more.tar --ignore-zeros --allow-missing-end
}

# ---- initramfs images: the oracle is GNU cpio, which unpacks each part into one tree ----------------

# parts - of an image: two with early microcode, one that replaces a file; odd sizes of packed data
parts()
{
	archive 'newc(b"early", b"micro" * 99, ino=1) + newc(b"f", b"old", ino=2) + trailer()' >p1
	archive 'newc(b"d", mode=0o40755, ino=1) + newc(b"f", b"new" * 2000, ino=2, nlink=2) + newc(b"d/g", b"", ino=2, nlink=2) + trailer()' >p2
	archive 'newc(b"f2", b"last", ino=2, nlink=2) + newc(b"l", b"f", 0o120777, ino=1) + trailer()' >p3
	mkdir tree
	for part in 1 2 3; do
		cpio -idu --quiet -D tree <"p$part"
	done
	cat p1 p2 p3 >plain
	"$TAR2BTRFS" plain >plain.img
	# what is in the image is what GNU cpio made of the parts
	assert_equal "$("$TAR2BTRFS" --mtime @0 --all-root --content-digest plain 2>&1 >img)" \
		"$(tar -C tree --sort=name -c . | "$TAR2BTRFS" --mtime @0 --all-root --content-digest - 2>&1 >img)"
}

# packed PACKER PART - as it, but plain data are padded to a multiple of four
packed()
{
	case $1 in
	none) cat "$2" ;;
	lz4) lz4 -qc "$2" ;;
	lz4-sums) lz4 -qc --content-size -BX "$2" ;;
	lz4-legacy) lz4 -qlc "$2" ;;
	xz-crc32) xz -c --check=crc32 --lzma2=dict=1MiB "$2" ;;
	xz-blocks) xz -c --check=sha256 --x86 --lzma2=preset=0 --block-size=100 "$2" ;;
	*) "$1" -qc "$2" 2>err || "$1" -c "$2" ;;
	esac
}

@test "an initramfs of parts packed by any programs, zeros before, between and behind" {
	for tool in cpio gzip xz zstd bzip2 lz4; do
		require_tool $tool
	done
	parts
	local packers='none gzip bzip2 xz xz-crc32 xz-blocks zstd lz4 lz4-sums lz4-legacy' first second zeros
	for first in $packers; do
		for second in none gzip xz zstd lz4-legacy; do
			for zeros in 0 4 513; do
				# the kernel does not read these either
				[ $zeros != 0 ] || [ "$first" != lz4-legacy ] || continue
				{
					head -c $zeros /dev/zero
					packed "$first" p1
					head -c $zeros /dev/zero
					packed "$second" p2
					head -c $zeros /dev/zero
					packed "$first" p3
					head -c $zeros /dev/zero
				} >initrd
				cmp <("$TAR2BTRFS" initrd) plain.img || { echo "$first $second $zeros"; false; }
				cmp <(cat initrd | "$TAR2BTRFS") plain.img || { echo "$first $second $zeros, pipe"; false; }
			done
		done
	done
	# the first four bytes of gzip without a name could be the length of a legacy block
	{ packed lz4-legacy p1; gzip -n <p2; packed lz4-legacy p3; } >initrd
	cmp <("$TAR2BTRFS" initrd) plain.img
	cmp <(cat initrd | "$TAR2BTRFS") plain.img
}

@test "an initramfs with a large part: no limit to the size of one, and data are found" {
	spec_tar a.tar <<<'file big size=3000000 seed=noise'
	mkdir t
	tar -C t -xf a.tar
	(cd t && echo big | cpio -o -H newc --quiet -R 0:0) >big
	archive 'newc(b"f", b"hello") + trailer()' >small
	cat big small >plain
	"$TAR2BTRFS" plain >plain.img
	for packer in gzip bzip2 xz xz-blocks zstd lz4 lz4-legacy; do
		[ "$packer" != xz-blocks ] || continue
		{ packed "$packer" big; head -c 4 /dev/zero; packed "$packer" small; cat big; } >initrd
		cmp <("$TAR2BTRFS" initrd) plain.img
		cmp <(cat initrd | "$TAR2BTRFS") plain.img
	done
}

@test "an initramfs with a damaged or cut part: the message blames that part" {
	parts
	local first second
	for first in gzip bzip2 xz zstd lz4; do
		for second in gzip bzip2 xz zstd lz4; do
			[ "$first" != "$second" ] || continue
			{ packed "$first" p1; packed "$second" p2 | head -c -9; } >initrd
			says 1 "the $second data at byte $(packed "$first" p1 | wc -c) are " initrd
			{ packed "$first" p1; packed "$second" p2 | head -c 40; head -c 4 /dev/zero; packed "$first" p3; } >initrd
			says 1 "the $second data at byte $(packed "$first" p1 | wc -c) are " initrd
			{ packed "$first" p1 | head -c 30; packed "$second" p2; } >initrd
			says 1 "the $first data are " initrd
		done
		# the archive in a part is cut, and the next part is no part of it
		head -c 100 p1 >short
		{ packed "$first" short; head -c 4 /dev/zero; cat p2; } >initrd
		says 1 'cpio header at byte 0: the archive is cut' initrd
		head -c 400 p1 >short
		{ packed "$first" short; head -c 4 /dev/zero; packed "$first" p2; } >initrd
		says 1 'early: the archive is cut: it ends inside the data' initrd
		{ packed "$first" p1; echo junk; } >initrd
		says 1 "there are other bytes behind the $first data" initrd
		{ packed "$first" p1; seq 9 | packed "$first" - ; } >initrd
		says 1 'the bytes behind the cpio trailer, at ' initrd
	done
}

# ---- what does not arrive is not refused ----------------------------------------------------

@test "ids that Linux lacks: refused only where they would arrive" {
	archive 'header(b"d", 0, b"5", mode=0o755) + file(b"d/f", b"x", uid=1 << 33) + file(b"g", b"y", gid=-2) + END' >bad.tar
	archive 'newc(b"d", mode=0o40755) + newc(b"d/f", b"x", uid=0xffffffff) + newc(b"g", b"y", gid=0xffffffff) + trailer()' >bad.cpio
	archive 'header(b"d", 0, b"5", mode=0o755) + file(b"d/f", b"x") + file(b"g", b"y") + END' >root
	archive 'header(b"d", 0, b"5", mode=0o755) + END' >d
	for input in bad.tar bad.cpio; do
		says 1 'd/f: uid ' $input
		says 1 'd/f: uid ' --force-gid 0 $input
		says 1 'g: gid ' --force-uid 0 $input
		says 1 'd/f: uid ' --uid-offset 0 --exclude-path g $input
		same root $input --all-root
		same root $input --force-uid 0 --force-gid 0
		same d $input --exclude-path d/f --exclude-path g
		same d $input --exclude-regex '[fg]$'
	done
	archive 'header(b"d", 0, b"5", mode=0o755) + pax((b"uid", b"-1"), (b"gid", b"-1")) + file(b"d/f", b"x") +
		file(b"g", b"y") + END' >bad.tar
	archive 'header(b"d", 0, b"5", mode=0o755) + file(b"d/f", b"x") + file(b"g", b"y") + END' >root
	same root bad.tar --all-root
	archive 'header(b"d", 0, b"5", mode=0o755) + header(b"c", 0, b"3", major=1 << 14, minor=2) + END' >bad.tar
	says 1 'c: device 16384:2, allowed are ' bad.tar
	same d bad.tar --exclude-path c
	# what is left out, but comes in by a link
	archive 'file(b"f", b"x", uid=1 << 33) + header(b"l", 0, b"1", link=b"f") + END' >link.tar
	says 1 'l: a hard link keeps a file that is left out' --exclude-path f link.tar
	archive 'file(b"f", b"x") + END' >root
	archive 'file(b"l", b"x", uid=1 << 33) + header(b"f", 0, b"1", link=b"l") + END' >link.tar
	same root link.tar --exclude-path l --all-root
}

@test "binary ACLs and other attributes that cannot be held" {
	local acl='b"\2\0\0\0" + bytes(8)' plain='header(b"d", 0, b"5", mode=0o755) + file(b"f", b"x") + END'
	archive "$plain" >plain
	archive "pax((b'SCHILY.acl.access', $acl), (b'SCHILY.acl.default', $acl)) + $plain" >acl
	archive "pax((b'SCHILY.xattr.com.apple.x', b'1')) + $plain" >apple
	says 1 'd: the access ACL is binary: not supported, allowed is text (--skip-unsupported drops it)' acl
	for input in acl apple; do
		cmp <("$TAR2BTRFS" -q --skip-unsupported $input) <("$TAR2BTRFS" plain)
		cmp <(cat $input | "$TAR2BTRFS" -q --skip-unsupported) <("$TAR2BTRFS" plain)
		same plain $input --no-xattr
		cmp <("$TAR2BTRFS" --exclude-path d $input) <("$TAR2BTRFS" --exclude-path d plain)
	done
	same plain acl --xattrs-exclude 'system.posix_acl_*'
	archive "pax((b'SCHILY.xattr.com.apple.x', b'1')) + file(b'f', b'x') + header(b'l', 0, b'1', link=b'f') + END" >link.tar
	says 1 'l: a hard link keeps a file that is left out' --exclude-path f link.tar
}

@test "an ACL of names: the message says how numbers come into the archive" {
	archive 'pax((b"SCHILY.acl.access", b"user::rwx,user:al:rwx,group::r-x,mask::rwx,other::r-x")) + WHOLE + END' >acl
	says 1 "(--skip-unsupported drops it; tar --xattrs --xattrs-include='*' records numbers)" acl
}

@test "zstd's windows" {
	archive 'WHOLE + END' >plain
	for exponent in 31 30 28; do
		archive "b'\\x28\\xb5\\x2f\\xfd\\0' + bytes([($exponent - 10) * 8]) + ((1536 << 3) | 1).to_bytes(3, 'little') + WHOLE + END[:512]" >large
		says 1 "the zstd data have a window of $(((1 << exponent) >> 20)) MiB, allowed are 128 MiB; this unpacks it: zstd -dc --long=31 | tar2btrfs" large
		zstd -dcq --long=31 large | cmp - <(head -c 1536 plain)
	done
	archive "b'\\x28\\xb5\\x2f\\xfd\\0' + bytes([17 * 8]) + ((1536 << 3) | 1).to_bytes(3, 'little') + WHOLE + END[:512]" >large
	same plain large
}

@test "filesystems and packages by mistake: named, and no empty image" {
	local fs makes='tar -C mountpoint -c .'
	for fs in ext2 ext4 btrfs; do
		[ $fs != btrfs ] || makes='btrfs2tar file'
		truncate -s 128m disk
		mkfs.$fs -q disk
		says 1 "$fs" disk
		says 1 "this makes one: $makes | tar2btrfs" disk
		gzip -1c disk >disk.gz
		says 1 "$fs" disk.gz
		says 1 "this makes one: $makes | tar2btrfs" disk.gz
		rm disk
	done
	# zeros alone are an empty tar
	truncate -s 1m disk
	archive END >empty
	same empty disk
}

@test "one warning for a kind, with the first member and their number" {
	local plain='b"".join(header(b"f%d" % i) for i in range(3000)) + END'
	archive "$plain" >plain
	archive "b''.join(pax((b'SCHILY.xattr.com.apple.provenance', b'1')) + header(b'f%d' % i) for i in range(3000)) + END" >apple
	archive "b''.join(pax((b'SCHILY.fflags', b'uarch')) + header(b'f%d' % i) for i in range(3000)) + END" >flags
	archive "b''.join(pax((b'SCHILY.xattr.a%d.x' % i, b'1')) + header(b'f%d' % i) for i in range(3000)) + END" >kinds
	refused 1 apple
	for input in apple flags; do
		says 0 'f0: ' --skip-unsupported $input
		[[ $stderr == *'dropped; 3000 times in all' ]]
		cmp img <("$TAR2BTRFS" plain)
		run --separate-stderr "$TAR2BTRFS" -v --skip-unsupported -o img $input
		assert_equal "$(grep -c ': warning: f.*dropped$' <<<"$stderr")" 3000
		run --separate-stderr "$TAR2BTRFS" -q --skip-unsupported -o img $input
		[ -z "$stderr" ]
	done
	run --separate-stderr -0 "$TAR2BTRFS" --skip-unsupported -o img kinds
	[ "${#stderr_lines[@]}" -le 20 ]
	[[ $stderr == *'2984 more of other kinds' ]]
	cmp img <("$TAR2BTRFS" plain)
}
