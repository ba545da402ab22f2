#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# btrfs2tar on what a newer mkfs.btrfs --rootdir writes: its archive, extracted by GNU tar, is the mounted tree. The
# program is MKFS=FILE, or mkfs.btrfs.
# bats file_tags=kernel

load helpers

# --compress and --inode-flags came with 6.15
is_newer()
{
	"$MKFS" --help 2>&1 | grep -q -e --inode-flags
}

setup_file()
{
	MKFS=${MKFS:-mkfs.btrfs}
	export MKFS
	require_mount || return 0
	require_tool "$MKFS" setfattr setfacl || return 0
	is_newer || return 0
	cd "$BATS_FILE_TMPDIR" || return
	scratch_btrfs scratch
	python3 "$GEN/rich.py" | grep -v sparse/huge | python3 "$GEN/archive.py" make scratch/rich
	mkdir -p scratch/rich/s/t scratch/rich/ro
	seq 40000 >scratch/rich/s/t/f
	seq 400 >scratch/rich/s/inline
	seq 700000 >scratch/rich/ro/large
	head -c 700k /dev/urandom >scratch/rich/ro/noise
	ln scratch/rich/ro/noise scratch/rich/ro/again
}

setup()
{
	skip_if_unmet
	is_newer || skip "not for this mkfs.btrfs: give one of 6.15 or newer as MKFS=FILE"
	cd "$BATS_TEST_TMPDIR" || return
	SCRATCH=$BATS_FILE_TMPDIR/scratch
	OUT=$SCRATCH/out.$BATS_TEST_NUMBER
}

teardown()
{
	rm -rf "$OUT"
	undo_mounts "$BATS_TEST_TMPDIR"
}

# read_back MKFS-OPTIONS... - make an image, read it, compare with its mount
read_back()
{
	local failed=0
	rm -rf "$OUT" img
	mkdir "$OUT"
	truncate -s 1g img
	"$MKFS" -q -f --rootdir "$SCRATCH/rich" "$@" img
	"$BTRFS2TAR" -o tar img
	tar -C "$OUT" --xattrs --xattrs-include='*' --acls --warning=no-timestamp --warning=no-unknown-keyword -xpf tar
	mount_image img mnt
	assert_tree_equal mnt "$OUT" || failed=1
	tar -C mnt --sort=name -c . 2>/dev/null | tar -t | sort | diff - <("$BTRFS2TAR" -t img | sort) || failed=1
	# the kernel warns of what is old; only differences count here
	umount mnt
	losetup -d "$dev"
	[ $failed = 0 ] || echo "mkfs.btrfs $*"
	return $failed
}

@test 'each codec' {
	local codec
	for codec in no zlib:1 zlib:9 lzo zstd:1 zstd:15; do
		read_back --compress "$codec"
	done
}

@test 'profiles, node sizes and checksums' {
	read_back -m dup -d dup --compress zstd
	read_back -m single -n 4k --csum xxhash
	read_back -m single -n 64k --csum sha256 --compress lzo
	read_back -n 32k --csum blake2 --compress zlib
	read_back -M -n 4k --compress zstd
	read_back --shrink --compress zstd
}

@test 'features' {
	local feature
	for feature in ^no-holes ^free-space-tree,^block-group-tree block-group-tree ^block-group-tree ^extref ^skinny-metadata squota; do
		read_back -O "$feature" --compress zstd:3
	done
}

@test 'subvolumes and flags of inodes' {
	read_back -u s -u s/t -u ro:ro --compress zstd
	read_back -u default:s --inode-flags nodatasum:ro/noise --inode-flags nodatacow:ro/large
	[ "$("$BTRFS2TAR" -t img | sort | tr '\n' ' ')" = './ ./inline ./t/ ./t/f ' ]
	read_back -u default-ro:ro
}
