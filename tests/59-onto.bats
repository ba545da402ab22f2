#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Sprouts that are made without a kernel: --onto SEED --sprout.
# bats file_tags=kernel,slow

load helpers

setup_file()
{
	require_tool btrfs || return 0
	cd "$BATS_FILE_TMPDIR"
	python3 "$GEN/rich.py" >spec
	for i in $(seq 1 20); do echo "file data/$i size=700000 seed=noise$i"; done >>spec
	python3 "$GEN/archive.py" tar <spec >tar
	python3 "$GEN/archive.py" manifest <spec >manifest
	"$TAR2BTRFS" -L "$(unique_label)" -o seed tar
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	m=$BATS_TEST_TMPDIR/m
	shared=$BATS_FILE_TMPDIR/seed
	mkdir "$m"
}

seed_image()
{
	"$TAR2BTRFS" -L "$(unique_label)" -o seed "$@" "$BATS_FILE_TMPDIR/tar"
}

is_seed()
{
	python3 "$TOP/tests/tools/treecmp.py" --manifest "$BATS_FILE_TMPDIR/manifest" "$m" "$@"
}

# grow SEED SPROUT [OPTIONS] - make the sprout, and both devices; sets $seed_dev and $sprout_dev
grow()
{
	"$TAR2BTRFS" --onto "$1" --sprout --size 1g -o "$2" "${@:3}" 2>stderr || {
		cat stderr
		return 1
	}
	[ ! -s stderr ]
	attach "$1" -r
	seed_dev=$dev
	attach "$2"
	sprout_dev=$dev
}

# mount_pair SPROUT_DEVICE [,OPTIONS]
mount_pair()
{
	mount_devices "$1" "device=$seed_dev${2:-}"
}

# life OPTIONS - the pair is written to, balanced, has a snapshot; then the seed goes
life()
{
	require_mount
	seed_image "$@"
	local sum
	sum=$(sha256sum <seed)
	grow seed new
	check_devices "$sprout_dev" lowmem
	mount_pair "$sprout_dev" ,subvolid=5
	is_seed
	head -c 20m /dev/urandom >"$m/noise"
	use_grown "$sprout_dev"
	umount "$m"
	check_devices "$sprout_dev"
	mount_pair "$sprout_dev" ,subvolid=5
	assert_equal "$(cat "$m/new")" new
	diff -r "$m/sizes" "$m/copy"
	drop_seed "$seed_dev" "$sprout_dev" ${ignored:+"--ignore=$ignored"}
	release_sprout
	assert_check new
	assert_equal "$(sha256sum <seed)" "$sum"
}

@test "a pair is mounted, written to, balanced; the seed goes: defaults" {
	life
}

@test "a pair: plain data, 4k nodes, sha256, two copies of metadata" {
	life --compress none -n 4k --csum sha256 -m dup
}

@test "a pair: lzo, 64k nodes, xxhash, no free space tree" {
	life --compress lzo -n 64k --csum xxhash -O ^free-space-tree
}

@test "a pair: packed tails, blake2, a block group tree, two copies of metadata" {
	life --pack-tails --csum blake2 -O block-group-tree -m dup
}

@test "a pair: subvolumes, of which one is the default" {
	# in a snapshot the place of a subvolume is a directory without times
	local ignored=attrs:snapshot/data,attrs:snapshot/sizes
	life -u default:data -u ro:sizes
}

@test "the same command gives the same bytes; name, size, label and ids another filesystem" {
	local first options ids=$BATS_TEST_TMPDIR/ids
	first=$("$TAR2BTRFS" --onto "$shared" --sprout --size 64m | sha256sum)
	assert_equal "$("$TAR2BTRFS" --onto "$shared" --sprout --size 64m | sha256sum)" "$first"
	"$TAR2BTRFS" --onto "$shared" --sprout --size 64m --digest=sum -o file 2>/dev/null
	assert_equal "$(sha256sum <file)" "$first"
	assert_equal "$(cut -d' ' -f1 sum)  -" "$first"
	"$TAR2BTRFS" -q --onto "$shared" --sprout --size 64m >redirected
	cmp file redirected
	for options in '--size 64m' '--size 65m' '--size 64m --sprout=a' '--size 64m -L other' \
		'--size 64m -U 01234567-89ab-cdef-0123-456789abcdef' '--size 64m -U random'; do
		# shellcheck disable=SC2086
		"$TAR2BTRFS" -q --onto "$shared" --sprout $options -o out
		echo "$(super out fsid) $(super out dev_item.uuid)" >>"$ids"
	done
	cat "$ids"
	assert_equal "$(cut -d' ' -f1 "$ids" | sort -u | wc -l) $(cut -d' ' -f2 "$ids" | sort -u | wc -l)" '6 6'
	grep -q '^01234567-89ab-cdef-0123-456789abcdef ' "$ids"
	"$TAR2BTRFS" -q --onto "$shared" --sprout --size 64m --device-uuid 01234567-89ab-cdef-0123-456789abcdef -o out
	assert_equal "$(super out dev_item.uuid)" 01234567-89ab-cdef-0123-456789abcdef
	refused 1 --onto "$shared" --sprout --size 64m -U "$(super "$shared" fsid)" -o none
	refused 1 --onto "$shared" --sprout --size 64m --device-uuid "$(super "$shared" dev_item.uuid)" -o none
	[ ! -e none ]
}

@test "a sprout takes at most 2 MiB, whatever its size and the number of files" {
	for i in $(seq 1 60000); do echo "file $((i / 1000))/$i size=2"; done >spec
	for i in $(seq 1 3000); do echo "file large/$i size=9000 seed=noise$i"; done >>spec
	python3 "$GEN/archive.py" tar <spec | "$TAR2BTRFS" --compress none -n 4k -o seed
	"$TAR2BTRFS" --onto seed --sprout --size 4t -o new
	[ "$(du -k new | cut -f1)" -le 2048 ]
	assert_equal "$(stat -c %s new)" $((4 << 40))
	"$BTRFS2TAR" -t new seed | cmp - <("$BTRFS2TAR" -t seed)
}

@test "a hundred sprouts of one seed have different ids; each is mounted and written to" {
	require_mount
	local i
	for i in $(seq 1 100); do
		"$TAR2BTRFS" -q --onto "$shared" --sprout="vm$i" --size 300m -o "vm$i"
		super "vm$i" fsid >>ids
		super "vm$i" dev_item.uuid >>ids
	done
	assert_equal "$(sort -u ids | wc -l)" 200
	attach "$shared" -r
	seed_dev=$dev
	for i in $(seq 1 100); do
		attach "vm$i"
		mount_pair "$dev"
		[ $((i % 10)) != 0 ] || is_seed --quiet
		echo "$i" >"$m/mine"
		detach "$m" "$dev"
	done
	for i in $(seq 1 100); do "$BTRFS2TAR" --cat mine "vm$i" "$shared"; done | cmp - <(seq 1 100)
	losetup -d "$seed_dev"
}

@test "btrfs2tar reads the pair, the sprout first, before and after the kernel wrote" {
	require_mount
	grow "$shared" new
	"$BTRFS2TAR" "$shared" >expected.tar
	"$BTRFS2TAR" new "$shared" | cmp - expected.tar
	mount_pair "$sprout_dev"
	echo new >"$m/new"
	umount "$m"
	assert_equal "$("$BTRFS2TAR" --cat new new "$shared")" new
	"$BTRFS2TAR" new "$shared" | tar -t | sed 's,^\./,,' | sort >found
	(tar -tf expected.tar && echo new) | sed 's,^\./,,' | sort | diff - found
	release_sprout
}

@test "seeds of mkfs.btrfs and the kernel" {
	require_mount
	local options
	for options in '-m single' '-m dup' '--csum sha256 -m single' '-n 4k'; do
		rm -f seed new
		truncate -s 300m seed
		# shellcheck disable=SC2086
		mkfs.btrfs -q -L "$(unique_label)" $options seed >/dev/null 2>&1
		mount_image seed "$m" rw
		seq 1 30000 | split -l 20 -a 4 - "$m/part"
		cp -a --reflink "$m/partaaaa" "$m/reflink"
		btrfs subvolume snapshot "$m" "$m/snapshot" >/dev/null
		sync -f "$m"
		rm "$m"/parta[b-f]*
		seq 1 100000 >"$m/large"
		detach "$m" "$dev"
		btrfstune -S 1 seed
		with_mount seed python3 "$TOP/tests/tools/treecmp.py" --dump "." >/dev/null
		grow seed new
		check_devices "$sprout_dev"
		mount_pair "$sprout_dev"
		assert_equal "$(tail -n 1 "$m/large") $(cat "$m"/snapshot/part* | wc -l)" '100000 30000'
		echo new >"$m/new"
		btrfs device remove "$seed_dev" "$m"
		assert_equal "$(tail -n 1 "$m/large") $(cat "$m"/snapshot/part* | wc -l)" '100000 30000'
		umount "$m"
		release_sprout
		assert_check new
	done
}

# refuses TEXT SEED [OPTIONS] - one line with the text, and no file
refuses()
{
	refused 1 --onto "$2" --sprout --size 1g -o none "${@:3}"
	[[ $stderr == *"$1"* ]]
	[ ! -e none ]
}

with_quotas()
{
	mount_image "$1" "$m" rw
	btrfs quota enable "$m"
	btrfs quota rescan -w "$m" >/dev/null
	detach "$m" "$dev"
}

@test "what is no clean seed of one device is refused by name" {
	"$TAR2BTRFS" --no-seed -o writable "$BATS_FILE_TMPDIR/tar"
	refuses 'writable is no seed but a writable filesystem' writable
	echo text >text
	refuses 'text is no btrfs filesystem' text
	refuses 'is a directory' "$m"
	cp "$shared" itself
	refuses 'itself is the seed itself' itself -o itself
	cmp "$shared" itself
	"$TAR2BTRFS" --onto "$shared" --sprout --size 1g -o new
	refuses 'new is no seed' new
	head -c -4096 "$shared" >short
	refuses "short is cut: it has" short
	head -c 70000 "$shared" >short
	refuses tree short
	refuses 'the sprout needs at least' "$shared" --size 4m
	local least=${stderr##*at least } # is enough, and one sector less is not
	least=${least%% *}
	refuses "needs at least $least bytes" "$shared" --size $((least - 4096))
	"$TAR2BTRFS" --onto "$shared" --sprout --size "$least" -o least
	truncate -s 128m mixed
	mkfs.btrfs -q -M mixed
	btrfstune -S 1 mixed
	refuses 'mixed has the feature mixed-groups' mixed
	truncate -s 128m old
	if mkfs.btrfs -q -O ^skinny-metadata old 2>/dev/null; then
		btrfstune -S 1 old
		refuses 'old lacks the feature skinny-metadata' old
	fi
	require_mount
	truncate -s 128m counted
	mkfs.btrfs -q -L "$(unique_label)" counted
	with_quotas counted
	btrfstune -S 1 counted
	refuses 'counted has quotas' counted
	truncate -s 128m quota
	if mkfs.btrfs -q -O squota quota 2>/dev/null; then
		btrfstune -S 1 quota
		refuses 'quota has the feature' quota
	fi
}

@test "a seed with a damaged block is refused; one that the sprout refers to is not read" {
	local tree at
	for tree in chunk root extent device free; do
		at=$(btrfs inspect-internal dump-tree -t ${tree/device/dev} "$shared" 2>/dev/null | awk '/^(leaf|node) [0-9]/ { print $2; exit }')
		[ -n "$at" ] || at=$(btrfs inspect-internal dump-tree -t 10 "$shared" | awk '/^(leaf|node) [0-9]/ { print $2; exit }')
		cp "$shared" bad
		printf 'damage' | dd of=bad bs=1 seek=$((at + 200)) conv=notrunc status=none
		refuses "block at $at: its checksum is wrong" bad
	done
	at=$(btrfs inspect-internal dump-tree -t fs "$shared" | awk '/^(leaf|node) [0-9]/ { print $2; exit }')
	cp "$shared" bad
	printf 'damage' | dd of=bad bs=1 seek=$((at + 200)) conv=notrunc status=none
	"$TAR2BTRFS" --onto bad --sprout --size 64m | cmp - <("$TAR2BTRFS" --onto "$shared" --sprout --size 64m)
}

@test "the output: neither the seed nor a full disk; a device and its end" {
	require_root
	require_tool losetup
	cp "$shared" seed
	refused 1 --onto seed --sprout --size 64m -o seed
	cmp seed "$shared"
	run -1 --separate-stderr "$TAR2BTRFS" --onto seed --sprout --size 64m -o /dev/full
	# shellcheck disable=SC2154
	[ -n "$stderr" ]
	"$TAR2BTRFS" --onto seed --sprout --size 100m -o file
	head -c 120m /dev/urandom >disk
	mkfs.btrfs -q -f disk
	attach disk
	"$TAR2BTRFS" --onto seed --sprout --size 100m -o "$dev"
	refused 1 --onto seed --sprout --size 200m -o "$dev"
	losetup -d "$dev"
	local at
	for at in 65536 67108864; do
		cmp <(tail -c +$((at + 1)) disk | head -c 4096) <(tail -c +$((at + 1)) file | head -c 4096)
	done
}

@test "wrong order at the mount: what the kernel says" {
	require_mount
	"$TAR2BTRFS" --onto "$shared" --sprout --size 1g -o new
	# the sprout alone, when no device has the seed
	attach new
	sprout_dev=$dev
	run ! mount -t btrfs "$sprout_dev" "$m"
	dmesg_since_mark "$sprout_dev" | tee said
	grep -qE 'failed to read chunk tree: -22|failed to find fsid .* when attempting to open seed devices' said
	attach "$shared" -r
	seed_dev=$dev
	# the seed first: read-only, as it was
	mount -t btrfs -o "ro,device=$sprout_dev" "$seed_dev" "$m"
	is_seed
	umount "$m"
	mount_pair "$sprout_dev"
	is_seed
	umount "$m"
	losetup -d "$sprout_dev" "$seed_dev"
}
