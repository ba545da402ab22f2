/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The items that describe the chunks of a layout, all of which are on one device. */
#ifndef IMAGE_CHUNK_ITEMS_H
#define IMAGE_CHUNK_ITEMS_H

#include "image/layout.h"
#include "image/tree_writer.h"

/* That device. */
struct layout_device {
	u64 devid;
	u64 total_bytes;
	u64 shift;              /* physical address = logical address - shift */
	u16 single_sub_stripes; /* chunk.sub_stripes of one copy: 0 as images have it, 1 as Linux does */
	const u8 *uuid;
	const struct block_ids *ids;
};

/* chunk_item_device - the DEV_ITEM, which the superblock repeats */
struct btrfs_dev_item chunk_item_device(const struct layout_device *device,
					const struct layout *layout);

/* chunk_item_bytes, chunk_item_fill - a CHUNK_ITEM with its stripes */
u32 chunk_item_bytes(const struct chunk *chunk);
void chunk_item_fill(const struct layout_device *device, const struct chunk *chunk, void *item);

/*
 * chunk_item_array - the superblock's copy of the SYSTEM chunk, by which the chunk tree is found
 * @array: of BTRFS_SYSTEM_CHUNK_ARRAY_SIZE bytes. Returns how many are used.
 */
u32 chunk_item_array(const struct layout_device *device, const struct layout *layout, u8 *array);

/* chunk_item_physical, chunk_item_extent - the offset in the key of copy @copy's DEV_EXTENT, and the
 * item, which all copies have alike */
u64 chunk_item_physical(const struct layout_device *device, const struct chunk *chunk, u32 copy);
struct btrfs_dev_extent chunk_item_extent(const struct layout_device *device,
					  const struct chunk *chunk);

/* chunk_item_group - the BLOCK_GROUP_ITEM */
struct btrfs_block_group_item chunk_item_group(const struct chunk *chunk);

#endif
