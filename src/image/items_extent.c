/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The extent tree: one item for each tree block (its own among them) and each
 * data extent, by address, and the block groups, unless they have a tree of their
 * own.
 */
#include "image/extent_items.h"
#include "items.h"

#include <stdlib.h>

struct extent_producer {
	const struct blueprint *bp;
	struct tree_writer *tw;
	size_t next_chunk;     /* whose block group item has not been added */
	size_t next_user;      /* in blueprint.leaf_users: the first of leaves not added yet */
	size_t next_ref;       /* in blueprint.refs: the first of extents not added yet */
	struct data_ref *refs; /* all of the current extent */
	size_t refs_capacity;
	size_t nr_refs;
};

static int add_block_group(struct tree_writer *tw, const struct chunk *chunk)
{
	struct btrfs_key key = { chunk->logical, BTRFS_BLOCK_GROUP_ITEM_KEY, chunk->length };
	const struct btrfs_block_group_item group = chunk_item_group(chunk);
	return tree_writer_put(tw, key, &group, sizeof(group));
}

/* Block groups that sort before an extent at @logical: their key type is the greater one. */
static int add_block_groups_before(struct extent_producer *p, u64 logical)
{
	const struct layout *layout = &p->bp->layout;
	if (p->bp->options.block_group_tree)
		return 0;
	while (p->next_chunk < layout->nr_chunks &&
	       layout->chunks[p->next_chunk].logical < logical) {
		int err = add_block_group(p->tw, &layout->chunks[p->next_chunk++]);
		if (err)
			return err;
	}
	return 0;
}

/* The other trees that share leaf number @leaf of @tree; called for ascending leaves. */
static struct leaf_users users_of(struct extent_producer *p, const struct planned_tree *tree,
				  u64 leaf)
{
	const struct leaf_users *all = &p->bp->leaf_users;
	const u32 owner = (u32)(tree - p->bp->trees);
	struct leaf_users users = { .nr = 0 };
	for (; p->next_user < all->nr; p->next_user++, users.nr++) {
		struct leaf_user *user = &all->list[p->next_user];
		if (user->owner != owner || user->leaf != leaf)
			break;
		if (!users.nr)
			users.list = user;
	}
	return users;
}

/* A block of @owner that @others share; refs are stored by id, descending. */
static int add_tree_block(struct extent_producer *p, u64 logical, u8 level, u64 owner,
			  const struct leaf_users *others)
{
	const struct leaf_user *users = others->list;
	const size_t nr = others->nr;
	const struct btrfs_extent_item extent = {
		.refs = to_le64(nr + 1),
		.generation = to_le64(p->bp->generation),
		.flags = to_le64(BTRFS_EXTENT_FLAG_TREE_BLOCK),
	};
	struct btrfs_extent_inline_ref ref = { .type = BTRFS_TREE_BLOCK_REF_KEY };
	static_assert(sizeof(ref) == 9, "no padding");
	/* The owner's id is the smallest. */
	const size_t nr_inline =
		min_u64(nr, extent_item_most_refs(p->bp->options.nodesize, sizeof(ref)) - 1);
	int err = add_block_groups_before(p, logical);
	if (err)
		return err;
	struct btrfs_key key = { logical, BTRFS_METADATA_ITEM_KEY, level };
	void *item;
	err = tree_writer_add(p->tw, key, (u32)(sizeof(extent) + (nr_inline + 1) * sizeof(ref)),
			      &item);
	if (err)
		return err;
	u8 *at = item;
	memcpy(at, &extent, sizeof(extent));
	at += sizeof(extent);
	for (size_t i = nr - nr_inline; i <= nr; i++, at += sizeof(ref)) {
		ref.offset = to_le64(i < nr ? users[i].user : owner);
		memcpy(at, &ref, sizeof(ref));
	}
	key.type = BTRFS_TREE_BLOCK_REF_KEY;
	for (size_t i = nr - nr_inline; i > 0 && !err; i--) {
		key.offset = users[i - 1].user;
		err = tree_writer_put(p->tw, key, "", 0);
	}
	return err;
}

static int add_tree_blocks(struct extent_producer *p, const struct planned_tree *tree)
{
	bool system = planned_tree_is_system(tree);
	u64 index = tree->first_block;
	for (u8 level = 0; level <= tree->shape.level; level++)
		for (u64 i = 0; i < tree->shape.nr_blocks[level]; i++) {
			u64 logical = layout_block(&p->bp->layout, system, index++);
			struct leaf_users users = { .nr = 0 };
			if (!level)
				users = users_of(p, tree, i);
			int err = add_tree_block(p, logical, level, tree->id, &users);
			if (err)
				return err;
		}
	return 0;
}

/* All references of the extent whose first one is @first, in the order of storage. */
static void gather_refs(struct extent_producer *p, const struct data_ref *first)
{
	const struct data_refs *all = &p->bp->refs;
	const size_t begin = p->next_ref;
	while (p->next_ref < all->nr && all->list[p->next_ref].extent == first->extent)
		p->next_ref++;
	p->nr_refs = p->next_ref - begin + 1;
	p->refs = mem_grow(p->refs, &p->refs_capacity, p->nr_refs, sizeof(*p->refs));
	p->refs[0] = *first;
	if (p->nr_refs == 1)
		return;
	memcpy(p->refs + 1, all->list + begin, (p->nr_refs - 1) * sizeof(*p->refs));
	qsort(p->refs, p->nr_refs, sizeof(*p->refs), data_refs_compare);
}

static int add_data_extent(struct extent_producer *p, const struct data_ref *first)
{
	const struct blob *b = &p->bp->content->blobs[first->extent];
	int err = add_block_groups_before(p, b->logical);
	if (err)
		return err;
	gather_refs(p, first);
	const struct data_extent extent = { b->logical, blob_extent_bytes(b), p->refs, p->nr_refs };
	return extent_item_put_data(p->tw, p->bp->options.nodesize, &extent);
}

static int add_data_extents(struct extent_producer *p)
{
	const struct blueprint *bp = p->bp;
	struct item_walk walk = item_walk_begin(bp->tree, bp->content);
	int err = 0;
	for (struct file_item item; !err && item_walk_next(&walk, &item);) {
		if (!walk.is_first || bp->content->blobs[item.blob].place == BLOB_INLINE)
			continue;
		const struct data_ref first = data_ref_of(bp->tree, walk.inode, &item);
		err = add_data_extent(p, &first);
	}
	xfree(p->refs);
	return err;
}

int produce_extent_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	struct extent_producer p = { .bp = bp, .tw = tw };
	int err = blueprint_produce_seed(bp, SEED_EXTENTS, tw);
	for (u32 i = 0; i < bp->nr_trees && !err; i++)
		err = add_tree_blocks(&p, &bp->trees[i]);
	if (!err)
		err = add_data_extents(&p);
	return err ? err : add_block_groups_before(&p, UINT64_MAX);
}

int produce_block_group_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	int err = blueprint_produce_seed(bp, SEED_GROUPS, tw);
	for (size_t i = 0; i < bp->layout.nr_chunks && !err; i++)
		err = add_block_group(tw, &bp->layout.chunks[i]);
	return err;
}
