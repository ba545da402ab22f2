/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chunk tree, device tree and free space tree: three views of the chunks. */
#include "items.h"

#include "image/chunk_items.h"

int produce_chunk_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	const struct layout_device device = blueprint_device(bp);
	struct btrfs_key key = { BTRFS_DEV_ITEMS_OBJECTID, BTRFS_DEV_ITEM_KEY, device.devid };
	const struct btrfs_dev_item device_item = chunk_item_device(&device, &bp->layout);
	int err = blueprint_produce_seed(bp, SEED_DEVICES, tw);
	if (!err)
		err = tree_writer_put(tw, key, &device_item, sizeof(device_item));
	if (!err)
		err = blueprint_produce_seed(bp, SEED_CHUNKS, tw);
	for (size_t i = 0; i < bp->layout.nr_chunks && !err; i++) {
		const struct chunk *chunk = &bp->layout.chunks[i];
		void *item;
		key = (struct btrfs_key){ BTRFS_FIRST_CHUNK_TREE_OBJECTID, BTRFS_CHUNK_ITEM_KEY,
					  chunk->logical };
		err = tree_writer_add(tw, key, chunk_item_bytes(chunk), &item);
		if (!err)
			chunk_item_fill(&device, chunk, item);
	}
	return err;
}

int produce_dev_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	const struct layout_device device = blueprint_device(bp);
	int err = blueprint_produce_seed(bp, SEED_DEVICE_EXTENTS, tw);
	for (size_t i = 0; i < bp->layout.nr_chunks; i++) {
		const struct chunk *chunk = &bp->layout.chunks[i];
		const struct btrfs_dev_extent extent = chunk_item_extent(&device, chunk);
		for (u32 copy = 0; copy < chunk_copies(chunk); copy++) {
			const struct btrfs_key key = { device.devid, BTRFS_DEV_EXTENT_KEY,
						       chunk_item_physical(&device, chunk, copy) };
			if (!err)
				err = tree_writer_put(tw, key, &extent, sizeof(extent));
		}
	}
	return err;
}

/* The free space of a chunk is its end: at most one range. */
int produce_free_space_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	int err = blueprint_produce_seed(bp, SEED_FREE_SPACE, tw);
	for (size_t i = 0; i < bp->layout.nr_chunks && !err; i++) {
		const struct chunk *chunk = &bp->layout.chunks[i];
		u64 free_bytes = chunk->length - chunk->used;
		struct btrfs_key key = { chunk->logical, BTRFS_FREE_SPACE_INFO_KEY, chunk->length };
		const struct btrfs_free_space_info info = {
			.extent_count = to_le32(free_bytes ? 1 : 0),
		};
		err = tree_writer_put(tw, key, &info, sizeof(info));
		key = (struct btrfs_key){ chunk->logical + chunk->used, BTRFS_FREE_SPACE_EXTENT_KEY,
					  free_bytes };
		if (!err && free_bytes)
			err = tree_writer_put(tw, key, "", 0);
	}
	return err;
}
