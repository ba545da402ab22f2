/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The extent tree: one item for each tree block (its own among them) and each
 * data extent, by address, and the block groups, unless they have a tree of their
 * own.
 */
#include "model/extent_walk.h"
#include "plan.h"

struct producer {
	const struct plan *plan;
	struct tree_writer *tw;
	size_t next_chunk; /* whose block group item has not been added */
};

static int add_block_group(struct tree_writer *tw, const struct chunk *chunk)
{
	struct btrfs_key key = { chunk->logical, BTRFS_BLOCK_GROUP_ITEM_KEY, chunk->length };
	void *item;
	int err = tree_writer_add(tw, key, sizeof(struct btrfs_block_group_item), &item);
	if (err)
		return err;
	*(struct btrfs_block_group_item *)item = (struct btrfs_block_group_item){
		.used = to_le64(chunk->used),
		.chunk_objectid = to_le64(BTRFS_FIRST_CHUNK_TREE_OBJECTID),
		.flags = to_le64(chunk->type),
	};
	return 0;
}

/* Block groups that sort before an extent at @logical: their key type is the greater one. */
static int add_block_groups_before(struct producer *p, u64 logical)
{
	const struct layout *layout = &p->plan->layout;
	if (p->plan->options.block_group_tree)
		return 0;
	while (p->next_chunk < layout->nr_chunks &&
	       layout->chunks[p->next_chunk].logical < logical) {
		int err = add_block_group(p->tw, &layout->chunks[p->next_chunk++]);
		if (err)
			return err;
	}
	return 0;
}

static int add_tree_block(struct producer *p, u64 logical, u8 level, u64 owner)
{
	struct {
		struct btrfs_extent_item extent;
		struct btrfs_extent_inline_ref ref;
	} block = {
		.extent = { .refs = to_le64(1),
			    .generation = to_le64(GENERATION),
			    .flags = to_le64(BTRFS_EXTENT_FLAG_TREE_BLOCK) },
		.ref = { .type = BTRFS_TREE_BLOCK_REF_KEY, .offset = to_le64(owner) },
	};
	static_assert(sizeof(block) == 33, "no padding");
	int err = add_block_groups_before(p, logical);
	if (err)
		return err;
	struct btrfs_key key = { logical, BTRFS_METADATA_ITEM_KEY, level };
	void *item;
	err = tree_writer_add(p->tw, key, sizeof(block), &item);
	if (!err)
		memcpy(item, &block, sizeof(block));
	return err;
}

static int add_tree_blocks(struct producer *p, const struct planned_tree *tree)
{
	bool system = plan_tree_is_system(tree);
	u64 index = tree->first_block;
	for (u8 level = 0; level <= tree->shape.level; level++)
		for (u64 i = 0; i < tree->shape.nr_blocks[level]; i++) {
			u64 logical = layout_block(&p->plan->layout, system, index++);
			int err = add_tree_block(p, logical, level, tree->id);
			if (err)
				return err;
		}
	return 0;
}

static int add_data_extent(struct producer *p, const struct extent_walk *walk,
			   const struct extent *e)
{
	struct {
		struct btrfs_extent_item extent;
		u8 type;
		struct btrfs_extent_data_ref ref;
	} data = {
		.extent = { .refs = to_le64(1),
			    .generation = to_le64(GENERATION),
			    .flags = to_le64(BTRFS_EXTENT_FLAG_DATA) },
		.type = BTRFS_EXTENT_DATA_REF_KEY,
		.ref = { .root = to_le64(walk->root),
			 .objectid = to_le64(walk->inode->ino),
			 .offset = to_le64(e->file_off),
			 .count = to_le32(1) },
	};
	static_assert(sizeof(data) == 53, "no padding");
	int err = add_block_groups_before(p, e->logical);
	if (err)
		return err;
	struct btrfs_key key = { e->logical, BTRFS_EXTENT_ITEM_KEY, e->stored_bytes };
	void *item;
	err = tree_writer_add(p->tw, key, sizeof(data), &item);
	if (!err)
		memcpy(item, &data, sizeof(data));
	return err;
}

static int add_data_extents(struct producer *p)
{
	struct extent_walk walk = extent_walk_begin(p->plan->tree, p->plan->content);
	for (const struct extent *e; (e = extent_walk_next_stored(&walk));) {
		int err = add_data_extent(p, &walk, e);
		if (err)
			return err;
	}
	return 0;
}

int produce_extent_tree(const struct plan *plan, struct tree_writer *tw)
{
	struct producer p = { .plan = plan, .tw = tw };
	for (u32 i = 0; i < plan->nr_trees; i++) {
		int err = add_tree_blocks(&p, &plan->trees[i]);
		if (err)
			return err;
	}
	int err = add_data_extents(&p);
	return err ? err : add_block_groups_before(&p, UINT64_MAX);
}

int produce_block_group_tree(const struct plan *plan, struct tree_writer *tw)
{
	for (size_t i = 0; i < plan->layout.nr_chunks; i++) {
		int err = add_block_group(tw, &plan->layout.chunks[i]);
		if (err)
			return err;
	}
	return 0;
}
