#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# fs-verity: items, digests and signatures against fsverity-utils; the kernel's own are in tests/kernels/check-verity.sh.
# bats file_tags=kernel

load helpers

setup_file()
{
	cd "$BATS_FILE_TMPDIR"
	python3 "$GEN/verity.py" t
	mkdir t/dir/deep
	printf name >"$(printf 't/dir/deep/a\nb\\c')"
	ln -s text-1 t/symlink
	tar -C t -S --sort=name --format=pax -cf tar .
	mkdir plain
	tar -C plain -xf tar
}

setup()
{
	require_tool btrfs fsverity python3
	cd "$BATS_TEST_TMPDIR"
	T=$BATS_FILE_TMPDIR
	img=$BATS_TEST_TMPDIR/img
}

# digest_lines [OPTION...] - of all files of the tree, sorted, as --fs-verity-digests has them
digest_lines()
{
	(cd "$T/plain" && find . -type f -printf '%P\0' | sort -z | xargs -0 fsverity digest "$@") >raw
	# the one name with a newline
	python3 -c '
import sys
text = sys.stdin.read()
odd = "dir/deep/a\nb\\c"
lines = [line for line in text.replace(odd, "\0").split("\n") if line]
print(*sorted("\\" + line.replace("\0", "dir/deep/a\\nb\\\\c") if "\0" in line else line for line in lines), sep="\n")' <raw
}

# same_digests OPTION... - with them --fs-verity gives each file the digest of fsverity-utils, and the image is clean
same_digests()
{
	"$TAR2BTRFS" -L "$(unique_label)" --fs-verity-digests digests -o "$img" "$@" "$T/tar"
	sort digests | cmp - expected
	assert_check "$img"
}

# same_items [FSVERITY-OPTION...] - descriptors and Merkle trees in the image are those of fsverity-utils, in Linux's items
same_items()
{
	local ino file
	rm -rf items
	mkdir items
	python3 "$TOP/tests/tools/verity_items.py" dump "$img" items
	(cd "$T/plain" && find . -type f -printf '%P\n') | grep -v 'deep\|^b' >names
	btrfs inspect-internal dump-tree -t 5 "$img" >dump
	while read -r file; do
		ino=$(awk -v "name=${file##*/}" '$1 == "item" && $5 == "INODE_REF" { ino = substr($4, 2) }
			/ name: / && $NF == name && !found { print ino; found = 1 }' dump)
		rm -f tree desc
		fsverity digest "$@" --out-merkle-tree=tree --out-descriptor=desc "$T/plain/$file" >/dev/null
		cmp desc "items/$ino.desc"
		[ -s tree ] || { [ ! -e "items/$ino.tree" ]; continue; }
		# the zeros at the end are left out
		[ "$(stat -c %s "items/$ino.tree")" -le "$(stat -c %s tree)" ]
		truncate -s %4096 "items/$ino.tree"
		cmp tree "items/$ino.tree"
	done <names
	[ "$(find items -name '*.desc' | wc -l)" = "$(find "$T/plain" -type f -printf '%i\n' | sort -u | wc -l)" ]
}

@test "digests, descriptors and trees are those of fsverity-utils, however data is stored" {
	digest_lines >expected
	for options in '' '--compress none' '--compress zlib --max-inline 0' --pack-tails --dedupe=off --detect-holes \
		'--threads 1' '-n 4k' '-n 64k --csum sha256' '--inode-flags nodatacow:/' '--inode-flags nodatasum:dir' \
		'--compress lzo:/dir' '--hard-dereference' '-m dup' '-O block-group-tree'; do
		echo "options: $options"
		# shellcheck disable=SC2086 # words
		same_digests --fs-verity $options
		[ "$options" = --hard-dereference ] || same_items
	done
}

@test "sha512 and salts" {
	digest_lines --hash-alg=sha512 >expected
	same_digests --fs-verity=sha512
	same_items --hash-alg=sha512
	digest_lines --salt=00ff10 >expected
	same_digests --fs-verity --fs-verity-salt 00FF10
	same_items --salt=00ff10
	digest_lines --hash-alg=sha512 --salt="$(printf %064d 7)" >expected
	same_digests --fs-verity=sha512 --fs-verity-salt "$(printf %064d 7)"
	same_items --hash-alg=sha512 --salt="$(printf %064d 7)"
}

@test "items are cut as Linux cuts them, without the zeros at the end; flag, feature bit" {
	"$TAR2BTRFS" --fs-verity=:noise-300001 -o "$img" "$T/tar"
	python3 "$TOP/tests/tools/verity_items.py" list "$img" | cut -d' ' -f2-4 >list
	printf '36 0 25\n36 1 256\n37 0 2048\n37 2048 320\n' | cmp list -
	btrfs inspect-internal dump-super "$img" | grep -A5 ^compat_ro_flags >flags
	grep -q 0x7 flags
	[ "$(btrfs inspect-internal dump-tree -t 5 "$img" | grep -c 'flags 0x100000000')" = 1 ]
	"$TAR2BTRFS" -o "$img" "$T/tar"
	run -0 btrfs inspect-internal dump-super "$img"
	[[ $output == *'compat_ro_flags'*0x3* ]]
}

@test "the kernel mounts the image, and all that needs no fs-verity works" {
	require_mount
	mkimage "$img" "$T/tar" --fs-verity
	# Without CONFIG_FS_VERITY files cannot be opened: names and attributes are there.
	look()
	{
		[ "$(find "$mnt" -type f -printf '%s %P\n' | sort | sha256sum)" = "$(find "$T/plain" -type f -printf '%s %P\n' | sort | sha256sum)" ]
		cat "$mnt/text-1" >/dev/null 2>err || grep -q 'Operation not supported' err
		btrfs scrub start -BRr "$mnt"
	}
	with_mount "$img" look
}

@test "by path: the rule nearest to the file counts, none takes out; the smallest name of a hard link" {
	"$TAR2BTRFS" --fs-verity --fs-verity=none:dir --fs-verity=sha512:/dir/same --fs-verity-digests d -o "$img" "$T/tar"
	run -1 grep '[ /]dir/deep' d
	grep -q '^sha512:.* dir/same$' d
	run -1 grep ' dir/link' d
	run -1 grep ' text-300001$' d # dir/link is the smallest name
	grep -q '^sha256:.* text-1$' d
	"$TAR2BTRFS" --fs-verity=:dir --fs-verity-digests d -o "$img" "$T/tar"
	[ "$(cut -d' ' -f2- d | sort | tr '\n' ' ')" = 'dir/deep/a\nb\\c dir/link dir/same text-300001 ' ]
	# The guess while members arrive is wrong where a path of a rule has a symbolic link.
	mkdir -p u/real
	cp "$T/t/text-4097" u/real/f
	ln -s real u/alias
	tar -C u -cf u.tar real alias
	"$TAR2BTRFS" --fs-verity=sha512 --fs-verity=:alias/f --fs-verity-digests d -o "$img" u.tar
	[ "$(cat d)" = "$(fsverity digest --compact u/real/f | sed 's,^,sha256:,') real/f" ]
}

@test "subvolumes, layers, replaced files, data of a hard link, cpio" {
	mkdir -p a b
	cp "$T/t/noise-300001" a/f
	cp "$T/t/text-300001" b/f
	cp "$T/t/text-4097" a/stays
	cp "$T/t/text-4096" b/new
	tar -C a -cf a.tar .
	tar -C b -cf b.tar .
	(cd b && fsverity digest f new) >expected
	(cd a && fsverity digest stays) >>expected
	"$TAR2BTRFS" --fs-verity --fs-verity-digests d -o "$img" a.tar b.tar
	cmp d expected
	"$TAR2BTRFS" --fs-verity --whiteouts --fs-verity-digests d -o "$img" a.tar b.tar
	cmp d expected
	"$TAR2BTRFS" --fs-verity --layers=subvolumes --fs-verity-digests d -o "$img" a.tar b.tar
	assert_check "$img"
	[ "$(wc -l <d)" = 5 ]
	tail -n 3 d | sed 's, 002-[^/]*/, ,' | cmp - expected
	refused 2 --layers=subvolumes --fs-verity=:f -o "$img" a.tar b.tar
	[[ $stderr == *'--fs-verity of a path'* ]]
	"$TAR2BTRFS" --fs-verity -u dir --hard-dereference --fs-verity-digests d -o "$img" "$T/tar"
	digest_lines >expected
	sort d | cmp - expected
	assert_check "$img"
	(cd "$T/plain" && find . -print0 | cpio --quiet -0 -o -H newc) >c.cpio
	"$TAR2BTRFS" --fs-verity --fs-verity-digests d -o "$img" c.cpio
	sort d | cmp - expected
}

@test "the image depends neither on threads nor on the order of members, and says so in its ids" {
	spec=$BATS_TEST_TMPDIR/spec
	printf 'file a size=300000 seed=1\nfile d/b size=300000 seed=1\nfile d/c size=9000\nfile e text=x\nlink z a\n' >"$spec"
	assert_same_bytes "$spec" --fs-verity --fs-verity=sha512:d
	spec_tar s.tar <"$spec"
	"$TAR2BTRFS" -u d --fs-verity -o x s.tar
	"$TAR2BTRFS" -u d --fs-verity --fs-verity-salt 01 -o y s.tar
	"$TAR2BTRFS" -u d -o z s.tar
	fsids() { for i in x y z; do btrfs inspect-internal dump-super "$i" | awk '$1 == "fsid" { print $2 }'; done | sort -u | wc -l; }
	[ "$(fsids)" = 3 ]
	[ "$(for i in x y z; do subvol_uuids "$i"; done | sort -u | wc -l)" = 3 ]
	# another algorithm of other files only: this subvolume is the same
	"$TAR2BTRFS" -u d --fs-verity=sha512 --fs-verity=sha256:d -o w s.tar
	[ "$(subvol_uuids w)" = "$(subvol_uuids x)" ]
}

@test "verity in manifests and plans, content digest" {
	"$TAR2BTRFS" --fs-verity --manifest m --content-digest=c -o "$img" "$T/tar"
	grep -q " verity=$(fsverity digest "$T/plain/text-4097" | cut -d' ' -f1)\$" m
	run -1 grep 'type=dir.* verity=' m
	# the manifest is a plan
	"$TAR2BTRFS" --plan m --manifest m2 -o img2 "$T/tar"
	cmp m m2
	cmp "$img" img2
	"$TAR2BTRFS" --content-digest=c2 -o img2 "$T/tar"
	run -1 cmp c c2
	# for one name, against a rule, for a hard link by any name, for a file that the plan makes
	cat >plan <<-'END'
		./text-1 verity=sha512
		./dir/same verity=none
		./text-300001 verity=sha256
		./made type=file mode=0600 verity=sha256
	END
	"$TAR2BTRFS" --fs-verity=:dir --plan plan --fs-verity-digests d -o "$img" "$T/tar"
	[ "$(cut -d: -f1 d | tr '\n' ' ')" = '\sha256 sha256 sha256 sha512 sha256 ' ]
	[ "$(cut -d' ' -f2 d | tr '\n' ' ')" = 'dir/deep/a\nb\\c dir/link made text-1 text-300001 ' ]
	for line in './text-1 verity' './text-1 verity=md5' './text-1 verity=sha256,x' './dir verity=sha256' './symlink verity=none' \
		'/set verity=sha256' './x type=dir verity=sha256'; do
		echo "$line" >plan
		refused 1 --plan plan -o "$img" "$T/tar"
	done
}

@test "signatures: PKCS#7 by digest" {
	require_tool openssl
	openssl req -newkey rsa:2048 -nodes -keyout key.pem -x509 -out cert.pem -subj /CN=test -days 3 2>/dev/null
	mkdir sig
	for f in text-4097 noise-0 text-300001; do
		digest=$(fsverity digest --compact "$T/plain/$f")
		fsverity sign "$T/plain/$f" "sig/$digest.p7s" --key=key.pem --cert=cert.pem >/dev/null
	done
	echo 'not for the program' >sig/README
	"$TAR2BTRFS" -v --fs-verity --fs-verity-signatures sig -o "$img" "$T/tar" 2>err
	grep -q 'of them signed' err
	[ "$(grep -o '[0-9]* of them signed' err)" = "5 of them signed" ] # text-0 and dir/same have equal bytes
	assert_check "$img"
	mkdir items
	python3 "$TOP/tests/tools/verity_items.py" dump "$img" items
	for f in sig/*.p7s; do
		found=
		for d in items/*.desc; do tail -c +257 "$d" | cmp -s - "$f" && found=1; done
		[ "$found" ]
	done
	"$TAR2BTRFS" --fs-verity -o img2 "$T/tar"
	run -1 cmp "$img" img2
	# one that is of no file
	cp sig/*.p7s .
	cp "sig/$digest.p7s" "sig/$(printf %064d 1).p7s"
	run -0 --separate-stderr "$TAR2BTRFS" --fs-verity --fs-verity-signatures sig -o "$img" "$T/tar"
	[[ $stderr == *"sig: 1 of 4 signatures are of no file of the image, the first is $(printf %064d 1).p7s" ]]
	rm "sig/$(printf %064d 1).p7s"
	# wrong names and contents
	bad() { refused 1 --fs-verity --fs-verity-signatures sig -o "$img" "$T/tar" && [[ $stderr == *"$1"* ]]; }
	touch sig/abc.p7s
	bad 'sig/abc.p7s: allowed: a digest of 64 or 128'
	rm sig/abc.p7s
	printf -v name 'sig/%064d.p7s' 2
	for content in '' 0 "$(cat cert.pem)"; do
		printf %s "$content" >"$name"
		bad 'no PKCS#7 signature in DER'
	done
	{ cat "sig/$digest.p7s"; echo; } >"$name"
	bad 'no PKCS#7 signature in DER'
	head -c 16129 /dev/zero >"$name"
	bad 'more than the 16128 bytes'
	rm "$name"
	mkdir "$name"
	bad 'cannot read sig/'
	rmdir "$name"
	mkfifo "$name"
	bad 'no PKCS#7 signature'
	refused 1 --fs-verity --fs-verity-signatures none -o "$img" "$T/tar"
	[ "$stderr" = "tar2btrfs: cannot open the directory none: No such file or directory" ]
}

@test "a signature of several items" {
	python3 -c 'import sys; sys.stdout.buffer.write(b"\x30\x82\x3e\xfc" + bytes(range(256)) * 63)' | head -c 16128 >s
	[ "$(stat -c %s s)" = 16128 ]
	mkdir sig
	cp s "sig/$(fsverity digest --compact "$T/plain/text-1").p7s"
	for n in 4k 16k; do
		"$TAR2BTRFS" --fs-verity=:text-1 --fs-verity-signatures sig -n $n -o "$img" "$T/tar"
		assert_check "$img"
		python3 "$TOP/tests/tools/verity_items.py" list "$img" | awk '{ print $3, $4 }' >list
		{ echo 0 25; for i in 0 1 2 3 4 5 6 7; do echo $((i * 2048 + 1)) 2048; done; } | cmp - list
		rm -rf items
		mkdir items
		python3 "$TOP/tests/tools/verity_items.py" dump "$img" items
		tail -c +257 items/*.desc | cmp - s
	done
}

@test "what is refused" {
	for value in md5 sha256x :; do
		refused 2 "--fs-verity=$value" -o "$img" "$T/tar"
		[[ $stderr == *--fs-verity* ]]
	done
	refused 2 --fs-verity= -o "$img" "$T/tar"
	for salt in '' 0 0g "$(printf %066d 1)"; do
		refused 2 --fs-verity --fs-verity-salt "$salt" -o "$img" "$T/tar"
		[[ $stderr == *'hex digits of 1 to 32 bytes'* ]]
	done
	for option in '--fs-verity-salt 00' '--fs-verity-signatures .' '--fs-verity-digests d'; do
		# shellcheck disable=SC2086 # words
		refused 2 $option -o "$img" "$T/tar"
		[[ $stderr == *"found ${option% *} without --fs-verity" ]]
	done
	refused 1 --fs-verity=:nowhere -o "$img" "$T/tar"
	[[ $stderr == *"--fs-verity: 'nowhere' is not in the archive" ]]
	# Merkle trees of holes: not larger than --max-bytes, not beyond what Linux reads
	echo 'file big size=4611686018427387904 hole=0+4611686018427387904' | spec_tar big.tar
	refused 1 --fs-verity -o "$img" big.tar
	[[ $stderr == *'big: with its Merkle tree there are '*' bytes of them, 1099511627776 are allowed (see --max-bytes)' ]]
	refused 1 --fs-verity=sha512 -o "$img" big.tar
	[[ $stderr == *'big: a file of 4611686018427387904 bytes, too large for fs-verity with sha512' ]]
	echo 'file big size=1073741824 hole=0+1073741824' | spec_tar big.tar
	refused 1 --fs-verity --max-bytes 8m -o "$img" big.tar
	"$TAR2BTRFS" --fs-verity --max-bytes 9m -o "$img" big.tar
	[ ! -e d ]
	# a send stream
	refused 2 --send-stream --fs-verity -o "$img" "$T/tar"
	[[ $stderr == *'found --fs-verity with --send-stream, allowed: one of them' ]]
	echo './text-1 verity=sha256' >plan
	refused 1 --send-stream --plan plan -o "$img" "$T/tar"
	[[ $stderr == *'the plan asks for fs-verity, which a send stream cannot have' ]]
}

# ---- the way back ---------------------------------------------------------------

@test "btrfs2tar verifies: manifest, archive, one file; --info has the options that make the image again" {
	"$TAR2BTRFS" --fs-verity=sha512 --fs-verity-salt 01ab --manifest m -o "$img" "$T/tar"
	"$BTRFS2TAR" --manifest "$img" | cmp - m
	"$BTRFS2TAR" "$img" >back
	cmp <(tar -xOf back) <(tar -xOf "$T/tar")
	cmp <("$BTRFS2TAR" --cat text-300001 "$img") "$T/plain/text-300001"
	"$BTRFS2TAR" --info "$img" | grep -q '| tar2btrfs --fs-verity=sha512 --fs-verity-salt 01ab -o new.img$'
	"$TAR2BTRFS" --fs-verity=sha512 --fs-verity-salt 01ab -o new.img back
	cmp "$img" new.img
	for options in '-n 4k' '-n 64k -m dup' '--compress none'; do
		# shellcheck disable=SC2086 # words
		"$TAR2BTRFS" --fs-verity $options --manifest m -o "$img" "$T/tar"
		"$BTRFS2TAR" --manifest "$img" | cmp - m
	done
	# few files with fs-verity
	"$TAR2BTRFS" --fs-verity=:text-1 -o "$img" "$T/tar"
	"$BTRFS2TAR" --info "$img" | grep -q '| tar2btrfs --fs-verity=sha256:/text-1 -o new.img$'
}

# damaged ARCHIVE WHAT AT TEXT - all that reads the file of an image with damage and right checksums says TEXT of it
damaged()
{
	local archive=$1 what=$2 at=$3 text=$4
	"$TAR2BTRFS" --fs-verity --compress none -o "$img" "$archive"
	python3 "$TOP/tests/tools/verity_items.py" damage "$img" 257 "$what" "$at"
	for command in --manifest --content-digest '-o x' '--cat f'; do
		# shellcheck disable=SC2086 # words
		export_refused "$text" $command "$img"
		[[ $stderr == 'btrfs2tar: f: '* ]]
	done
}

@test "btrfs2tar finds damage in data, holes, descriptor and tree whose checksums are right" {
	mkdir p i s
	cp "$T/plain/noise-300001" p/f
	tar -C p -cf p.tar f
	printf 'a small text' >i/f
	tar -C i -cf i.tar f
	cp "$T/plain/hole-behind" s/f
	tar -C s -S -cf s.tar f
	damaged p.tar data 0 'block 0 does not fit its hash (fs-verity)'
	damaged p.tar data 300000 'block 73 does not fit its hash (fs-verity)'
	damaged p.tar hole 0 'block 0 does not fit its hash (fs-verity)'
	damaged p.tar tree 0 'block 0 of its Merkle tree (fs-verity) does not fit the root hash'
	damaged p.tar tree 2300 'block 0 of its Merkle tree'
	damaged s.tar tree 100 'block 0 of its Merkle tree'
	damaged s.tar tree 8000 'block 1 of its Merkle tree (fs-verity) does not fit the one above it'
	damaged i.tar inline 3 'block 0 does not fit its hash (fs-verity)'
	damaged p.tar desc 16 'block 0 of its Merkle tree (fs-verity) does not fit the root hash'
	damaged p.tar desc 48 'the root hash (fs-verity) has bytes behind its end'
	damaged p.tar desc 0 'an fs-verity descriptor that makes no sense'
	damaged p.tar desc 1 'an fs-verity descriptor that makes no sense'
	damaged p.tar desc 2 'an fs-verity descriptor that makes no sense'
	damaged p.tar desc 3 'block 0 of its Merkle tree'
	damaged p.tar desc 4 'an fs-verity descriptor of 256 bytes, with a signature of 4'
	damaged p.tar desc 8 'fs-verity of 300005 bytes, the file has 300001'
	damaged p.tar desc 200 'an fs-verity descriptor that makes no sense'
	damaged p.tar item 0 'an fs-verity descriptor of 260 bytes'
	damaged p.tar item 9 'a descriptor item whose reserved bytes are set'
}
