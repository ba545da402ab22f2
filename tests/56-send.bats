#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Send streams: what btrfs receive makes of them is the tree that the archive describes.
# bats file_tags=kernel

load helpers

setup_file()
{
	require_mount || return 0
	cd "$BATS_FILE_TMPDIR"
	{
		python3 "$GEN/rich.py"
		# equal data: whole files, a part of one, one that ends elsewhere, and one that repeats itself
		for i in 1 2 3; do echo "file clones/same-$i size=700000 seed=clone"; done
		echo "file clones/longer size=900000 seed=clone"
		echo "file clones/a size=300000 seed=noise-clone"
		echo "file clones/b size=299990 seed=noise-clone"
		echo "file clones/zeros size=2000000 seed=zeros"
		echo "file clones/zeros2 size=1999990 seed=zeros"
	} >spec
	spec_tar tar <spec
	python3 "$GEN/archive.py" manifest <spec >manifest
	scratch_btrfs "$BATS_FILE_TMPDIR/fs" 8g
}

setup()
{
	skip_if_unmet
	enter_receiver
}

is_tree()
{
	python3 "$TOP/tests/tools/treecmp.py" --manifest "$BATS_FILE_TMPDIR/manifest" "$1"
}

# says TEXT OPTION... - the program refuses, and says so
says()
{
	local text=$1
	shift
	refused 1 "$@"
	[[ $stderr = *"$text"* ]]
}

# count COMMAND STREAM - how often the stream has the command
count()
{
	btrfs receive --dump <"$2" | grep -c "^$1 "
}

@test "a received stream is the tree: each codec, both versions" {
	local codec version
	for codec in zstd zlib lzo none; do
		for version in 1 2; do
			"$TAR2BTRFS" --send-stream=$version --subvol-name $codec$version --compress $codec \
				-o s "$BATS_FILE_TMPDIR/tar"
			receive s
			is_tree "$into/$codec$version"
			[ "$(btrfs property get "$into/$codec$version" ro)" = ro=true ]
		done
	done
	sync
	assert_scrub "$FS"
}

@test "no receiver unpacks: compressed extents arrive as they are" {
	require_tool compsize
	local codec
	for codec in zstd zlib lzo; do
		"$TAR2BTRFS" --send-stream --subvol-name $codec --compress $codec -o s "$BATS_FILE_TMPDIR/tar"
		btrfs receive -vvv "$into" <s >log 2>&1
		[ "$(grep -c '^encoded_write' log)" -gt 100 ]
		run -1 grep 'falling back' log
		compsize "$into/$codec" | grep "^$codec "
	done
}

@test "without an option it is version 2, and the stream is the subvolume root" {
	"$TAR2BTRFS" --send-stream "$BATS_FILE_TMPDIR/tar" >s
	[ "$(head -c 17 s | tail -c 4 | od -An -tu4)" -eq 2 ]
	receive s
	is_tree "$into/root"
}

@test "equal data is cloned, in both versions, and none of it with --dedupe=off" {
	require_tool compsize
	"$TAR2BTRFS" --send-stream -o s "$BATS_FILE_TMPDIR/tar"
	[ "$(count clone s)" -ge 4 ]
	"$TAR2BTRFS" --send-stream=1 -o s1 "$BATS_FILE_TMPDIR/tar"
	[ "$(count clone s1)" -eq "$(count clone s)" ]
	"$TAR2BTRFS" --send-stream --dedupe=off --subvol-name off -o off "$BATS_FILE_TMPDIR/tar"
	run -1 count clone off
	receive s
	receive off
	is_tree "$into/off"
	sync
	# what compsize calls referenced is more than what is stored, uncompressed
	compsize -b "$into/root" | awk '$1 == "TOTAL" { exit !($5 > $4 + 2000000) }'
}

@test "holes stay holes" {
	python3 "$GEN/archive.py" make "$into/made" <"$BATS_FILE_TMPDIR/spec"
	"$TAR2BTRFS" --send-stream -o s "$BATS_FILE_TMPDIR/tar"
	receive s
	assert_tree_equal "$into/made" "$into/root" --ignore=dirmtime,rootmtime
}

@test "the kernel's filesystem with received subvolumes is sound" {
	truncate -s 2g own
	mkfs.btrfs -q own
	mount_image own mnt rw
	"$TAR2BTRFS" --send-stream -o s "$BATS_FILE_TMPDIR/tar"
	btrfs receive -q mnt <s
	umount mnt
	assert_check own
	mount "$dev" mnt
	is_tree mnt/root
	assert_scrub mnt
	detach mnt
}

@test "the same bytes from shuffled archives, for any threads, to a file and to a pipe" {
	assert_same_bytes "$BATS_FILE_TMPDIR/spec" --send-stream
	"$TAR2BTRFS" --send-stream --digest=d -o s "$BATS_FILE_TMPDIR/tar"
	[ "$(cut -d' ' -f1 d)" = "$(image_hash --send-stream <"$BATS_FILE_TMPDIR/tar")" ]
}

@test "all file attributes are in version 2, and in version 1 they are refused" {
	printf 'f' >f
	chattr +d f 2>/dev/null || skip "no file flags here"
	bsdtar --format=pax --fflags -cf tar f
	"$TAR2BTRFS" --send-stream -o s tar
	[ "$(count fileattr s)" -eq 1 ]
	says "file flags" --send-stream=1 -o s1 tar
	"$TAR2BTRFS" --send-stream=1 --skip-unsupported -o s1 tar 2>err
	[ "$(grep -c 'file flags' err)" -eq 1 ]
	run -1 count fileattr s1
}

@test "ids: a stream's subvolume is the image's subvolume of the same tree and name" {
	"$TAR2BTRFS" --send-stream -o s --subvol-name sub "$BATS_FILE_TMPDIR/tar"
	echo 'dir sub' >spec2
	# the bytes of a file follow from its path unless it has a seed
	sed '/ seed=/!s,^file \([^ ]*\) .*size=.*,& seed=\1,; s,^\([a-z]* \),\1sub/,; s,^\(link [^ ]* \),\1sub/,' "$BATS_FILE_TMPDIR/spec" >>spec2
	spec_tar tar2 <spec2
	"$TAR2BTRFS" -u sub -o image tar2
	uuid=$(btrfs receive --dump <s | sed -n 's/^subvol .*uuid=\([^ ]*\) transid=1.*/\1/p')
	[ -n "$uuid" ]
	subvol_uuids image | grep -q "$uuid"
	"$TAR2BTRFS" --send-stream --subvol-uuid /=01234567-89ab-cdef-0123-456789abcdef -o s tar2
	btrfs receive --dump <s | grep -q '^subvol .*uuid=01234567-89ab-cdef-0123-456789abcdef'
}

@test "a stream for each subvolume, by the last part of its path" {
	printf '%s\n' 'dir a' 'file a/1 text=1' 'dir b' 'dir b/c' 'file b/c/2 text=2' 'file 3 text=3' >spec
	spec_tar tar <spec
	"$TAR2BTRFS" --send-stream -u a -u b/c --subvol-name top -o s tar
	receive s
	assert_equal "$(echo "$into"/*)" "$into/a $into/c $into/top"
	[ "$(cat "$into/a/1")$(cat "$into/c/2")$(cat "$into/top/3")" = 123 ]
	# a top level that holds nothing else is no subvolume of the stream
	printf '%s\n' 'dir a' 'file a/1 text=1' 'dir b' 'file b/2 text=2' | spec_tar tar
	into=$into/two
	mkdir "$into"
	"$TAR2BTRFS" --send-stream -u a -u b -o s tar
	receive s
	assert_equal "$(echo "$into"/*)" "$into/a $into/b"
}

@test "what no stream can hold is refused by name" {
	printf '%s\n' 'dir a' 'dir a/b' 'dir c' 'dir c/b'| spec_tar tar
	says "a/b: a subvolume inside subvolume 'a'" --send-stream -u a -u a/b -o s tar
	says "c/b: a second subvolume of the name 'b'" --send-stream -u a/b -u c/b -o s tar
	says "a: a second subvolume of the name 'a'" --send-stream -u a --subvol-name a -o s tar
	says "c: a second subvolume of one uuid" --send-stream -u a -u c \
		--subvol-uuid a=01234567-89ab-cdef-0123-456789abcdef \
		--subvol-uuid c=01234567-89ab-cdef-0123-456789abcdef -o s tar
	python3 -c "
n = 'd' * 200
for i in range(1, 22): print('dir ' + '/'.join([n] * i))" | spec_tar deep
	says "allowed in a send stream: 4092" --send-stream -o s deep
	[ ! -e s ]
}

@test "version 1 has the property of compression, whose flags come with it, and no other flags" {
	printf '%s\n' 'dir a' 'file a/f text=1' | spec_tar tar
	"$TAR2BTRFS" --send-stream=1 --property compression=lzo:a -o s tar
	receive s
	assert_equal "$(getfattr --only-values -n btrfs.compression "$into/root/a/f")" lzo
	says "a/f: file flags, which version 1 of send streams cannot hold" --send-stream=1 --inode-flags nodatacow:a/f -o t tar
	[ ! -e t ]
	"$TAR2BTRFS" --skip-unsupported --send-stream=1 --inode-flags nodatacow:a/f -o t tar
}

@test "a message about a limit of nodes names no option that is refused here" {
	echo "file f x.user.a=$(printf '%020000d' 0)" | spec_tar tar
	says "xattr user.a: name and value have 20006 bytes" --send-stream -o s tar
	[[ $stderr != *"-n "* ]]
	refused 1 -o image tar
	[[ $stderr = *"(see -n 64k)" ]]
}

@test "options of images are wrong usage with --send-stream" {
	local option
	for option in --csum=xxhash --label=x --uuid=random --device-uuid=01234567-89ab-cdef-0123-456789abcdef \
		--chunk-uuid=01234567-89ab-cdef-0123-456789abcdef --no-seed --size=1g --free=1g --nodesize=4k --metadata=dup \
		--features=^free-space-tree --max-inline=0 --pack-tails --layers=subvolumes; do
		run -2 --separate-stderr "$TAR2BTRFS" --send-stream "$option" "$BATS_FILE_TMPDIR/tar"
		[[ $stderr = *"found ${option%%=*}"*" with --send-stream"* ]]
	done
	run -2 "$TAR2BTRFS" --send-stream -u default:a "$BATS_FILE_TMPDIR/tar"
	run -2 "$TAR2BTRFS" --subvol-name a "$BATS_FILE_TMPDIR/tar"
	run -2 "$TAR2BTRFS" --send-stream --subvol-name a/b "$BATS_FILE_TMPDIR/tar"
	run -2 "$TAR2BTRFS" --send-stream --subvol-name .. "$BATS_FILE_TMPDIR/tar"
	run -2 "$TAR2BTRFS" --send-stream=3 "$BATS_FILE_TMPDIR/tar"
}

@test "reports: figures, and output or nothing" {
	"$TAR2BTRFS" --send-stream --stats=json:stats -o s "$BATS_FILE_TMPDIR/tar"
	[ "$(python3 -c 'import json; print(json.load(open("stats"))["send_stream"]["bytes"])')" -eq "$(stat -c %s s)" ]
	"$TAR2BTRFS" --send-stream --stats -o s "$BATS_FILE_TMPDIR/tar" 2>&1 | grep -q '^send stream '
	head -c 1000000 "$BATS_FILE_TMPDIR/tar" >short
	run -1 "$TAR2BTRFS" --send-stream -o t short
	[ ! -e t ]
	run -1 --separate-stderr "$TAR2BTRFS" --send-stream -o /dev/full "$BATS_FILE_TMPDIR/tar"
	[[ $stderr = *"cannot write"*"No space left"* ]]
}
