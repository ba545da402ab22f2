#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the program is there to replace: extract as root, mkfs.btrfs --rootdir, btrfstune -S 1. Both ways side by
# side, compared by the kernel; and the short way on an account without any privilege.
# bats file_tags=kernel

load helpers

extract()
{
	mkdir -p "$1"
	tar -C "$1" --xattrs --xattrs-include='*' --acls --warning=no-timestamp -xpf in.tar
}

setup_file()
{
	require_mount || return 0
	require_tool mkfs.btrfs btrfstune setpriv || return 0
	cd "$BATS_FILE_TMPDIR" || return
	# a tree with everything, as root makes it; mkfs.btrfs would write out the largest hole
	scratch_btrfs scratch
	python3 "$GEN/rich.py" | grep -v sparse/huge | python3 "$GEN/archive.py" make scratch/tree
	tar -C scratch/tree --xattrs --xattrs-include='*' --acls -S --format=pax -cf in.tar .
	extract scratch/extracted
}

setup()
{
	skip_if_unmet
	cd "$BATS_FILE_TMPDIR" || return
	IN=$BATS_FILE_TMPDIR/in.tar
	OPEN_DIR=
}

teardown()
{
	cd /
	[ -z "$OPEN_DIR" ] || rm -r "$OPEN_DIR"
	undo_mounts "$BATS_TEST_TMPDIR"
}

# an option of mkfs.btrfs that came after Debian 12's version
mkfs_has()
{
	mkfs.btrfs --help 2>&1 | grep -q -- "$1"
}

assert_seed()
{
	btrfs inspect-internal dump-super "$1" | grep -q SEEDING
}

# the old way: root, a directory with room for all, a size that is large enough
mkfs_recipe()
{
	local image=$1 tree=$2 options=()
	extract "$tree"
	mkfs_has --compress && options+=(--compress zstd:3)
	truncate -s 2g "$image"
	mkfs.btrfs -q --rootdir "$tree" --shrink "${options[@]}" "$image"
	btrfstune -S 1 "$image"
}

@test 'the recipe of root in one command' {
	local old=$BATS_TEST_TMPDIR/old.img new=$BATS_TEST_TMPDIR/new.img

	mkfs_recipe "$old" scratch/root >/dev/null 2>&1
	"$TAR2BTRFS" -L "$(unique_label)" <"$IN" >"$new"

	assert_seed "$old"
	assert_seed "$new"
	echo "# mkfs.btrfs $(stat -c %s "$old") bytes, tar2btrfs $(stat -c %s "$new")" >&3
	[ "$(stat -c %s "$new")" -lt "$(stat -c %s "$old")" ]
	# nothing is lost on the way: each attribute, time, hole and link of the extracted tree
	assert_image "$new" scratch/extracted
	# and what mkfs.btrfs holds is the same; the one of Debian 12 drops nanoseconds, device numbers, ACLs, holes
	mkdir "$BATS_TEST_TMPDIR/old" "$BATS_TEST_TMPDIR/new"
	mount_image "$old" "$BATS_TEST_TMPDIR/old"
	local old_dev=$dev
	mount_image "$new" "$BATS_TEST_TMPDIR/new"
	python3 "$TOP/tests/tools/treecmp.py" \
		--ignore=mtime,rdev,xattr:system.posix_acl_access,xattr:system.posix_acl_default \
		"$BATS_TEST_TMPDIR/old" "$BATS_TEST_TMPDIR/new"
	detach "$BATS_TEST_TMPDIR/new" "$dev"
	detach "$BATS_TEST_TMPDIR/old" "$old_dev"
}

# subvolumes by a kernel, since mkfs.btrfs has learnt --subvol later
subvol_recipe()
{
	local image=$1 dir=$BATS_TEST_TMPDIR/subvol
	truncate -s 2g "$image"
	mkfs.btrfs -q "$image" >/dev/null 2>&1
	mount_image "$image" "$dir" rw,compress=zstd:3
	local path
	for path in links types deep deep/level0; do
		btrfs subvolume create "$dir/$path" >/dev/null
	done
	extract "$dir"
	btrfs property set "$dir/types" ro true
	detach "$dir" "$dev"
	btrfstune -S 1 "$image"
}

# path and read-only flag of each
list_subvols()
{
	local path
	btrfs subvolume list "$1" | sed 's/.* path //' | sort | while read -r path; do
		echo "$path $(btrfs property get "$1/$path" ro)"
	done
}

@test 'subvolumes without a mount' {
	local old=$BATS_TEST_TMPDIR/old.img new=$BATS_TEST_TMPDIR/new.img m=$BATS_TEST_TMPDIR/mnt

	subvol_recipe "$old"
	"$TAR2BTRFS" -L "$(unique_label)" -u ro:types -u links -u deep -u deep/level0 -o "$new" "$IN"
	assert_check "$new"
	mount_image "$old" "$m.old"
	local old_dev=$dev
	mount_image "$new" "$m.new"
	list_subvols "$m.old" >"$BATS_TEST_TMPDIR/subvols"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/subvols")" -eq 4 ]
	list_subvols "$m.new" | diff "$BATS_TEST_TMPDIR/subvols" -
	assert_tree_equal "$m.old" "$m.new"
	detach "$m.new" "$dev"
	detach "$m.old" "$old_dev"
}

# as an account that may do nothing
unprivileged()
{
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
}

@test 'the same on an account without any privilege' {
	local label
	label=$(unique_label)
	# the directories of bats are closed to others
	OPEN_DIR=$(mktemp -d /var/tmp/tar2btrfs-test.XXXXXX)
	cp "$TAR2BTRFS" "$OPEN_DIR/tar2btrfs"
	chmod 777 "$OPEN_DIR"
	run ! unprivileged mknod "$OPEN_DIR/null" c 1 3
	unprivileged "$OPEN_DIR/tar2btrfs" -L "$label" -o "$OPEN_DIR/img" <"$IN"
	[ "$(stat -c %u "$OPEN_DIR/img")" = 65534 ]
	# every owner, device, capability, trusted attribute, set-id bit: as root's extraction
	assert_image "$OPEN_DIR/img" scratch/extracted
	with_mount "$OPEN_DIR/img" privileges_hold
	# the same bytes as root's
	"$TAR2BTRFS" -L "$label" "$IN" | cmp - "$OPEN_DIR/img"
}

privileges_hold()
{
	[ "$(stat -c '%t:%T %a' "$mnt/types/char-null")" = '1:3 666' ]
	[ "$(stat -c '%u:%g' "$mnt/owners/u4294967294")" = 4294967294:0 ]
	[ "$(stat -c '%a' "$mnt/modes/f6711")" = 6711 ]
	getfattr --only-values -n security.capability "$mnt/xattrs/capability" | cmp - \
		<(getfattr --only-values -n security.capability "$BATS_FILE_TMPDIR/scratch/tree/xattrs/capability")
	getcap "$mnt/xattrs/capability" | grep -q cap_
}
