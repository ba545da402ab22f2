/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chunks in the chunk tree, the device tree and as block groups. The chunk tree is on the new device as
 * a whole. So the seed's SYSTEM chunks have no use any more: they end, as in a sprout that the kernel
 * makes.
 */
#include "grown_items.h"

/* The largest item: a chunk with two stripes. */
#define CHUNK_ITEM_BYTES (sizeof(struct btrfs_chunk) + 2 * sizeof(struct btrfs_stripe))

struct btrfs_dev_item sprout_device_item(const struct plan *p)
{
	u64 used = 0;
	for (size_t i = 0; i < p->layout.nr_chunks; i++)
		used += p->layout.chunks[i].length * chunk_copies(&p->layout.chunks[i]);
	struct btrfs_dev_item item = {
		.devid = to_le64(p->devid),
		.total_bytes = to_le64(p->options.image->size_bytes),
		.bytes_used = to_le64(used),
		.io_align = to_le32(BTRFS_SECTORSIZE),
		.io_width = to_le32(BTRFS_SECTORSIZE),
		.sector_size = to_le32(BTRFS_SECTORSIZE),
	};
	memcpy(item.uuid, p->ids.device_uuid, sizeof(item.uuid));
	memcpy(item.fsid, p->ids.block.fsid, sizeof(item.fsid));
	return item;
}

/* The kernel opens a seed only if this generation is that of the seed's superblock. */
static struct btrfs_dev_item seed_device_item(const struct plan *p)
{
	struct btrfs_dev_item item = p->seed.device_item;
	u64 used = from_le64(item.bytes_used);
	for (size_t i = 0; i < p->seed.nr_chunks; i++)
		if (seed_chunk_is_system(&p->seed.chunks[i]))
			used -= p->seed.chunks[i].length * seed_chunk_stripes(&p->seed.chunks[i]);
	item.bytes_used = to_le64(used);
	item.generation = p->seed.super.generation;
	return item;
}

u32 sprout_chunk_bytes(const struct chunk *chunk)
{
	return (u32)sizeof(struct btrfs_chunk) +
	       chunk_copies(chunk) * (u32)sizeof(struct btrfs_stripe);
}

void sprout_chunk_fill(const struct plan *p, const struct chunk *chunk, void *item)
{
	const u16 copies = (u16)chunk_copies(chunk);
	const struct btrfs_chunk body = {
		.length = to_le64(chunk->length),
		.owner = to_le64(BTRFS_EXTENT_TREE_OBJECTID),
		.stripe_len = to_le64(BTRFS_STRIPE_LEN),
		.type = to_le64(chunk->type),
		.io_align = to_le32(BTRFS_STRIPE_LEN),
		.io_width = to_le32(BTRFS_STRIPE_LEN),
		.sector_size = to_le32(BTRFS_SECTORSIZE),
		.num_stripes = to_le16(copies),
		.sub_stripes = to_le16(1),
	};
	u8 *at = mempcpy(item, &body, sizeof(body));
	for (u16 i = 0; i < copies; i++) {
		struct btrfs_stripe stripe = {
			.devid = to_le64(p->devid),
			.offset = to_le64(chunk->logical - p->shift + i * chunk->length),
		};
		memcpy(stripe.dev_uuid, p->ids.device_uuid, sizeof(stripe.dev_uuid));
		at = mempcpy(at, &stripe, sizeof(stripe));
	}
}

void change_chunk_tree(const struct plan *p, struct changes *changes)
{
	struct btrfs_key key = { BTRFS_DEV_ITEMS_OBJECTID, BTRFS_DEV_ITEM_KEY,
				 from_le64(p->seed.device_item.devid) };
	struct btrfs_dev_item device = seed_device_item(p);
	changes_set(changes, key, &device, sizeof(device));
	device = sprout_device_item(p);
	key.offset = p->devid;
	changes_set(changes, key, &device, sizeof(device));
	for (size_t i = 0; i < p->seed.nr_chunks; i++) {
		key = (struct btrfs_key){ BTRFS_FIRST_CHUNK_TREE_OBJECTID, BTRFS_CHUNK_ITEM_KEY,
					  p->seed.chunks[i].logical };
		if (seed_chunk_is_system(&p->seed.chunks[i]))
			changes_add(changes, CHANGE_REMOVE, key, 0);
	}
	for (size_t i = 0; i < p->layout.nr_chunks; i++) {
		const struct chunk *chunk = &p->layout.chunks[i];
		u8 item[CHUNK_ITEM_BYTES];
		sprout_chunk_fill(p, chunk, item);
		key.offset = chunk->logical;
		changes_set(changes, key, item, sprout_chunk_bytes(chunk));
	}
}

/* The extents of the seed's device that its SYSTEM chunks had. */
static void remove_device_extents(const struct plan *p, struct changes *changes)
{
	const u64 devid = from_le64(p->seed.device_item.devid);
	for (size_t i = 0; i < p->seed.nr_chunks; i++) {
		const struct seed_chunk *chunk = &p->seed.chunks[i];
		for (u32 copy = 0; seed_chunk_is_system(chunk) && copy < seed_chunk_stripes(chunk);
		     copy++)
			changes_add(changes, CHANGE_REMOVE,
				    (struct btrfs_key){ devid, BTRFS_DEV_EXTENT_KEY,
							chunk->physical[copy] },
				    0);
	}
}

void change_device_tree(const struct plan *p, struct changes *changes)
{
	for (size_t i = 0; i < p->layout.nr_chunks; i++) {
		const struct chunk *chunk = &p->layout.chunks[i];
		struct btrfs_dev_extent extent = {
			.chunk_tree = to_le64(BTRFS_CHUNK_TREE_OBJECTID),
			.chunk_objectid = to_le64(BTRFS_FIRST_CHUNK_TREE_OBJECTID),
			.chunk_offset = to_le64(chunk->logical),
			.length = to_le64(chunk->length),
		};
		memcpy(extent.chunk_tree_uuid, p->seed.chunk_tree_uuid,
		       sizeof(extent.chunk_tree_uuid));
		for (u32 copy = 0; copy < chunk_copies(chunk); copy++)
			changes_set(changes,
				    (struct btrfs_key){ p->devid, BTRFS_DEV_EXTENT_KEY,
							chunk->logical - p->shift +
								copy * chunk->length },
				    &extent, sizeof(extent));
	}
	remove_device_extents(p, changes);
}

void change_block_groups(const struct plan *p, struct changes *changes)
{
	for (size_t i = 0; i < p->seed.nr_chunks; i++) {
		const struct seed_chunk *chunk = &p->seed.chunks[i];
		const struct btrfs_key key = { chunk->logical, BTRFS_BLOCK_GROUP_ITEM_KEY,
					       chunk->length };
		if (seed_chunk_is_system(chunk))
			changes_add(changes, CHANGE_REMOVE, key, 0);
		else if (chunk->type & BTRFS_BLOCK_GROUP_METADATA)
			changes_add(changes, CHANGE_USED, key, plan_dead_in(p, chunk));
	}
	for (size_t i = 0; i < p->layout.nr_chunks; i++) {
		const struct chunk *chunk = &p->layout.chunks[i];
		const struct btrfs_block_group_item group = {
			.used = to_le64(chunk->used),
			.chunk_objectid = to_le64(BTRFS_FIRST_CHUNK_TREE_OBJECTID),
			.flags = to_le64(chunk->type),
		};
		changes_set(changes,
			    (struct btrfs_key){ chunk->logical, BTRFS_BLOCK_GROUP_ITEM_KEY,
						chunk->length },
			    &group, sizeof(group));
	}
}
