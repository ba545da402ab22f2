/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The uuid tree: which subvolume has which uuid. */
#include "items.h"

#include <stdlib.h>

struct entry {
	struct btrfs_key key; /* the uuid, cut in two numbers */
	u64 subvol_id;
};

static struct entry entry_of(const struct subvol_uuid *uuid, u64 subvol_id)
{
	le64 halves[2];
	static_assert(sizeof(halves) == BTRFS_UUID_SIZE, "a uuid in two numbers");
	memcpy(halves, uuid->bytes, sizeof(halves));
	return (struct entry){
		.key = { from_le64(halves[0]), BTRFS_UUID_KEY_SUBVOL, from_le64(halves[1]) },
		.subvol_id = subvol_id,
	};
}

static int compare_entries(const void *a, const void *b)
{
	return key_compare(&((const struct entry *)a)->key, &((const struct entry *)b)->key);
}

int produce_uuid_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	struct entry *entries = xmalloc(bp->nr_subvols * sizeof(*entries));
	int err = 0;
	for (u32 i = 0; i < bp->nr_subvols; i++)
		entries[i] = entry_of(&bp->ids.subvols[i], bp->subvols[i].id);
	qsort(entries, bp->nr_subvols, sizeof(*entries), compare_entries);
	for (u32 i = 0; i < bp->nr_subvols && !err; i++) {
		void *item;
		err = tree_writer_add(tw, entries[i].key, sizeof(le64), &item);
		if (!err)
			*(le64 *)item = to_le64(entries[i].subvol_id);
	}
	xfree(entries);
	return err;
}
