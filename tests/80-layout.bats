#!/usr/bin/env bats
# Addresses: exact fit at every size, trees of all heights, superblock copies, several chunks, enormous devices.
# Sweeps walk over the borders where a leaf, a node or a chunk more is needed, and over the gaps at the copies.
# bats file_tags=slow

load helpers

setup()
{
	require_tool btrfs
	img=$BATS_TEST_TMPDIR/img
}

# sweep_one [OPTIONS] <ARCHIVE - an image of it keeps the rules and checks clean
sweep_one()
{
	"$TAR2BTRFS" -o "$img" "$@"
	python3 "$TOP/tests/tools/chunks.py" "$img" >"$BATS_TEST_TMPDIR/chunks" || {
		cat "$BATS_TEST_TMPDIR/chunks"
		return 1
	}
	if ! btrfs check --readonly "$img" >"$BATS_TEST_TMPDIR/log" 2>&1 ||
		grep -v 'no error found' "$BATS_TEST_TMPDIR/log" | grep -qiE 'warning|error|mismatch|bad |unaligned'; then
		echo "options: $*"
		cat "$BATS_TEST_TMPDIR/chunks" "$BATS_TEST_TMPDIR/log"
		return 1
	fi
}

tree_level()
{
	btrfs inspect-internal dump-tree -t 5 "$img" | sed -n 's/^\(node\|leaf\) [0-9]* \(level \([0-9]\) \)\?.*/\1 \3/p' | head -n 1
}

@test "the smallest images" {
	for n in 4k 8k 16k 32k 64k; do
		for m in single dup; do
			sweep_one -n $n -m $m < <(python3 "$GEN/archive.py" tar </dev/null)
			cat "$BATS_TEST_TMPDIR/chunks"
		done
	done
}

@test "number of entries, 4k nodes: each leaf border up to three levels" {
	for n in $(seq 1 60) $(seq 63 7 400) $(seq 1000 1777 9000); do
		sweep_one -n 4k < <(python3 "$GEN/stream.py" files "$n" 100 50)
	done
	[[ $(tree_level) == "node 2" ]]
}

@test "number of entries, 16k nodes" {
	for n in 1 10 $(seq 20 3 120) $(seq 300 97 1500); do
		sweep_one < <(python3 "$GEN/stream.py" files "$n" 100 50)
	done
}

@test "lengths of names move leaf borders byte by byte" {
	for length in $(seq 1 4 255); do
		sweep_one -n 4k < <({
			for i in $(seq 10 40); do printf 'file d/%s text=x\n' "$(printf "%0${length}d" "$i" | tail -c "$length")"; done
		} | sort -u | python3 "$GEN/archive.py" tar)
	done
}

@test "number of extents: extent tree, csum tree and free space tree at block borders" {
	for n in $(seq 1 40) $(seq 41 5 150) $(seq 200 61 700); do
		sweep_one -n 4k --compress none --max-inline 0 < <(python3 "$GEN/stream.py" files "$n" 4096 1000)
	done
	for n in $(seq 100 11 250); do
		sweep_one -n 4k -m dup --csum sha256 --compress none --max-inline 0 < <(python3 "$GEN/stream.py" files "$n" 8192 1000)
	done
}

@test "number of sums in one file" {
	for k in 4 8 64 1000 3936 3940 3944 7880 $(seq 4000 100 4400); do
		sweep_one -n 4k --compress none < <(python3 "$GEN/stream.py" data "${k}k")
		sweep_one --csum blake2 --compress none < <(python3 "$GEN/stream.py" data "${k}k")
	done
	# 4057 sums fill an item of a 16k leaf
	for k in 16220 16224 16228 16232 16236; do
		sweep_one --compress none < <(python3 "$GEN/stream.py" data "${k}k")
	done
}

@test "without free space tree, with block group tree" {
	for n in 1 50 200 500; do
		"$TAR2BTRFS" -n 4k -O ^free-space-tree -o "$img" < <(python3 "$GEN/stream.py" files "$n" 5000)
		assert_check "$img"
		sweep_one -n 4k < <(python3 "$GEN/stream.py" files "$n" 5000)
	done
}

@test "data over the superblock copy at 64 MiB" {
	for k in $(seq 64000 97 65000) $(seq 64128 4 64256) $(seq 65000 64 65600) 67000; do
		sweep_one --compress none < <(python3 "$GEN/stream.py" data "${k}k")
	done
}

@test "small extents up to the copy at 64 MiB: block counts change both ways" {
	for n in $(seq 14300 53 14900); do
		sweep_one -n 4k --compress none --max-inline 0 < <(python3 "$GEN/stream.py" files "$n" 4096 1000)
	done
}

@test "metadata over the superblock copy at 64 MiB" {
	for n in 30000 36000 $(seq 37000 500 40000) 45000; do
		sweep_one --max-inline 4095 --compress none < <(python3 "$GEN/stream.py" files "$n" 1200)
	done
	cat "$BATS_TEST_TMPDIR/chunks"
}

@test "two copies of metadata, the second or both over the superblock copy" {
	for n in 10000 17000 $(seq 18000 400 20000) 25000 38000; do
		sweep_one -m dup --max-inline 4095 --compress none < <(python3 "$GEN/stream.py" files "$n" 1200)
	done
	cat "$BATS_TEST_TMPDIR/chunks"
}

@test "data of several chunks" {
	require_plain_build
	sweep_one --compress none < <(python3 "$GEN/stream.py" data 2500m 5)
	cat "$BATS_TEST_TMPDIR/chunks"
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
		sweep_one --size $size "$img.tar"
		assert_equal "$(stat -c %s "$img")" "$(numfmt --from=iec "${size^^}")"
	done
	sweep_one "$img.tar"
	exact=$(stat -c %s "$img")
	sweep_one --free 10m "$img.tar"
	[ "$(stat -c %s "$img")" -ge $((exact + (10 << 20))) ]
	sweep_one --size "$exact" "$img.tar"
	run -1 --separate-stderr "$TAR2BTRFS" --size $((exact - 4096)) -o "$img.small" "$img.tar"
	[ ! -e "$img.small" ]
	# shellcheck disable=SC2154
	[[ $stderr == *$exact* ]]
	run -2 "$TAR2BTRFS" --size 1000001 -o "$img.small" "$img.tar"
}

@test "holes where there are zeros, not where there is data" {
	spec_tar "$img.tar" <<<"file f size=1000000 seed=noise"
	"$TAR2BTRFS" --no-seed --free 1g -o "$img" "$img.tar"
	[ "$(stat -c %b "$img")" -lt 8000 ]
	assert_equal "$("$TAR2BTRFS" --no-seed --free 1g <"$img.tar" | sha256sum)" "$(sha256sum <"$img")"
}
