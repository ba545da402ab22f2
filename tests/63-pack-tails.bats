#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --pack-tails: ends of files and small files share compressed extents. Every combination with dedupe and codec is
# judged by the kernel, from mount to a sprout that lets go of its seed.
# bats file_tags=kernel,slow

load helpers

setup_file()
{
	require_mount || return 0
	cd "$BATS_FILE_TMPDIR"
	export REF=$BATS_FILE_TMPDIR/ref
	scratch_btrfs "$REF"
	mkdir "$REF/tree"
	python3 "$GEN/rich.py" | python3 "$GEN/archive.py" make "$REF/tree"
	mkdir -p "$REF/tree/usr" "$REF/tree/copy"
	# shellcheck disable=SC2046 # names without blanks
	tar -C /usr -c $(cd /usr && echo share/doc/lib[a-c]*) $(cd /usr && find bin -type f -size -100k | LC_ALL=C sort | head -n 60) |
		tar -C "$REF/tree/usr" -xp
	tar -C "$REF/tree/usr" -c share | tar -C "$REF/tree/copy" -xp
	tar -C "$REF/tree" --xattrs --xattrs-include='*' --acls -S --format=pax -cf tar .
	rm -rf "$REF/tree"
	mkdir "$REF/tree"
	tar -C "$REF/tree" --warning=no-timestamp --xattrs --xattrs-include='*' --acls -xpf tar
	mount -o remount,ro "$REF"
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	img=$BATS_TEST_TMPDIR/img
}

# life OPTIONS - from archive to sprout alone
life()
{
	local m=$BATS_TEST_TMPDIR/m seed_dev sprout_dev
	"$TAR2BTRFS" -L "$(unique_label)" -o "$img" "$@" "$BATS_FILE_TMPDIR/tar"
	assert_check "$img" lowmem
	with_mount "$img" compare_and_scrub "$REF/tree"
	mount_image "$img" "$m"
	seed_dev=$dev
	truncate -s 1g sprout
	attach sprout
	sprout_dev=$dev
	btrfs device add -f "$sprout_dev" "$m"
	mount -o remount,rw "$m"
	# overwrite and delete what shares its extent with others
	echo more >>"$m/usr/share/doc/new"
	find "$m/copy" -type f | sort | awk 'NR % 2' | xargs rm
	find "$m/copy" -type f | sort | awk 'NR % 3 == 0' | while read -r f; do echo changed >"$f"; done
	sync
	btrfs device remove "$seed_dev" "$m"
	rm -r "$m/usr/share/doc/new" "$m/copy"
	cp -a "$REF/tree/copy" "$m/copy"
	touch -r "$REF/tree" "$m"
	touch -r "$REF/tree/usr/share/doc" "$m/usr/share/doc"
	mnt=$m compare_and_scrub "$REF/tree"
	umount "$m"
	assert_dmesg "$seed_dev"
	assert_dmesg "$sprout_dev"
	losetup -d "$seed_dev"
	losetup -d "$sprout_dev"
	assert_check sprout
	rm sprout "$img"
}

@test "none" {
	life --compress none
	life --compress none --dedupe=off
	life --compress none --pack-tails
}

@test "zstd" {
	life --dedupe=off
	life --pack-tails
	life --pack-tails --dedupe=off
	life --pack-tails=16k -n 4k
}

@test "zlib" {
	life --compress zlib --dedupe=off
	life --compress zlib --pack-tails
	life --compress zlib --pack-tails --dedupe=off
}

@test "lzo" {
	life --compress lzo --dedupe=off
	life --compress lzo --pack-tails
	life --compress lzo --pack-tails --dedupe=off
}

# shared - how often one extent is led to at another offset than before
shared()
{
	btrfs inspect-internal dump-tree -t 5 "$img" |
		awk '/extent data disk byte/ { at = $5 } /extent data offset/ { if (at in seen && seen[at] != $4) n++; seen[at] = $4 }
			END { print n + 0 }'
}

@test "files lead to one extent at different offsets" {
	cat >spec <<-END
		file a size=5000
		file b size=6000
		file c size=140000
		file d/e size=100
	END
	spec_image "$img" <spec
	assert_equal "$(shared)" 0
	spec_image "$img" --pack-tails <spec
	[ "$(shared)" -ge 2 ]
	assert_manifest "$img" <spec
}

@test "sizes around sector, piece and pack, holes at the end" {
	for options in '' --dedupe=off; do
		for pack in 8k 20k 128k; do
			for n in 1 95 96 97 4095 4096 4097 8191 8192 8193 12289 20480 20481 126976 126977 131071 131072 131073 135168 262143 262145; do
				echo "file text-$n size=$n"
				echo "file same-$n size=$n seed=one"
				echo "file noise-$n size=$n seed=noise$n"
				echo "file zeros-$n size=$n seed=zeros"
				echo "file hole-$n size=$((n + 100000)) hole=$(((n + 4095) / 4096 * 4096))+$((n + 100000 - (n + 4095) / 4096 * 4096))"
			done >spec
			# shellcheck disable=SC2086 # words
			spec_image "$img" --pack-tails=$pack $options <spec
			assert_check "$img" lowmem
			assert_manifest "$img" <spec
		done
	done
}

@test "rules by path, flags, subvolumes, holes that are found" {
	for i in $(seq 60); do
		for d in a b c d none; do echo "file $d/$i size=$((i * 977 % 9000 + 1)) seed=$((i % 50))"; done
	done >spec
	spec_image "$img" --pack-tails --compress zlib:/b --compress none:/none --inode-flags nodatasum:c -u d --detect-holes \
		--property compression=lzo:a <spec
	assert_check "$img" lowmem
	assert_manifest "$img" <spec
	[ "$(shared)" -ge 50 ]
}

@test "neither order of members, nor threads, nor archive or pipe show" {
	for i in $(seq 150); do
		echo "file d$((i % 7))/$i.$((i % 4)) size=$((i * 7919 % 140000 + 1)) seed=$((i % 40))"
	done >spec
	python3 "$GEN/archive.py" tar <spec >tar
	for options in --pack-tails '--pack-tails=32k --compress lzo' '--pack-tails --dedupe=off' '--pack-tails --compress zlib:/d3'; do
		# shellcheck disable=SC2086 # words
		assert_same_bytes spec $options
		# shellcheck disable=SC2002,SC2086 # a pipe is wanted
		assert_equal "$(cat tar | image_hash $options)" "$(image_hash $options <tar)"
	done
}

@test "it is smaller" {
	"$TAR2BTRFS" -o plain "$BATS_FILE_TMPDIR/tar"
	"$TAR2BTRFS" -o packed --pack-tails "$BATS_FILE_TMPDIR/tar"
	[ "$(stat -c %s packed)" -lt "$(stat -c %s plain)" ]
}

@test "wrong sizes" {
	for size in 4k 0 5000 132k 1g x ''; do
		refused 2 --pack-tails=$size /dev/null
		[[ $stderr == *"allowed: a multiple of 4096 from 8k to 128k"* ]]
	done
}
