/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From logical addresses to copies on devices. */
#ifndef READ_CHUNK_MAP_H
#define READ_CHUNK_MAP_H

#include "read/filesystem.h"

#define CHUNK_MAX_COPIES 4u

/* A device whose superblock is read. */
struct chunk_device {
	const struct filesystem_device *file;
	struct btrfs_super_block super;
};

struct mapped_chunk {
	u64 logical, bytes;
	u64 type; /* BTRFS_BLOCK_GROUP_* */
	u32 nr_copies;
	struct {
		const struct chunk_device *device; /* NULL: it is not among the images */
		u64 physical;
	} copies[CHUNK_MAX_COPIES];
};

struct chunk_map {
	const struct chunk_device *devices;
	u32 nr_devices;
	struct mapped_chunk *chunks; /* by logical address */
	size_t nr, capacity;
};

/*
 * chunk_map_add - one more chunk
 * @item: @bytes of a CHUNK_ITEM; its key's offset is @logical
 * A chunk that is there already is replaced: the superblock has copies of some of the chunk tree's.
 * Returns 0, or a negative errno after printing: profiles without whole copies are refused.
 */
int chunk_map_add(struct chunk_map *map, u64 logical, const void *item, u32 bytes);

/* chunk_map_find - the chunk that holds @bytes from @logical on, or NULL */
const struct mapped_chunk *chunk_map_find(const struct chunk_map *map, u64 logical, u64 bytes);

/*
 * chunk_read - read from one copy
 * @logical: @bytes from there on are in @chunk
 * @copy:    below chunk->nr_copies
 * Returns 0 or a negative errno for chunk_read_reason(); prints nothing.
 */
int chunk_read(const struct mapped_chunk *chunk, u64 logical, size_t bytes, u32 copy, void *data);

/* chunk_read_reason - what an error of chunk_read() means; valid until the next call of strerror() */
const char *chunk_read_reason(int err);

void chunk_map_release(struct chunk_map *map);

#endif
