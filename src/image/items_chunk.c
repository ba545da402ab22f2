/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chunk tree, device tree and free space tree: three views of the chunks. */
#include "items.h"

struct btrfs_dev_item device_item(const struct blueprint *bp)
{
	u64 used = 0;
	for (size_t i = 0; i < bp->layout.nr_chunks; i++)
		used += bp->layout.chunks[i].length * chunk_copies(&bp->layout.chunks[i]);
	struct btrfs_dev_item item = {
		.devid = to_le64(DEVID),
		.total_bytes = to_le64(bp->total_bytes),
		.bytes_used = to_le64(used),
		.io_align = to_le32(BTRFS_SECTORSIZE),
		.io_width = to_le32(BTRFS_SECTORSIZE),
		.sector_size = to_le32(BTRFS_SECTORSIZE),
	};
	memcpy(item.uuid, bp->ids.device_uuid, sizeof(item.uuid));
	memcpy(item.fsid, bp->ids.block.fsid, sizeof(item.fsid));
	return item;
}

u32 chunk_item_bytes(const struct chunk *chunk)
{
	return (u32)sizeof(struct btrfs_chunk) +
	       chunk_copies(chunk) * (u32)sizeof(struct btrfs_stripe);
}

void chunk_item_fill(const struct blueprint *bp, const struct chunk *chunk, void *item)
{
	u16 copies = (u16)chunk_copies(chunk);
	struct btrfs_chunk body = {
		.length = to_le64(chunk->length),
		.owner = to_le64(BTRFS_EXTENT_TREE_OBJECTID),
		.stripe_len = to_le64(BTRFS_STRIPE_LEN),
		.type = to_le64(chunk->type),
		.io_align = to_le32(BTRFS_STRIPE_LEN),
		.io_width = to_le32(BTRFS_STRIPE_LEN),
		.sector_size = to_le32(BTRFS_SECTORSIZE),
		.num_stripes = to_le16(copies),
		.sub_stripes = to_le16(copies - 1),
	};
	u8 *at = item;
	memcpy(at, &body, sizeof(body));
	at += sizeof(body);
	for (u16 i = 0; i < copies; i++) {
		struct btrfs_stripe stripe = {
			.devid = to_le64(DEVID),
			.offset = to_le64(chunk->logical + i * chunk->length),
		};
		memcpy(stripe.dev_uuid, bp->ids.device_uuid, sizeof(stripe.dev_uuid));
		memcpy(at, &stripe, sizeof(stripe));
		at += sizeof(stripe);
	}
}

int produce_chunk_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	struct btrfs_key key = { BTRFS_DEV_ITEMS_OBJECTID, BTRFS_DEV_ITEM_KEY, DEVID };
	const struct btrfs_dev_item device = device_item(bp);
	int err = tree_writer_put(tw, key, &device, sizeof(device));
	for (size_t i = 0; i < bp->layout.nr_chunks && !err; i++) {
		const struct chunk *chunk = &bp->layout.chunks[i];
		void *item;
		key = (struct btrfs_key){ BTRFS_FIRST_CHUNK_TREE_OBJECTID, BTRFS_CHUNK_ITEM_KEY,
					  chunk->logical };
		err = tree_writer_add(tw, key, chunk_item_bytes(chunk), &item);
		if (!err)
			chunk_item_fill(bp, chunk, item);
	}
	return err;
}

int produce_dev_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	for (size_t i = 0; i < bp->layout.nr_chunks; i++) {
		const struct chunk *chunk = &bp->layout.chunks[i];
		for (u32 copy = 0; copy < chunk_copies(chunk); copy++) {
			struct btrfs_key key = { DEVID, BTRFS_DEV_EXTENT_KEY,
						 chunk->logical + copy * chunk->length };
			struct btrfs_dev_extent extent = {
				.chunk_tree = to_le64(BTRFS_CHUNK_TREE_OBJECTID),
				.chunk_objectid = to_le64(BTRFS_FIRST_CHUNK_TREE_OBJECTID),
				.chunk_offset = to_le64(chunk->logical),
				.length = to_le64(chunk->length),
			};
			memcpy(extent.chunk_tree_uuid, bp->ids.block.chunk_tree_uuid,
			       sizeof(extent.chunk_tree_uuid));
			int err = tree_writer_put(tw, key, &extent, sizeof(extent));
			if (err)
				return err;
		}
	}
	return 0;
}

/* The free space of a chunk is its end: at most one range. */
int produce_free_space_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	for (size_t i = 0; i < bp->layout.nr_chunks; i++) {
		const struct chunk *chunk = &bp->layout.chunks[i];
		u64 free_bytes = chunk->length - chunk->used;
		struct btrfs_key key = { chunk->logical, BTRFS_FREE_SPACE_INFO_KEY, chunk->length };
		const struct btrfs_free_space_info info = {
			.extent_count = to_le32(free_bytes ? 1 : 0),
		};
		int err = tree_writer_put(tw, key, &info, sizeof(info));
		key = (struct btrfs_key){ chunk->logical + chunk->used, BTRFS_FREE_SPACE_EXTENT_KEY,
					  free_bytes };
		if (!err && free_bytes)
			err = tree_writer_put(tw, key, "", 0);
		if (err)
			return err;
	}
	return 0;
}
