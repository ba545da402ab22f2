#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# btrfs2tar on images of tar2btrfs: archive, image, archive, image gives the same image.

load helpers

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || return
	python3 "$GEN/rich.py" >rich.spec
	{
		python3 "$GEN/names.py" 40 64 | sed 's|.*|file collisions/& text=x|'
		echo 'file extref/target text=x'
		for i in $(seq 1 120); do printf 'link extref/%0200d extref/target\n' "$i"; done
		echo -n 'file xattr-collisions'
		python3 "$GEN/names.py" 20 60 user. | sed 's|.*| x.&=&|' | tr -d '\n'
		echo
	} >>rich.spec
	spec_tar rich.tar <rich.spec
	"$TAR2BTRFS" -o rich.img rich.tar
	"$BTRFS2TAR" -o rich.back rich.img
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	RICH=$BATS_FILE_TMPDIR/rich
}

# law ARCHIVE [OPTIONS] - of tar2btrfs
law()
{
	local archive=$1
	shift
	"$TAR2BTRFS" -o first "$@" "$archive"
	"$BTRFS2TAR" -o back first
	"$TAR2BTRFS" -o second "$@" back
	cmp first second
}

@test 'the law: the tree with everything, of each form of image' {
	local options
	while read -r options; do
		echo "$options"
		# shellcheck disable=SC2086 # words
		law "$RICH.tar" $options
		# and the archive says nothing of the form
		cmp back "$RICH.back"
	done <<-END

		-n 4k
		-n 8k --csum xxhash
		-n 32k --csum sha256
		-n 64k --csum blake2
		-m dup
		--compress none
		--compress none --max-inline 0
		--compress zlib:9
		--compress lzo
		--compress lzo:9 -n 64k
		--compress zstd:19 --pack-tails
		--dedupe off
		-O ^free-space-tree
		-O block-group-tree
		--no-seed
		--size 200m
	END
}

@test 'the law: all times' {
	"$TAR2BTRFS" --keep-times -o first "$RICH.tar"
	"$BTRFS2TAR" --keep-times -o back first
	"$TAR2BTRFS" --keep-times -o second back
	cmp first second
	run ! cmp -s back "$RICH.back"
}

@test 'the law: nothing, data beyond the second superblock, this machine' {
	spec_tar empty.tar </dev/null
	law empty.tar
	python3 "$GEN/stream.py" data 70m 3 >mirror.tar
	law mirror.tar --compress none
	law mirror.tar --compress zstd:1
	tar -C / --ignore-failed-read --xattrs --xattrs-include='*' --acls -cf etc.tar etc usr/share/perl usr/lib/python3 2>/dev/null || :
	[ "$(tar -tf etc.tar | wc -l)" -gt 500 ]
	law etc.tar
	law etc.tar --pack-tails
}

@test 'the law: ACLs, flags, lone and sparse files' {
	spec_tar odd.tar <<-END
		dir d x.system.posix_acl_access=hex:0200000001000700ffffffff02000500e803000004000500ffffffff10000700ffffffff20000500ffffffff
		dir e x.system.posix_acl_default=hex:0200000001000700ffffffff04000500ffffffff20000000ffffffff
		file f text=x pax.SCHILY.fflags=schg,nodump,noatime
		file g text=x pax.SCHILY.fflags=nocow
		file h text=x pax.SCHILY.fflags=sync,compress
		dir i pax.SCHILY.fflags=dirsync,sappnd
		file j text=x pax.SCHILY.xattr.user.a%253Db%2525c=1 x.user.empty=
		file big size=300000 hole=0+65536 hole=131072+65536
		file tail size=9000 hole=4096+4904
		file hole size=1000000 hole=0+1000000
	END
	law odd.tar
	# the pax records of GNU tar and of star
	tar -tvf back >names
	[ "$(wc -l <names)" -eq 11 ]
	grep -a -q 'SCHILY.fflags=schg,nodump,noatime' back
	grep -a -q 'SCHILY.xattr.user.a%3Db%25c=1' back
}

@test 'a listing is that of GNU tar' {
	# which takes half a second before 1970 for half a second after
	"$BTRFS2TAR" -tv "$RICH.img" | grep -v -- '-0\.5' >ours
	TZ=UTC tar --numeric-owner -tvf "$RICH.back" | grep -v -- '-0\.5' >theirs
	diff theirs ours
	"$BTRFS2TAR" -t "$RICH.img" | diff <(tar -tf "$RICH.back") -
}

@test 'paths, one file, subvolumes' {
	spec_tar in.tar <<-END
		file a/b/file size=500000
		file a/b/inline text=hello
		file a/sparse size=300000 hole=4096+200000
		symlink a/link b/file
		link a/hard a/b/file
		file sub/inner/x text=x
		file sub/y text=y
	END
	"$TAR2BTRFS" -u sub -u ro:sub/inner -u default:a -o img in.tar
	[ "$("$BTRFS2TAR" -t img | tr '\n' ' ')" = './ ./b/ ./b/file ./b/inline ./hard ./link ./sparse ' ]
	[ "$("$BTRFS2TAR" --all-subvols -t img sub | tr '\n' ' ')" = './sub/ ./sub/inner/ ./sub/inner/x ./sub/y ' ]
	[ "$("$BTRFS2TAR" --subvol sub/inner -t img | tr '\n' ' ')" = './ ./x ' ]
	[ "$("$BTRFS2TAR" --subvol 257 -t img ./y /inner/ | tr '\n' ' ')" = './y ./inner/ ./inner/x ' ]
	tar -xOf in.tar a/b/file | cmp - <("$BTRFS2TAR" --cat b/file img)
	tar -xOf in.tar a/sparse | cmp - <("$BTRFS2TAR" --all-subvols --cat /a/sparse img)
	[ "$("$BTRFS2TAR" --subvol a --cat b//./inline img)" = hello ]
	# the top level holds what the archive did
	"$BTRFS2TAR" --all-subvols -o all.tar img
	"$TAR2BTRFS" -u sub -u ro:sub/inner -u default:a -o again all.tar
	cmp img again

	export_refused 'there is no nothing in the image' img nothing
	export_refused 'there is no subvolume with id 999' --subvol 999 img
	export_refused 'b is no subvolume' --subvol a/b img
	export_refused 'no regular file' --cat link img
	export_refused 'no regular file' --cat b img
}

@test 'wrong usage' {
	run -2 --separate-stderr "$BTRFS2TAR"
	[[ $stderr == 'btrfs2tar: found no IMAGE'* ]]
	run -2 "$BTRFS2TAR" --subvol a --all-subvols "$RICH.img"
	run -2 "$BTRFS2TAR" --list --cat a "$RICH.img"
	run -2 "$BTRFS2TAR" --nonsense "$RICH.img"
	local option
	for option in -o --cat --subvol; do
		run -2 --separate-stderr "$BTRFS2TAR" "$option" -t "$RICH.img"
		[[ $stderr == *"found '-t', allowed: "*', with ./ in front if it begins with -' ]]
	done
	run -0 "$BTRFS2TAR" --help
	run -0 "$BTRFS2TAR" --version
	[[ $output == 'btrfs2tar '* ]]
}

@test 'the manual has the options of the help, in its order' {
	diff <("$BTRFS2TAR" --help | grep -oE '^ +(-[A-Za-z], )?--[a-z-]+' | grep -oE -- '--.*') \
		<(sed -n 's/\\-/-/g; s/^\.It Fl //p' "$TOP/man/btrfs2tar.1" | grep -oE ' ?-[a-z-]+' | sed 's/^ *-/--/')
}

@test 'output or nothing' {
	spec_tar in.tar <<<'file f size=500000 seed=noise'
	"$TAR2BTRFS" -o img in.tar
	# flip a bit of data, which begins behind the metadata
	require_tool btrfs
	data=$(btrfs inspect-internal dump-tree -t 5 img | sed -n 's/.*disk byte \([1-9][0-9]*\) nr.*/\1/p' | head -n 1)
	printf '\377' | dd of=img bs=1 seek="$((data + 5000))" conv=notrunc status=none
	echo old >out
	export_refused "f: data at $((data + 4096)): the checksum is wrong" -o out img
	[ "$(cat out)" = old ]
	[ "$(find . -type f ! -name 'separate-stderr*' | sort | tr '\n' ' ')" = './img ./in.tar ./out ' ]
	# what is elsewhere is not looked at
	run -0 "$BTRFS2TAR" -t img
	export_refused 'img is the image itself' -o img img
	# shellcheck disable=SC2016 # for the inner shell
	run -1 --separate-stderr bash -c '"$BTRFS2TAR" "$1" >/dev/full' - "$RICH.img"
	[[ $stderr == *'No space left on device' ]]
}

@test 'what is no filesystem' {
	head -c 2m /dev/zero >zeros
	export_refused 'zeros is no btrfs filesystem' zeros
	: >empty
	export_refused 'empty is no btrfs filesystem: superblock at 65536: the file ends before it' empty
	head -c 100000 "$RICH.img" >short
	export_refused 'the image ends before it' short
	export_refused 'cannot open missing: No such file or directory' missing
	# shellcheck disable=SC2016 # for the inner shell
	run -1 --separate-stderr bash -c 'cat "$1" | "$BTRFS2TAR" -' - "$RICH.img"
	[[ $stderr == *'can be read only from its beginning to its end'* ]]
	"$BTRFS2TAR" -t - <"$RICH.img" | diff - <(tar -tf "$RICH.back")
}

@test 'one small file of a large image costs no more than the path to it' {
	require_tool strace
	require_plain_build
	python3 "$GEN/stream.py" data 300m 300 >large.tar
	spec_tar small.tar <<<'file some/where/small size=3000'
	"$TAR2BTRFS" --compress none --no-seed --size 8g -o img large.tar small.tar
	strace -f -e trace=pread64 -o trace "$BTRFS2TAR" --no-sandbox --cat some/where/small img >small
	tar -xOf small.tar some/where/small | cmp - small
	bytes=$(sed -n 's/.*pread64.* = \([0-9]*\)$/\1/p' trace | awk '{ n += $1 } END { print n }')
	echo "# $bytes bytes read" >&3
	[ "$bytes" -gt 0 ]
	[ "$bytes" -lt $((1 << 20)) ]
}
