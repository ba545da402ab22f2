/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/extent_items.h"

/* The kernel's limit is BTRFS_MAX_EXTENT_ITEM_SIZE. */
size_t extent_item_most_refs(u32 nodesize, size_t bytes)
{
	const u32 item = btrfs_block_payload(nodesize) / 16 - (u32)sizeof(struct btrfs_item);
	return (item - sizeof(struct btrfs_extent_item)) / bytes;
}

static struct btrfs_extent_data_ref ref_to_disk(const struct data_ref *ref)
{
	return (struct btrfs_extent_data_ref){
		.root = to_le64(ref->root),
		.objectid = to_le64(ref->ino),
		.offset = to_le64(ref->offset),
		.count = to_le32(ref->count),
	};
}

/* The EXTENT_ITEM, with the first @nr_inline references in it. */
static int put_extent_item(struct tree_writer *tw, const struct data_extent *e, size_t nr_inline)
{
	struct btrfs_extent_item extent = {
		.generation = to_le64(GENERATION),
		.flags = to_le64(BTRFS_EXTENT_FLAG_DATA),
	};
	u64 count = 0;
	void *item;
	struct btrfs_key key = { e->logical, BTRFS_EXTENT_ITEM_KEY, e->bytes };
	const size_t ref_bytes = 1 + sizeof(struct btrfs_extent_data_ref);
	int err = tree_writer_add(tw, key, (u32)(sizeof(extent) + nr_inline * ref_bytes), &item);
	if (err)
		return err;
	for (size_t i = 0; i < e->nr_refs; i++)
		count += e->refs[i].count;
	extent.refs = to_le64(count);
	memcpy(item, &extent, sizeof(extent));
	u8 *at = (u8 *)item + sizeof(extent);
	for (size_t i = 0; i < nr_inline; i++) {
		const struct btrfs_extent_data_ref ref = ref_to_disk(&e->refs[i]);
		*at++ = BTRFS_EXTENT_DATA_REF_KEY;
		memcpy(at, &ref, sizeof(ref));
		at += sizeof(ref);
	}
	return 0;
}

/* The other references are items, ascending by hash; equal hashes are counted up. */
static int put_keyed_refs(struct tree_writer *tw, const struct data_extent *e, size_t nr_inline)
{
	struct btrfs_key key = { e->logical, BTRFS_EXTENT_DATA_REF_KEY, 0 };
	for (size_t i = e->nr_refs; i > nr_inline; i--) {
		const struct btrfs_extent_data_ref ref = ref_to_disk(&e->refs[i - 1]);
		key.offset = i == e->nr_refs ? e->refs[i - 1].hash
					     : max_u64(e->refs[i - 1].hash, key.offset + 1);
		int err = tree_writer_put(tw, key, &ref, sizeof(ref));
		if (err)
			return err;
	}
	return 0;
}

int extent_item_put_data(struct tree_writer *tw, u32 nodesize, const struct data_extent *extent)
{
	const size_t most =
		extent_item_most_refs(nodesize, 1 + sizeof(struct btrfs_extent_data_ref));
	const size_t nr_inline = min_u64(extent->nr_refs, most);
	int err = put_extent_item(tw, extent, nr_inline);
	return err ? err : put_keyed_refs(tw, extent, nr_inline);
}

struct extent_block_item extent_item_block(u64 owner, u64 generation)
{
	return (struct extent_block_item){
		.extent = {
			.refs = to_le64(1),
			.generation = to_le64(generation),
			.flags = to_le64(BTRFS_EXTENT_FLAG_TREE_BLOCK),
		},
		.ref = { .type = BTRFS_TREE_BLOCK_REF_KEY, .offset = to_le64(owner) },
	};
}
