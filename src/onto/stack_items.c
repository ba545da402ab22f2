/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the trees of an image say of the seed that it grows on. */
#include "grown_items.h"
#include "stack_private.h"

#include "base/diag.h"
#include "disk/checksum.h"
#include "disk/super_mirror.h"
#include "image/extent_items.h"

/* Call @each for all items of a tree of the seed. */
static int for_each_item(struct stack *s, u64 id,
			 int (*each)(struct stack *s, struct tree_writer *tw, struct btrfs_key key,
				     const void *item, u32 bytes),
			 struct tree_writer *tw)
{
	struct stack_tree *tree;
	int err = stack_trees_find(s, id, &tree);
	for (size_t leaf = 0; !err && tree->exists && leaf < tree->raw.nr_leaves; leaf++) {
		err = raw_tree_load(&tree->raw, leaf);
		for (u32 i = 0; !err && i < raw_tree_nr_items(&tree->raw); i++) {
			u32 bytes;
			const void *item = raw_tree_item(&tree->raw, i, &bytes);
			err = each(s, tw, raw_tree_key(&tree->raw, i), item, bytes);
		}
	}
	return err;
}

/* ---- chunks ------------------------------------------------------------------------ */

static int produce_devices(struct stack *s, struct tree_writer *tw)
{
	int err = 0;
	for (u32 i = 0; i < s->seed.nr_devices && !err; i++) {
		const struct btrfs_dev_item item = grown_seed_device(&s->seed, i);
		const struct btrfs_key key = { BTRFS_DEV_ITEMS_OBJECTID, BTRFS_DEV_ITEM_KEY,
					       from_le64(item.devid) };
		err = tree_writer_put(tw, key, &item, sizeof(item));
	}
	return err;
}

/* The chunk tree is on the new device as a whole: the seed's SYSTEM chunks have no use any more. */
static bool chunk_stays(const struct stack *s, u64 logical)
{
	const struct seed_chunk *chunk = seed_find_chunk(&s->seed, logical, 0);
	return chunk && chunk->logical == logical && !seed_chunk_is_system(chunk);
}

static int put_chunk(struct stack *s, struct tree_writer *tw, struct btrfs_key key,
		     const void *item, u32 bytes)
{
	if (key.objectid != BTRFS_FIRST_CHUNK_TREE_OBJECTID || key.type != BTRFS_CHUNK_ITEM_KEY ||
	    !chunk_stays(s, key.offset))
		return 0;
	return tree_writer_put(tw, key, item, bytes);
}

static int put_device_extent(struct stack *s, struct tree_writer *tw, struct btrfs_key key,
			     const void *item, u32 bytes)
{
	const struct btrfs_dev_extent *extent = item;
	if (key.type != BTRFS_DEV_EXTENT_KEY || bytes != sizeof(*extent) ||
	    key.objectid > seed_last_devid(&s->seed) ||
	    !chunk_stays(s, from_le64(extent->chunk_offset)))
		return 0;
	return tree_writer_put(tw, key, item, bytes);
}

static int put_group(const struct stack *s, struct tree_writer *tw, const struct seed_chunk *chunk)
{
	const struct btrfs_key key = { chunk->logical, BTRFS_BLOCK_GROUP_ITEM_KEY, chunk->length };
	const struct btrfs_block_group_item group = {
		.used = to_le64(in_use_bytes(s, chunk)),
		.chunk_objectid = to_le64(BTRFS_FIRST_CHUNK_TREE_OBJECTID),
		.flags = to_le64(chunk->type),
	};
	return seed_chunk_is_system(chunk) ? 0 : tree_writer_put(tw, key, &group, sizeof(group));
}

static int produce_groups(struct stack *s, struct tree_writer *tw)
{
	int err = 0;
	for (size_t i = 0; i < s->seed.nr_chunks && !err; i++)
		err = put_group(s, tw, &s->seed.chunks[i]);
	return err;
}

/* ---- extents ----------------------------------------------------------------------- */

static int put_used(const struct stack *s, struct tree_writer *tw, const struct used_extent *e)
{
	if (e->owner) {
		const struct extent_block_item item = extent_item_block(e->owner, e->generation);
		const struct btrfs_key key = { e->logical, BTRFS_METADATA_ITEM_KEY, 0 };
		return tree_writer_put(tw, key, &item, sizeof(item));
	}
	const struct data_extent extent = { e->logical, e->bytes, s->refs.list + e->first_ref,
					    e->nr_refs };
	return extent_item_put_data(tw, s->seed.nodesize, &extent);
}

/* A block group's item comes behind that of an extent at its beginning. */
static int produce_extents(struct stack *s, struct tree_writer *tw)
{
	const size_t nr_groups = s->seed.has_block_group_tree ? 0 : s->seed.nr_chunks;
	size_t group = 0;
	int err = 0;
	for (size_t i = 0; i < s->used.nr && !err; i++) {
		const struct used_extent *e = &s->used.list[i];
		while (!err && group < nr_groups && s->seed.chunks[group].logical < e->logical)
			err = put_group(s, tw, &s->seed.chunks[group++]);
		if (!err)
			err = put_used(s, tw, e);
	}
	while (!err && group < nr_groups)
		err = put_group(s, tw, &s->seed.chunks[group++]);
	return err;
}

/* ---- checksums --------------------------------------------------------------------- */

/* Of each item the parts that are of data in use; so items that are in use as a whole stay. */
static int put_sums(struct stack *s, struct tree_writer *tw, struct btrfs_key key, const void *item,
		    u32 bytes)
{
	const u32 sum_bytes =
		checksum_size((enum btrfs_csum_type)from_le16(s->seed.super.csum_type));
	const u64 end = key.offset + (u64)(bytes / sum_bytes) * BTRFS_SECTORSIZE;
	const u8 *sums = item;
	int err = 0;
	if (key.objectid != BTRFS_EXTENT_CSUM_OBJECTID || key.type != BTRFS_EXTENT_CSUM_KEY)
		return 0;
	for (size_t i = in_use_first(&s->data, key.offset);
	     !err && i < s->data.nr && s->data.list[i].logical < end;) {
		const u64 from = max_u64(s->data.list[i].logical, key.offset);
		u64 to = from;
		if (from < s->sums_end)
			return fail(-EIO, "%s: the checksum of the data at %llu is there twice",
				    s->seed.name, (unsigned long long)from);
		for (; i < s->data.nr && s->data.list[i].logical <= to && to < end; i++)
			to = min_u64(s->data.list[i].logical + s->data.list[i].bytes, end);
		s->sums_end = to;
		const struct btrfs_key part = { key.objectid, key.type, from };
		err = tree_writer_put(tw, part,
				      sums + (from - key.offset) / BTRFS_SECTORSIZE * sum_bytes,
				      (u32)((to - from) / BTRFS_SECTORSIZE) * sum_bytes);
	}
	return err;
}

/* ---- free space -------------------------------------------------------------------- */

struct free_ranges {
	struct free_range *list;
	size_t nr, capacity;
};

static void add_free_range(struct free_ranges *free, u64 begin, u64 end)
{
	if (begin >= end)
		return;
	free->list = mem_grow(free->list, &free->capacity, free->nr + 1, sizeof(*free->list));
	free->list[free->nr++] = (struct free_range){ begin, end };
}

/* Where copies of the superblock are in a chunk nothing is free. Returns the end of that which
 * @logical is in, or else where the next one begins. */
static u64 pass_super(const struct seed_chunk *chunk, u64 logical, bool *is_in)
{
	u64 next = chunk->logical + chunk->length;
	*is_in = false;
	for (u32 copy = 0; copy < seed_chunk_stripes(chunk); copy++)
		for (u32 i = 0; i < BTRFS_SUPER_MIRROR_MAX; i++) {
			const u64 at = btrfs_sb_offset(i), begin = chunk->physical[copy];
			if (at + BTRFS_STRIPE_LEN <= begin || at >= begin + chunk->length)
				continue;
			const u64 from = chunk->logical + (at > begin ? at - begin : 0);
			const u64 end = chunk->logical + (at + BTRFS_STRIPE_LEN - begin);
			if (from <= logical && logical < end) {
				*is_in = true;
				return end;
			}
			if (from > logical)
				next = min_u64(next, from);
		}
	return next;
}

static void add_free_parts(struct free_ranges *free, const struct seed_chunk *chunk, u64 begin,
			   u64 end)
{
	while (begin < end) {
		bool is_super;
		const u64 next = min_u64(pass_super(chunk, begin, &is_super), end);
		if (!is_super)
			add_free_range(free, begin, next);
		begin = next;
	}
}

static int put_free_space(const struct stack *s, struct tree_writer *tw,
			  const struct seed_chunk *chunk)
{
	const u64 end = chunk->logical + chunk->length;
	struct free_ranges free = { .nr = 0 };
	u64 at = chunk->logical;
	for (size_t i = in_use_first(&s->used, at); i < s->used.nr && s->used.list[i].logical < end;
	     i++) {
		add_free_parts(&free, chunk, at, s->used.list[i].logical);
		at = s->used.list[i].logical + s->used.list[i].bytes;
	}
	add_free_parts(&free, chunk, at, end);
	int err = free_space_put_group(tw, chunk->logical, chunk->length, free.list, free.nr);
	xfree(free.list);
	return err;
}

static int produce_free(struct stack *s, struct tree_writer *tw)
{
	int err = 0;
	for (size_t i = 0; i < s->seed.nr_chunks && !err; i++)
		if (!seed_chunk_is_system(&s->seed.chunks[i]))
			err = put_free_space(s, tw, &s->seed.chunks[i]);
	return err;
}

int stack_produce(void *context, enum seed_items items, struct tree_writer *tw)
{
	struct stack *s = context;
	int err = in_use_list(s);
	if (err)
		return err;
	switch (items) {
	case SEED_DEVICES:
		return produce_devices(s, tw);
	case SEED_CHUNKS:
		return for_each_item(s, BTRFS_CHUNK_TREE_OBJECTID, put_chunk, tw);
	case SEED_DEVICE_EXTENTS:
		return for_each_item(s, BTRFS_DEV_TREE_OBJECTID, put_device_extent, tw);
	case SEED_EXTENTS:
		return produce_extents(s, tw);
	case SEED_SUMS:
		s->sums_end = 0;
		return for_each_item(s, BTRFS_CSUM_TREE_OBJECTID, put_sums, tw);
	case SEED_FREE_SPACE:
		return produce_free(s, tw);
	case SEED_GROUPS:
		return produce_groups(s, tw);
	}
	return 0;
}
