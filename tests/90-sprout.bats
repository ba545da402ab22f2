#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Seeds: a writable device grows on them, and lets go of them again.
# bats file_tags=kernel,slow

load helpers

setup_file()
{
	require_mount || return 0
	cd "$BATS_FILE_TMPDIR"
	python3 "$GEN/rich.py" >spec
	for i in $(seq 1 40); do echo "file data/$i size=700000 seed=noise$i"; done >>spec
	python3 "$GEN/archive.py" tar <spec >tar
	python3 "$GEN/archive.py" manifest <spec >manifest
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	m=$BATS_TEST_TMPDIR/m
	mkdir "$m"
}

seed_image()
{
	"$TAR2BTRFS" -L "$(unique_label)" -o "$1" "${@:2}" "$BATS_FILE_TMPDIR/tar"
}

is_seed()
{
	python3 "$TOP/tests/tools/treecmp.py" --manifest "$BATS_FILE_TMPDIR/manifest" "$m" "$@"
}

# sprout SEED FILE - mount the seed, add the file as its writable device; sets $seed_dev and $sprout_dev
sprout()
{
	mount_image "$1" "$m"
	seed_dev=$dev
	truncate -s "${3:-1g}" "$2"
	attach "$2"
	sprout_dev=$dev
	btrfs device add -f "$sprout_dev" "$m"
	mount -o remount,rw "$m"
}

# the whole way, for images of different kinds
life()
{
	seed_image seed "$@"
	sum=$(sha256sum <seed)
	sprout seed new
	is_seed
	# change and add
	echo new >"$m/new"
	echo more >>"$m/types/file"
	rm -r "$m/data/1" "$m/many"
	cp -a "$m/sizes" "$m/copy"
	umount "$m"
	# again, both devices scanned
	btrfs device scan "$seed_dev" "$sprout_dev"
	mount -t btrfs "$sprout_dev" "$m"
	assert_equal "$(cat "$m/new")" new
	diff -r "$m/sizes" "$m/copy"
	python3 "$TOP/tests/tools/treecmp.py" --dump "$m" >before
	btrfs device remove "$seed_dev" "$m"
	umount "$m"
	# alone
	btrfs device scan --forget "$seed_dev" || :
	mount -t btrfs "$sprout_dev" "$m"
	python3 "$TOP/tests/tools/treecmp.py" --manifest before "$m"
	assert_scrub "$m"
	# what the kernel wrote, freed and left lying about the seed while both were in use
	fstrim "$m"
	umount "$m"
	release_sprout
	assert_check new
	assert_equal "$(sha256sum <seed)" "$sum"
	no_trace new seed
}

# no_trace SPROUT SEED - neither the seed's filesystem id nor its device id stands anywhere in the sprout, and it is none
no_trace()
{
	python3 - "$1" "$(super "$2" fsid)" "$(super "$2" dev_item.uuid)" <<-'END'
		import mmap, sys, uuid
		with open(sys.argv[1], 'rb') as f:
		    data = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
		found = [(u, data.find(uuid.UUID(u).bytes)) for u in sys.argv[2:]]
		print(found)
		sys.exit(any(where >= 0 for _, where in found))
	END
	run btrfs inspect-internal dump-super "$1"
	[[ $output != *SEEDING* ]]
}

@test "sprout, change, remount, remove the seed: defaults" {
	life
}

@test "sprout, change, remount, remove the seed: plain data" {
	life --compress none
}

@test "sprout, change, remount, remove the seed: two copies of metadata, sha256, 4k nodes" {
	life --compress zlib -m dup --csum sha256 -n 4k
}

@test "sprout, change, remount, remove the seed: lzo, no free space tree, 64k nodes" {
	life --compress lzo -O ^free-space-tree -n 64k --csum xxhash
}

@test "a seed is mounted read-only, and stays so without a device" {
	seed_image seed
	mount_image seed "$m" rw
	run touch "$m/x"
	[ "$status" != 0 ]
	run mount -o remount,rw "$m"
	[ "$status" != 0 ]
	detach "$m" "$dev"
	btrfs inspect-internal dump-super seed | grep -q SEEDING
}

@test "two sprouts of one seed, one after the other" {
	seed_image seed
	sprout seed first
	echo 1 >"$m/which"
	umount "$m"
	release_sprout
	sprout seed second
	[ ! -e "$m/which" ]
	echo 2 >"$m/which"
	umount "$m"
	release_sprout
	assert_differ "$(super first fsid)" "$(super second fsid)"
	for s in 1:first 2:second; do
		attach seed -r
		seed_dev=$dev
		attach "${s#*:}"
		sprout_dev=$dev
		btrfs device scan "$seed_dev" "$sprout_dev"
		mount -t btrfs "$sprout_dev" "$m"
		assert_equal "$(cat "$m/which")" "${s%:*}"
		btrfs device remove "$seed_dev" "$m"
		is_seed --ignore=path:which,root
		umount "$m"
		release_sprout
		assert_check "${s#*:}"
	done
}

@test "two different seeds mounted at once" {
	seed_image one
	seed_image two --csum xxhash
	mkdir n
	mount_image one "$m"
	one=$dev
	mount_image two "$BATS_TEST_TMPDIR/n"
	two=$dev
	is_seed
	assert_tree_equal "$m" n
	detach "$BATS_TEST_TMPDIR/n" "$two"
	detach "$m" "$one"
}

@test "seeds whose data differs under one given fsid have different device ids" {
	u=$(cat /proc/sys/kernel/random/uuid)
	seed_image one -U "$u"
	seed_image two -U "$u" --compress none
	assert_equal "$(super one fsid)" "$(super two fsid)"
	assert_differ "$(super one dev_item.uuid)" "$(super two dev_item.uuid)"
}

@test "a detached sprout, marked by btrfstune -S 1, seeds again" {
	require_tool btrfstune
	seed_image seed
	sprout seed new
	echo generation-2 >"$m/two"
	btrfs device remove "$seed_dev" "$m"
	umount "$m"
	release_sprout
	btrfstune -S 1 new
	sprout new newer
	assert_equal "$(cat "$m/two")" generation-2
	echo generation-3 >"$m/three"
	btrfs device remove "$seed_dev" "$m"
	umount "$m"
	release_sprout
	assert_check newer
	mount_image newer "$m"
	assert_equal "$(cat "$m/two" "$m/three")" $'generation-2\ngeneration-3'
	detach "$m" "$dev"
}

@test "a small sprout takes over 28 MiB of data when the seed is removed" {
	seed_image seed --compress none
	sprout seed new 192m
	btrfs device remove "$seed_dev" "$m"
	is_seed
	umount "$m"
	release_sprout
	assert_check new
}

@test "subvolumes and snapshots on a sprout, send and receive" {
	seed_image seed
	sprout seed new
	btrfs subvolume snapshot -r "$m" "$m/snapshot"
	btrfs subvolume create "$m/received"
	btrfs send -q "$m/snapshot" | btrfs receive -q "$m/received"
	# an unlinked clone range of a hole of 1 TiB would be sent as zeros by old kernels; content is what counts
	diff -r "$m/snapshot/sizes" "$m/received/snapshot/sizes"
	btrfs device remove "$seed_dev" "$m"
	umount "$m"
	release_sprout
	assert_check new
}
