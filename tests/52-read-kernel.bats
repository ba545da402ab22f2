#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# btrfs2tar on filesystems that the kernel and mkfs.btrfs wrote: its archive, extracted by GNU tar, is the mounted tree.
# bats file_tags=kernel

load helpers

setup_file()
{
	require_mount || return 0
	require_tool mkfs.btrfs setfattr setfacl filefrag || return 0
	cd "$BATS_FILE_TMPDIR" || return
	# where archives are extracted: it holds each time and attribute
	scratch_btrfs scratch
	# mkfs.btrfs and an extraction would write out the largest hole
	python3 "$GEN/rich.py" | grep -v sparse/huge | python3 "$GEN/archive.py" make scratch/rich
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR" || return
	SCRATCH=$BATS_FILE_TMPDIR/scratch
	OUT=$SCRATCH/out.$BATS_TEST_NUMBER
	img=$BATS_TEST_TMPDIR/img
}

teardown()
{
	rm -rf "$OUT"
	undo_mounts "$BATS_TEST_TMPDIR"
}

# extract [btrfs2tar's arguments] - to $OUT
extract()
{
	rm -rf "$OUT"
	mkdir "$OUT"
	"$BTRFS2TAR" -o tar "$@"
	tar -C "$OUT" --xattrs --xattrs-include='*' --acls --warning=no-timestamp --warning=no-unknown-keyword -xpf tar
}

# make_fs [MKFS OPTIONS] - an empty filesystem in $img, mounted at mnt with the options in $mount_options
make_fs()
{
	rm -f "$img"
	truncate -s 1g "$img"
	mkfs.btrfs -q -f "$@" "$img" >mkfs.log 2>&1
	mount_image "$img" mnt "rw,${mount_options:-noatime}"
}

# assert_read_back [TREECMP OPTIONS] - unmount, read back, compare with a mount
assert_read_back()
{
	umount mnt
	losetup -d "$dev"
	extract "$img"
	mount_image "$img" mnt ro
	assert_tree_equal mnt "$OUT" "$@"
	# and the listing has the same names as that of GNU tar
	tar -C mnt --sort=name -c . 2>/dev/null | tar -t | sort | diff - <("$BTRFS2TAR" -t "$img" | sort)
	umount mnt
	losetup -d "$dev"
}

# use a filesystem as one is used for years, in mnt
age()
{
	local i
	cp -a --reflink=never "$SCRATCH/rich" mnt/rich
	for i in $(seq 40); do
		head -c $((i * 3001)) /dev/urandom >"mnt/random$i"
		seq $((i * 700)) >"mnt/text$i"
	done
	sync
	# overwritten inside, so that extents are referred to in parts
	for i in $(seq 1 3 40); do
		head -c 5000 /dev/urandom | dd of="mnt/text$i" bs=1000 seek="$i" conv=notrunc status=none
		head -c 5000 /dev/zero | dd of="mnt/random$i" bs=4096 seek="$((i / 2))" conv=notrunc status=none
	done
	sync
	fallocate -p -o 8192 -l 16384 mnt/random20
	fallocate -l 300000 mnt/allocated
	echo short >mnt/beyond
	fallocate -n -l 300000 mnt/beyond
	echo some | dd of=mnt/allocated bs=1 seek=70000 conv=notrunc status=none
	truncate -s 777 mnt/text30
	truncate -s 9000 mnt/text31
	truncate -s 5000000 mnt/random31
	cp --reflink=always mnt/text39 mnt/reflink
	chmod 0640 mnt/reflink
	btrfs subvolume create mnt/sub >/dev/null
	cp -a mnt/text3* mnt/sub/
	btrfs subvolume create mnt/sub/inner >/dev/null
	echo inner >mnt/sub/inner/file
	btrfs subvolume snapshot -r mnt/sub mnt/snapshot >/dev/null
	rm mnt/sub/text32
	seq 9000 | dd of=mnt/sub/text33 bs=4096 seek=3 conv=notrunc status=none
	rm mnt/text9 mnt/random9
	mkdir mnt/wide
	for i in $(seq 600); do echo "$i" >"mnt/wide/$i"; done
	for i in $(seq 1 2 600); do rm "mnt/wide/$i"; done
	for i in $(seq 300); do ln mnt/text5 "mnt/wide/a-longer-name-of-a-link-that-fills-the-item-$i"; done
	sync
}

# what takes place in a snapshot of a subvolume that is not there has a time of its own
aged_differences=--ignore=path:snapshot/inner

@test 'aged, with each codec, node size and checksum' {
	local codec node csum
	while read -r codec node csum; do
		echo "$codec $node $csum"
		mount_options=$codec make_fs -n "$node" --csum "$csum"
		age
		[ "$codec" = noatime ] || btrfs filesystem defragment -r "-c${codec#*=}" mnt >/dev/null
		sync
		assert_read_back "$aged_differences"
	done <<-END
		noatime 16k crc32c
		compress-force=zstd 16k xxhash
		compress-force=zlib 4k sha256
		compress-force=lzo 64k blake2
		compress-force=zstd 4k crc32c
	END
}

@test 'mkfs.btrfs --rootdir' {
	local m
	for m in single dup; do
		rm -f "$img"
		truncate -s 1g "$img"
		mkfs.btrfs -q -f -m $m --rootdir "$SCRATCH/rich" "$img"
		mount_image "$img" mnt
		local mounted=$dev
		extract "$img"
		# the mkfs.btrfs of Debian 12 has device numbers of 0:0
		assert_tree_equal mnt "$OUT"
		detach mnt "$mounted"
	done
}

@test 'without checksums, without no-holes, after a balance' {
	mount_options=nodatasum make_fs -O ^no-holes -M
	age
	btrfs balance start --full-balance mnt >/dev/null
	assert_read_back "$aged_differences"
	make_fs -O ^no-holes
	age
	btrfs balance start --full-balance mnt >/dev/null
	assert_read_back "$aged_differences"
}

@test 'the default subvolume, snapshots, times of all kinds' {
	make_fs
	age
	btrfs subvolume set-default "$(btrfs subvolume list mnt | awk '$NF == "sub" { print $2 }')" mnt
	local all
	umount mnt
	losetup -d "$dev"
	extract "$img"
	mount_image "$img" mnt ro
	assert_tree_equal mnt "$OUT"
	umount mnt
	mount -o ro,subvol=/snapshot "$dev" mnt
	extract --subvol snapshot "$img"
	assert_tree_equal mnt "$OUT" --ignore=path:inner
	all=$(stat -c '%x' mnt/text3)
	umount mnt
	losetup -d "$dev"
	"$BTRFS2TAR" --keep-times --subvol snapshot "$img" ./text3 >tar
	grep -a -q "atime=$(date -d "$all" +%s)" tar
	grep -a -q 'LIBARCHIVE.creationtime=' tar
}

# overwrite @bytes at an offset of $img with what is no block
damage()
{
	head -c "$2" /dev/urandom | dd of="${3:-$img}" bs=1 seek="$1" conv=notrunc status=none
}

# physical addresses of both copies of the root block of the filesystem's tree
copies_of_root()
{
	local logical
	logical=$(btrfs inspect-internal dump-tree -t root "$img" | grep -A 3 '(FS_TREE ROOT_ITEM 0)' | sed -n 's/.* bytenr \([0-9]*\) .*/\1/p' | head -n 1)
	btrfs-map-logical -l "$logical" "$img" | sed -n 's/.* physical \([0-9]*\) device.*/\1/p'
}

@test 'one bad copy of DUP is no loss, two are told' {
	make_fs -m dup -d dup
	age
	umount mnt
	losetup -d "$dev"
	"$BTRFS2TAR" -o good "$img"
	mapfile -t copies < <(copies_of_root)
	[ "${#copies[@]}" -eq 2 ]
	damage "${copies[0]}" 100
	run -0 --separate-stderr "$BTRFS2TAR" -o again "$img"
	[[ $stderr == 'btrfs2tar: warning: '*'tree 5, block at '*', copy 1: '*'its checksum is wrong; copy 2 is used'* ]]
	cmp good again
	damage "${copies[1]}" 100
	export_refused 'its checksum is wrong' -o again "$img"
}

@test 'a bad superblock: its copy is used' {
	make_fs
	age
	umount mnt
	losetup -d "$dev"
	"$BTRFS2TAR" -o good "$img"
	damage 65840 200
	run -0 --separate-stderr "$BTRFS2TAR" -o again "$img"
	[[ $stderr == 'btrfs2tar: warning: '*'superblock at 65536: its checksum is wrong; the copy at 67108864 is used' ]]
	cmp good again
}

@test 'RAID1 of two files, one of them damaged, one of them missing' {
	truncate -s 600m one two
	attach "$PWD/one"
	local first_dev=$dev
	attach "$PWD/two"
	local second_dev=$dev
	mkfs.btrfs -q -f -d raid1 -m raid1 "$first_dev" "$second_dev"
	mkdir -p mnt
	mount -o "device=$second_dev" "$first_dev" mnt
	cp -a "$SCRATCH/rich" mnt/rich
	umount mnt
	losetup -d "$first_dev" "$second_dev"
	"$BTRFS2TAR" -o good one two
	"$BTRFS2TAR" two one | cmp good -
	for device in one two; do
		run -0 --separate-stderr "$BTRFS2TAR" --degraded -o again "$device"
		[ "$stderr" = "btrfs2tar: warning: $device: devices missing: 1 of 2" ]
		cmp good again
	done
	export_refused 'one is one of 2 devices: all of them are needed, found 1 (--degraded reads' one
	# all chunks of one device, in turn: one of the two has the first copies
	for device in one two; do
		cp --sparse=always "$device" intact
		head -c 400m /dev/zero | tr '\0' x | dd of="$device" bs=1M seek=1 iflag=fullblock conv=notrunc status=none
		"$BTRFS2TAR" one two 2>>warnings | cmp good -
		"$BTRFS2TAR" -q two one | cmp good -
		"$BTRFS2TAR" -q --degraded "$([ "$device" = one ] && echo two || echo one)" | cmp good -
		export_refused 'is wrong' -q --degraded -o again "$device"
		mv intact "$device"
	done
	grep -q 'tree 5, block at .*, copy 1: its checksum is wrong; copy 2 is used' warnings
	grep -q 'data at .*: the first copy is bad; copy 2 is used' warnings
	# a list of paths follows the images
	"$BTRFS2TAR" -q -t one two rich/types | grep -q '^./rich/types/'
}

@test 'a sprout with its seed' {
	spec_tar in.tar <<-END
		file seed/file size=300000
		file seed/small text=x
	END
	"$TAR2BTRFS" -L "$(unique_label)" -o seed.img in.tar
	truncate -s 600m sprout.img
	attach "$PWD/seed.img" -r
	local seed_dev=$dev
	attach "$PWD/sprout.img"
	mkdir -p mnt
	mount -o ro "$seed_dev" mnt
	btrfs device add -f "$dev" mnt
	mount -o remount,rw mnt
	seq 50000 >mnt/new
	rm mnt/seed/small
	sync
	umount mnt
	extract sprout.img seed.img
	mount -o "ro,device=$seed_dev" "$dev" mnt
	assert_tree_equal mnt "$OUT"
	umount mnt
	losetup -d "$dev" "$seed_dev"
	# the seed alone is what it was
	"$BTRFS2TAR" -t seed.img | grep -q seed/small
}

@test 'a log that was not replayed' {
	make_fs
	echo before >mnt/before
	sync
	echo after >mnt/after
	python3 -c 'import os; os.fsync(os.open("mnt/after", os.O_RDONLY))'
	cp --sparse=always "$img" copy
	umount mnt
	losetup -d "$dev"
	export_refused 'has a log that was not replayed: a mount would do that (--ignore-log reads' copy
	[ "$("$BTRFS2TAR" --ignore-log -t copy | tr '\n' ' ')" = './ ./before ' ]
}

@test 'profiles without whole copies are refused by name' {
	truncate -s 600m one two
	attach "$PWD/one"
	local first_dev=$dev
	attach "$PWD/two"
	mkfs.btrfs -q -f -d raid0 -m raid1 "$first_dev" "$dev"
	losetup -d "$first_dev" "$dev"
	export_refused 'profile RAID0 is not supported' one two
}

@test 'sockets are left out with a warning' {
	make_fs
	python3 -c 'import socket; [socket.socket(socket.AF_UNIX).bind("mnt/s" + c) for c in "ab"]'
	echo x >mnt/x
	umount mnt
	losetup -d "$dev"
	run -0 --separate-stderr "$BTRFS2TAR" -t "$img"
	[ "$output" = $'./\n./x' ]
	[ "$stderr" = 'btrfs2tar: warning: sa: a socket, which an archive cannot have: left out; 2 times in all' ]
	run -0 --separate-stderr "$BTRFS2TAR" -tv "$img" x sb
	# a build without sandbox says so with -v
	[ "$(grep -v 'no sandbox' <<<"$stderr")" = 'btrfs2tar: warning: sb: a socket, which an archive cannot have: left out' ]
}
