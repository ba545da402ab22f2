/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The uuid tree: which subvolume has which uuid. */
#include "items.h"

#include <stdlib.h>

struct uuid_record {
	struct btrfs_key key; /* the uuid, cut in two numbers */
	u64 subvol_id;
};

static struct uuid_record uuid_record_of(const struct subvol_uuid *uuid, u64 subvol_id)
{
	le64 halves[2];
	static_assert(sizeof(halves) == BTRFS_UUID_SIZE, "a uuid in two numbers");
	memcpy(halves, uuid->bytes, sizeof(halves));
	return (struct uuid_record){
		.key = { from_le64(halves[0]), BTRFS_UUID_KEY_SUBVOL, from_le64(halves[1]) },
		.subvol_id = subvol_id,
	};
}

static int compare_uuid_records(const void *a, const void *b)
{
	return key_compare(&((const struct uuid_record *)a)->key,
			   &((const struct uuid_record *)b)->key);
}

int produce_uuid_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	struct uuid_record *records = xmalloc(bp->nr_subvols * sizeof(*records));
	int err = 0;
	for (u32 i = 0; i < bp->nr_subvols; i++)
		records[i] = uuid_record_of(&bp->ids.subvols[i], bp->subvols[i].id);
	qsort(records, bp->nr_subvols, sizeof(*records), compare_uuid_records);
	for (u32 i = 0; i < bp->nr_subvols && !err; i++) {
		const le64 id = to_le64(records[i].subvol_id);
		err = tree_writer_put(tw, records[i].key, &id, sizeof(id));
	}
	xfree(records);
	return err;
}
