/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/chunk_items.h"

struct btrfs_dev_item chunk_item_device(const struct layout_device *device,
					const struct layout *layout)
{
	u64 used = 0;
	for (size_t i = 0; i < layout->nr_chunks; i++)
		used += layout->chunks[i].length * chunk_copies(&layout->chunks[i]);
	struct btrfs_dev_item item = {
		.devid = to_le64(device->devid),
		.total_bytes = to_le64(device->total_bytes),
		.bytes_used = to_le64(used),
		.io_align = to_le32(BTRFS_SECTORSIZE),
		.io_width = to_le32(BTRFS_SECTORSIZE),
		.sector_size = to_le32(BTRFS_SECTORSIZE),
	};
	memcpy(item.uuid, device->uuid, sizeof(item.uuid));
	memcpy(item.fsid, device->ids->fsid, sizeof(item.fsid));
	return item;
}

u32 chunk_item_bytes(const struct chunk *chunk)
{
	return (u32)sizeof(struct btrfs_chunk) +
	       chunk_copies(chunk) * (u32)sizeof(struct btrfs_stripe);
}

void chunk_item_fill(const struct layout_device *device, const struct chunk *chunk, void *item)
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
		.sub_stripes = to_le16(copies == 1 ? device->single_sub_stripes : 1),
	};
	u8 *at = mempcpy(item, &body, sizeof(body));
	for (u32 copy = 0; copy < copies; copy++) {
		struct btrfs_stripe stripe = {
			.devid = to_le64(device->devid),
			.offset = to_le64(chunk_item_physical(device, chunk, copy)),
		};
		memcpy(stripe.dev_uuid, device->uuid, sizeof(stripe.dev_uuid));
		at = mempcpy(at, &stripe, sizeof(stripe));
	}
}

u32 chunk_item_array(const struct layout_device *device, const struct layout *layout, u8 *array)
{
	const struct chunk *chunk = &layout->chunks[0];
	const struct btrfs_disk_key key = key_to_disk((struct btrfs_key){
		BTRFS_FIRST_CHUNK_TREE_OBJECTID, BTRFS_CHUNK_ITEM_KEY, chunk->logical });
	memcpy(array, &key, sizeof(key));
	chunk_item_fill(device, chunk, array + sizeof(key));
	return (u32)sizeof(key) + chunk_item_bytes(chunk);
}

u64 chunk_item_physical(const struct layout_device *device, const struct chunk *chunk, u32 copy)
{
	return chunk->logical - device->shift + copy * chunk->length;
}

struct btrfs_dev_extent chunk_item_extent(const struct layout_device *device,
					  const struct chunk *chunk)
{
	struct btrfs_dev_extent extent = {
		.chunk_tree = to_le64(BTRFS_CHUNK_TREE_OBJECTID),
		.chunk_objectid = to_le64(BTRFS_FIRST_CHUNK_TREE_OBJECTID),
		.chunk_offset = to_le64(chunk->logical),
		.length = to_le64(chunk->length),
	};
	memcpy(extent.chunk_tree_uuid, device->ids->chunk_tree_uuid,
	       sizeof(extent.chunk_tree_uuid));
	return extent;
}

struct btrfs_block_group_item chunk_item_group(const struct chunk *chunk)
{
	return (struct btrfs_block_group_item){
		.used = to_le64(chunk->used),
		.chunk_objectid = to_le64(BTRFS_FIRST_CHUNK_TREE_OBJECTID),
		.flags = to_le64(chunk->type),
	};
}
