/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The uuid tree: which subvolume has which uuid. */
#include "plan.h"

int produce_uuid_tree(const struct plan *plan, struct tree_writer *tw)
{
	le64 halves[2];
	static_assert(sizeof(halves) == BTRFS_UUID_SIZE, "a uuid in two numbers");
	memcpy(halves, plan->ids.subvol_uuid, sizeof(halves));
	struct btrfs_key key = { from_le64(halves[0]), BTRFS_UUID_KEY_SUBVOL,
				 from_le64(halves[1]) };
	void *item;
	int err = tree_writer_add(tw, key, sizeof(le64), &item);
	if (err)
		return err;
	*(le64 *)item = to_le64(BTRFS_FS_TREE_OBJECTID);
	return 0;
}
