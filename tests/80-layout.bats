#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Addresses: exact fit at every size, trees of all heights, superblock copies, several chunks, enormous devices.
# Sweeps walk over the borders where a leaf, a node or a chunk more is needed, and over the gaps at the copies.
# bats file_tags=slow

load helpers

setup()
{
	require_tool btrfs
	img=$BATS_TEST_TMPDIR/img
}

# sweep ARCHIVE VALUES [OPTIONS] - see tests/tools/sweep.py
sweep()
{
	python3 "$TOP/tests/tools/sweep.py" "$@"
}

# examine - $img keeps the rules of chunks and checks clean
examine()
{
	python3 "$TOP/tests/tools/chunks.py" "$img"
	assert_check "$img"
}

tree_level()
{
	btrfs inspect-internal dump-tree -t 5 "$img" | sed -n 's/^\(node\|leaf\) [0-9]* \(level \([0-9]\) \)\?.*/\1 \3/p' | head -n 1
}

@test "the smallest images" {
	for n in 4k 8k 16k 32k 64k; do
		for m in single dup; do
			sweep 'files @' 0-2 -n $n -m $m
		done
	done
}

@test "number of entries, 4k nodes: each leaf border up to three levels" {
	sweep 'files @ 100 50' 1-400,1000-9000/777 -n 4k
	"$TAR2BTRFS" -n 4k -o "$img" < <(python3 "$GEN/stream.py" files 9000 100 50)
	[[ $(tree_level) == "node 2" ]]
}

@test "number of entries, 16k and 64k nodes" {
	sweep 'files @ 100 50' 1-120,121-1500/23
	sweep 'files @ 100 50' 1-1500/61 -n 64k -m dup
}

@test "lengths of names and of files move leaf borders byte by byte" {
	sweep 'names 40 @' 8-255 -n 4k
	sweep 'files 40 @' 0-400/3 -n 4k --compress none
}

@test "number of extents: extent tree, csum tree and free space tree at block borders" {
	sweep 'files @ 4096 1000' 1-150,151-900/31 -n 4k --compress none --max-inline 0
	sweep 'files @ 8192 1000' 100-250/3 -n 4k -m dup --csum sha256 --compress none --max-inline 0
}

@test "number of sums in one file" {
	sweep 'data @k' 4,8,64,1000,3936,3940,3944,7880,4000-4400/100 -n 4k --compress none
	sweep 'data @k' 4,8,64,1000,2020,2024,2028,4000-4400/100 --compress none --csum blake2
	# 4057 sums fill an item of a 16k leaf
	sweep 'data @k' 16220-16240/4 --compress none
}

@test "without free space tree, without room for one more block" {
	sweep 'files @ 5000' 1-500/17 -n 4k -O ^free-space-tree
}

@test "data over the superblock copy at 64 MiB" {
	sweep 'data @k' 64000-65000/194,64128-64256/12,65000-65600/128,67000 --compress none
	sweep 'data @k 200' 63000-65600/519 --compress none -n 4k
}

# bats test_tags=slow,long
@test "data over the superblock copy at 64 MiB, closely" {
	sweep 'data @k' 64000-65000/97,64128-64256/4,65000-65600/64 --compress none
	sweep 'data @k 200' 63000-65600/173 --compress none -n 4k
	sweep 'files @ 4096 1000' 14300-14900/23 -n 4k --compress none --max-inline 0
	sweep 'files @ 1200' 30000,36000,37000-40000/250,45000 --max-inline 4095 --compress none
}

@test "small extents up to the copy at 64 MiB: block counts change both ways" {
	sweep 'files @ 4096 1000' 14300-14900/69 -n 4k --compress none --max-inline 0
}

@test "metadata over the superblock copy at 64 MiB" {
	sweep 'files @ 1200' 30000,36000,37000-40000/750,45000 --max-inline 4095 --compress none
}

@test "two copies of metadata, the second or both over the superblock copy" {
	sweep 'files @ 1200' 10000,17000,18000-20000/200,25000,38000 -m dup --max-inline 4095 --compress none
}

@test "data of several chunks" {
	require_plain_build
	python3 "$GEN/stream.py" data 2500m 5 | "$TAR2BTRFS" -L "$(unique_label)" --compress none >"$img"
	examine | tee "$BATS_TEST_TMPDIR/chunks"
	[ "$(grep -c ^DATA "$BATS_TEST_TMPDIR/chunks")" -ge 3 ]
	if [ "$(id -u)" = 0 ] && [ -e /dev/loop-control ]; then
		with_mount "$img" sums_are "$(python3 "$GEN/stream.py" data 2500m 5 | tar -xO | sha256sum)"
	fi
	rm "$img"
}

sums_are()
{
	assert_equal "$(cat "$mnt"/data-* | sha256sum)" "$1"
}

# bats test_tags=kernel,slow
@test "300 GiB: --no-seed --size 300g -o a sparse file, three superblocks" {
	require_mount
	spec_tar "$img.tar" <<<"file f size=1000000"
	"$TAR2BTRFS" --no-seed --size 300g -o "$img" "$img.tar"
	assert_equal "$(stat -c %s "$img")" $((300 << 30))
	[ "$(stat -c %b "$img")" -lt 20000 ]
	python3 "$TOP/tests/tools/chunks.py" "$img"
	for s in 0 1 2; do
		assert_equal "$(btrfs inspect-internal dump-super -s $s "$img" | awk '$1 == "bytenr" { print $2 }')" \
			"$(sed -n "$((s + 1))p" <<<$'65536\n67108864\n274877906944')"
	done
	assert_check "$img"
	mount_image "$img" "$BATS_TEST_TMPDIR/m" rw
	head -c 200m /dev/zero >"$BATS_TEST_TMPDIR/m/new"
	sync -f "$BATS_TEST_TMPDIR/m"
	assert_scrub "$BATS_TEST_TMPDIR/m"
	detach "$BATS_TEST_TMPDIR/m" "$dev"
	assert_check "$img"
}

@test "--size and --free: multiples of a sector, the least is named" {
	spec_tar "$img.tar" <<<"file f size=1000000 seed=noise"
	for size in 64m 100m 67112960; do
		"$TAR2BTRFS" --size $size "$img.tar" >"$img"
		examine
		assert_equal "$(stat -c %s "$img")" "$(numfmt --from=iec "${size^^}")"
	done
	"$TAR2BTRFS" "$img.tar" >"$img"
	exact=$(stat -c %s "$img")
	"$TAR2BTRFS" --free 10m "$img.tar" >"$img"
	examine
	[ "$(stat -c %s "$img")" -ge $((exact + (10 << 20))) ]
	"$TAR2BTRFS" --size "$exact" "$img.tar" >"$img"
	examine
	run -1 --separate-stderr "$TAR2BTRFS" --size $((exact - 4096)) -o "$img.small" "$img.tar"
	[ ! -e "$img.small" ]
	# shellcheck disable=SC2154
	[[ $stderr == *$exact* ]]
	run -2 "$TAR2BTRFS" --size 1000001 -o "$img.small" "$img.tar"
}

@test "holes where there are zeros, not where there is data" {
	spec_tar "$img.tar" <<<"file f size=1000000 seed=noise"
	"$TAR2BTRFS" --no-seed --free 150m -o "$img" "$img.tar"
	[ "$(stat -c %b "$img")" -lt 8000 ]
	assert_equal "$("$TAR2BTRFS" --no-seed --free 150m <"$img.tar" | sha256sum)" "$(sha256sum <"$img")"
}
