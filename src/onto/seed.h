/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seed that a sprout grows on: what is needed of it, verified. */
#ifndef ONTO_SEED_H
#define ONTO_SEED_H

#include "read/filesystem.h"

struct seed_chunk {
	u64 logical, length;
	u64 type;        /* BTRFS_BLOCK_GROUP_* */
	u64 physical[2]; /* of each copy */
};

struct seed {
	const struct filesystem_device *device;
	struct filesystem *fs;
	struct btrfs_super_block super;
	u8 chunk_tree_uuid[BTRFS_UUID_SIZE];
	u32 nodesize;
	bool dup; /* two copies of metadata */
	bool has_free_space_tree, has_block_group_tree;
	struct btrfs_dev_item device_item;
	struct seed_chunk *chunks; /* by logical address */
	size_t nr_chunks, chunks_capacity;
	u64 end; /* logical address behind the last chunk */
};

/* seed_open - refuse what is no clean seed of one device; 0, or a negative errno after printing.
 * Release with seed_close() in any case. */
int seed_open(const struct filesystem_device *device, struct seed *seed);
void seed_close(struct seed *seed);

/* seed_check_unchanged - whether it still is the seed that was opened; 0, or a negative errno after
 * printing */
int seed_check_unchanged(const struct seed *seed);

/* seed_chunk_stripes - how many device extents a chunk has */
static inline u32 seed_chunk_stripes(const struct seed_chunk *chunk)
{
	return chunk->type & BTRFS_BLOCK_GROUP_DUP ? 2 : 1;
}

static inline bool seed_chunk_is_system(const struct seed_chunk *chunk)
{
	return chunk->type & BTRFS_BLOCK_GROUP_SYSTEM;
}

#endif
