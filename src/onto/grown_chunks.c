/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chunks in the chunk tree, the device tree and as block groups. The chunk tree is on the new device as
 * a whole. So the seed's SYSTEM chunks have no use any more: they end, as in a sprout that the kernel
 * makes.
 */
#include "grown_items.h"

/* The largest item: a chunk with two stripes. */
#define CHUNK_ITEM_BYTES (sizeof(struct btrfs_chunk) + 2 * sizeof(struct btrfs_stripe))

struct btrfs_dev_item grown_seed_device(const struct seed *seed, u32 nr)
{
	struct btrfs_dev_item item = seed->devices[nr].item;
	u64 used = from_le64(item.bytes_used);
	for (size_t i = 0; i < seed->nr_chunks; i++) {
		const struct seed_chunk *chunk = &seed->chunks[i];
		for (u32 copy = 0; copy < seed_chunk_stripes(chunk); copy++)
			if (seed_chunk_is_system(chunk) &&
			    chunk->devid[copy] == from_le64(item.devid))
				used -= chunk->length;
	}
	item.bytes_used = to_le64(used);
	/* The kernel opens a seed only if this generation is that of the seed's superblock. */
	item.generation = seed->devices[nr].super.generation;
	return item;
}

void change_chunk_tree(const struct plan *p, struct changes *changes)
{
	struct btrfs_key key = { BTRFS_DEV_ITEMS_OBJECTID, BTRFS_DEV_ITEM_KEY, p->devid };
	const struct layout_device device = plan_device(p);
	struct btrfs_dev_item device_item = chunk_item_device(&device, &p->layout);
	changes_set(changes, key, &device_item, sizeof(device_item));
	for (u32 i = 0; i < p->seed.nr_devices; i++) {
		device_item = grown_seed_device(&p->seed, i);
		key.offset = from_le64(device_item.devid);
		changes_set(changes, key, &device_item, sizeof(device_item));
	}
	for (size_t i = 0; i < p->seed.nr_chunks; i++) {
		key = (struct btrfs_key){ BTRFS_FIRST_CHUNK_TREE_OBJECTID, BTRFS_CHUNK_ITEM_KEY,
					  p->seed.chunks[i].logical };
		if (seed_chunk_is_system(&p->seed.chunks[i]))
			changes_add(changes, CHANGE_REMOVE, key, 0);
	}
	for (size_t i = 0; i < p->layout.nr_chunks; i++) {
		const struct chunk *chunk = &p->layout.chunks[i];
		u8 item[CHUNK_ITEM_BYTES];
		chunk_item_fill(&device, chunk, item);
		key.offset = chunk->logical;
		changes_set(changes, key, item, chunk_item_bytes(chunk));
	}
}

/* The extents of the seed's devices that its SYSTEM chunks had. */
static void remove_device_extents(const struct plan *p, struct changes *changes)
{
	for (size_t i = 0; i < p->seed.nr_chunks; i++) {
		const struct seed_chunk *chunk = &p->seed.chunks[i];
		for (u32 copy = 0; seed_chunk_is_system(chunk) && copy < seed_chunk_stripes(chunk);
		     copy++)
			changes_add(changes, CHANGE_REMOVE,
				    (struct btrfs_key){ chunk->devid[copy], BTRFS_DEV_EXTENT_KEY,
							chunk->physical[copy] },
				    0);
	}
}

void change_device_tree(const struct plan *p, struct changes *changes)
{
	const struct layout_device device = plan_device(p);
	for (size_t i = 0; i < p->layout.nr_chunks; i++) {
		const struct chunk *chunk = &p->layout.chunks[i];
		const struct btrfs_dev_extent extent = chunk_item_extent(&device, chunk);
		for (u32 copy = 0; copy < chunk_copies(chunk); copy++) {
			const struct btrfs_key key = { p->devid, BTRFS_DEV_EXTENT_KEY,
						       chunk_item_physical(&device, chunk, copy) };
			changes_set(changes, key, &extent, sizeof(extent));
		}
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
		const struct btrfs_block_group_item group = chunk_item_group(chunk);
		changes_set(changes,
			    (struct btrfs_key){ chunk->logical, BTRFS_BLOCK_GROUP_ITEM_KEY,
						chunk->length },
			    &group, sizeof(group));
	}
}
