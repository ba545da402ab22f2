#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/sprout-install: from a seed to a system on a device of its own.
# bats file_tags=kernel

load helpers

INSTALL=$TOP/contrib/sprout-install

setup_file()
{
	require_mount || return 0
	require_tool lsblk blkid blockdev || return 0
	cd "$BATS_FILE_TMPDIR"
	python3 "$GEN/rich.py" | python3 "$GEN/archive.py" tar >tar
	python3 "$GEN/rich.py" | python3 "$GEN/archive.py" manifest >manifest
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	m=$BATS_TEST_TMPDIR/m
	mkdir "$m"
	"$TAR2BTRFS" -L "$(unique_label)" -o seed "$BATS_FILE_TMPDIR/tar"
	truncate -s 512m disk
	attach disk
	disk=$dev
}

# the seed on a loop device, mounted
mounted_seed()
{
	attach seed -r
	seed=$dev
	mount -t btrfs -o ro "$seed" "$m"
}

holds_the_tree()
{
	python3 "$TOP/tests/tools/treecmp.py" --manifest "$BATS_FILE_TMPDIR/manifest" "$m" "$@"
}

# alone UUID [TREECMP OPTIONS] - the disk without the seed is a complete, writable filesystem with the seed's content
alone()
{
	local uuid=$1
	shift
	mount -t btrfs "$disk" "$m"
	assert_equal "$(findmnt -no UUID -M "$m")" "$uuid"
	assert_equal "$(btrfs filesystem show -m "$m" | grep -c devid)" 1
	holds_the_tree "$@"
	touch "$m/writable"
	umount "$m"
	assert_dmesg "$disk"
	assert_check disk
	run btrfs inspect-internal dump-super disk
	[[ $output != *SEEDING* ]]
}

# install_refused TEXT ARG... - one line that has the text, and the disk is as it was
install_refused()
{
	local text=$1 before
	shift
	before=$(sha256sum <disk)
	run -1 --separate-stderr "$INSTALL" "$@"
	echo "$stderr"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == "sprout-install: "*"$text"* ]]
	[ "$before" = "$(sha256sum <disk)" ]
}

@test 'a seed in a file, onto an empty disk' {
	sum=$(sha256sum <seed)
	run -0 --separate-stderr "$INSTALL" seed "$disk"
	[ -z "$output" ]
	echo "$stderr"
	[[ ${stderr_lines[0]} == *"copying what the seed holds" ]]
	[[ ${stderr_lines[1]} == *"the copy is done; verifying it" ]]
	[[ ${stderr_lines[2]} == *"its metadata has one copy; a second one is made by: "* ]]
	[[ ${stderr_lines[3]} == *"$disk is complete"*"root=UUID="* ]]
	run ! grep -F sprout-install. /proc/mounts
	[ "$sum" = "$(sha256sum <seed)" ]
	alone "${stderr##*root=UUID=}"
}

# profiles TEXT - how many copies the disk has of metadata and system chunks
profiles()
{
	mount -t btrfs -o ro "$disk" "$m"
	assert_equal "$(btrfs filesystem df "$m" | awk -F '[,:]' '/^(Metadata|System)/ { printf "%s%s ", $1, $2 }')" "$1"
	umount "$m"
}

@test 'metadata has one copy or two: as in the seed, by --metadata-profile, or by the command that the output names' {
	local command
	run -0 --separate-stderr "$INSTALL" --metadata-profile dup seed "$disk"
	[[ $stderr != *"one copy"* ]]
	profiles 'System DUP Metadata DUP '
	alone "${stderr##*root=UUID=}"
	run -0 --separate-stderr "$INSTALL" --force --metadata-profile=single seed "$disk"
	profiles 'System single Metadata single '
	mount -t btrfs "$disk" "$m"
	command=$(sed -n 's/.* made by: //p' <<<"$stderr")
	eval "${command/MOUNTPOINT/$m}"
	umount "$m"
	profiles 'System DUP Metadata DUP '
	"$TAR2BTRFS" -m dup -L "$(unique_label)" -o seed "$BATS_FILE_TMPDIR/tar"
	run -0 --separate-stderr "$INSTALL" --force seed "$disk"
	[[ $stderr != *"one copy"* ]]
	profiles 'System DUP Metadata DUP '
	run -2 "$INSTALL" --metadata-profile raid1 seed "$disk"
}

@test 'the mounted seed goes on as the new system, what is written meanwhile too' {
	mounted_seed
	exec {open}<"$m/sizes/4097"
	run -0 --separate-stderr "$INSTALL" "$m" "$disk"
	# the same mount, and files that were open
	sha256sum <&"$open" | diff - <(sha256sum <"$m/sizes/4097")
	exec {open}<&-
	holds_the_tree
	echo new >"$m/new"
	umount "$m"
	losetup -d "$seed"
	alone "${stderr##*root=UUID=}" --ignore=path:new,root
}

# sprouted and written to, but not yet without the seed: what an interruption leaves
interrupted()
{
	mounted_seed
	btrfs device add "$disk" "$m"
	mount -o remount,rw "$m"
	echo kept >"$m/kept"
	umount "$m"
	btrfs device scan --forget
}

@test 'after an interruption the work goes on where it is mounted' {
	interrupted
	btrfs device scan "$seed" "$disk"
	mount -t btrfs "$disk" "$m"
	run -0 --separate-stderr "$INSTALL" "$m" "$disk"
	[ "$(cat "$m/kept")" = kept ]
	umount "$m"
	losetup -d "$seed"
	alone "${stderr##*root=UUID=}" --ignore=path:kept,root
}

@test 'after an interruption the same command goes on, with the seed as device or file' {
	local as
	for as in device file; do
		truncate -s 0 disk
		truncate -s 512m disk
		interrupted
		[ $as = device ] || losetup -d "$seed"
		run -0 --separate-stderr "$INSTALL" "$([ $as = device ] && echo "$seed" || echo seed)" "$disk"
		run ! grep -F sprout-install. /proc/mounts
		[ $as = file ] || losetup -d "$seed"
		[ -z "$(losetup -j seed)" ]
		alone "${stderr##*root=UUID=}" --ignore=path:kept,root
	done
}

@test 'the sprout of another seed is not gone on with' {
	interrupted
	losetup -d "$seed"
	"$TAR2BTRFS" -L "other $(unique_label)" -o other "$BATS_FILE_TMPDIR/tar"
	install_refused 'holds btrfs, and no sprout of this seed; --force overwrites it' other "$disk"
	[ -z "$(losetup -j other)" ]
}

@test 'what is not understood is refused, and nothing is touched' {
	install_refused 'not a block device' seed disk
	install_refused 'neither a mounted seed nor' none "$disk"
	install_refused 'no btrfs filesystem is mounted there' /proc "$disk"
	install_refused 'not a btrfs seed' "$BATS_FILE_TMPDIR/tar" "$disk"
	"$TAR2BTRFS" --no-seed -o plain "$BATS_FILE_TMPDIR/tar"
	install_refused 'not a btrfs seed' plain "$disk"
	run -2 "$INSTALL" seed
	run -2 "$INSTALL" --what seed "$disk"

	# a seed with a second sprout, the seed itself
	mounted_seed
	install_refused 'is a seed itself' "$m" "$seed"
	truncate -s 512m other
	attach other
	btrfs device add "$dev" "$m"
	install_refused 'neither the seed nor' "$m" "$disk"
	umount "$m"
}

@test 'a device that holds something, is in use or too small' {
	truncate -s 100m disk
	losetup -c "$disk"
	install_refused 'are needed' seed "$disk"
	truncate -s 512m disk
	losetup -c "$disk"
	mkfs.ext4 -q "$disk"
	install_refused 'holds ext4, and no sprout of this seed; --force overwrites it' seed "$disk"
	mount -o ro,noload "$disk" "$m"
	install_refused 'in use' --force seed "$disk"
	umount "$m"
	run -0 --separate-stderr "$INSTALL" --force seed "$disk"
	alone "${stderr##*root=UUID=}"
}

@test 'a disk with partitions is refused' {
	echo 'type=83' | sfdisk -q disk
	install_refused 'holds dos' seed "$disk"
	# where the kernel reads partition tables of loop devices, --force does not help
	losetup -d "$disk"
	attach disk -P
	disk=$dev
	[ ! -e "/sys/class/block/${disk##*/}/${disk##*/}p1" ] || install_refused 'has partitions' --force seed "$disk"
}
