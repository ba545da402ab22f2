/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys in CPU order: what items are sorted by. */
#ifndef DISK_KEY_H
#define DISK_KEY_H

#include "disk/format.h"

struct btrfs_key {
	u64 objectid;
	u8 type;
	u64 offset;
};

/* key_compare - negative, 0 or positive, as @a sorts before, with or after @b */
static inline int key_compare(const struct btrfs_key *a, const struct btrfs_key *b)
{
	if (a->objectid != b->objectid)
		return a->objectid < b->objectid ? -1 : 1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return 0;
}

static inline struct btrfs_disk_key key_to_disk(struct btrfs_key key)
{
	return (struct btrfs_disk_key){
		.objectid = to_le64(key.objectid),
		.type = key.type,
		.offset = to_le64(key.offset),
	};
}

static inline struct btrfs_key key_from_disk(const struct btrfs_disk_key *key)
{
	return (struct btrfs_key){
		.objectid = from_le64(key->objectid),
		.type = key->type,
		.offset = from_le64(key->offset),
	};
}

#endif
