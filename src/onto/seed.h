/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seed that a device grows on, which may itself be a chain of seeds: what is needed, verified. */
#ifndef ONTO_SEED_H
#define ONTO_SEED_H

#include "read/filesystem.h"

struct seed_chunk {
	u64 logical, length;
	u64 type;                  /* BTRFS_BLOCK_GROUP_* */
	u64 devid[2], physical[2]; /* of each copy */
};

/* A device of the seed. */
struct seed_device {
	const struct filesystem_device *file;
	struct btrfs_super_block super;
	struct btrfs_dev_item item; /* of the chunk tree */
	bool has_item;
};

struct seed {
	struct filesystem *fs;
	const char *name;               /* of the newest device, for messages */
	struct btrfs_super_block super; /* of that */
	struct seed_device *devices;    /* ascending by id */
	u32 nr_devices;
	u8 chunk_tree_uuid[BTRFS_UUID_SIZE];
	u32 nodesize;
	bool dup; /* two copies of metadata */
	bool has_free_space_tree, has_block_group_tree;
	struct seed_chunk *chunks; /* by logical address */
	size_t nr_chunks, chunks_capacity;
	u64 end; /* logical address behind the last chunk */
};

/*
 * seed_open - refuse what is no clean seed of one device, or a chain of them
 * @devices: @nr of them, in any order; stay valid
 * Returns 0, or a negative errno after printing; release with seed_close() in any case.
 */
int seed_open(const struct filesystem_device *devices, u32 nr, struct seed *seed);
void seed_close(struct seed *seed);

/* seed_check_unchanged - whether it still is the seed that was opened; 0, or a negative errno after
 * printing */
int seed_check_unchanged(const struct seed *seed);

/* seed_last_devid - the highest device id */
u64 seed_last_devid(const struct seed *seed);

/* seed_find_chunk - the chunk that holds @bytes from @logical on, or NULL */
const struct seed_chunk *seed_find_chunk(const struct seed *seed, u64 logical, u64 bytes);

/* seed_check_ids - whether a new device's ids are none of the seed's; 0, or -EEXIST after printing */
int seed_check_ids(const struct seed *seed, const u8 *fsid, const u8 *device_uuid);

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
