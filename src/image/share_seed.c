/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A leaf of the seed is used again if the new tree has the same items from the leaf's first key to its
 * last one. Items before and behind go to leaves of the image.
 *
 * The extent tree has an item for each of its own leaves that is kept. So all are kept at first; those
 * that turn out to differ are not, which changes others, and so on.
 */
#include "share_seed.h"

#include "image/image_seed.h"
#include "leaf_items.h"
#include "trees.h"

struct seed_leaf {
	struct btrfs_key first, last;
	u64 logical, generation;
	bool is_equal;
};

/* One run over a tree: a sink of blocks. */
struct seed_scan {
	const struct blueprint *bp;
	const struct image_seed *seed;
	struct planned_tree *tree;
	enum seed_items items; /* unless it is a subvolume's tree */
	struct seed_leaf *leaves;
	size_t nr, at;   /* the leaf that is compared */
	const u8 *block; /* of that; NULL: it is not usable */
	u32 slot;        /* of its next item */
};

/* ---- leaves as they are on the seed ------------------------------------------------ */

static bool items_equal(const u8 *block_a, const struct btrfs_item *a, const u8 *block_b,
			const struct btrfs_item *b)
{
	const u32 bytes = from_le32(a->size);
	return !memcmp(&a->key, &b->key, sizeof(a->key)) && bytes == from_le32(b->size) &&
	       !memcmp(leaf_data(block_a, a), leaf_data(block_b, b), bytes);
}

/* Begin with the leaf s->at, or one behind it that is usable. */
static int begin_leaf(struct seed_scan *s)
{
	s->block = NULL;
	s->slot = 0;
	for (; s->at < s->nr; s->at++) {
		struct image_seed_leaf leaf;
		int err = s->seed->read_leaf(s->seed->context, s->tree->id, s->at, &leaf);
		if (err)
			return err;
		if (!leaf.block || !leaf_nr_items(leaf.block))
			continue;
		s->block = leaf.block;
		s->leaves[s->at] = (struct seed_leaf){
			.first = key_from_disk(&leaf_items(leaf.block)[0].key),
			.last = key_from_disk(
				&leaf_items(leaf.block)[leaf_nr_items(leaf.block) - 1].key),
			.logical = leaf.logical,
			.generation = leaf.generation,
			.is_equal = true,
		};
		return 0;
	}
	return 0;
}

static int end_leaf(struct seed_scan *s)
{
	struct seed_leaf *leaf = &s->leaves[s->at++];
	leaf->is_equal &= s->slot == leaf_nr_items(s->block);
	return begin_leaf(s);
}

/* ---- comparing --------------------------------------------------------------------- */

static int compare_item(struct seed_scan *s, const u8 *block, const struct btrfs_item *item)
{
	const struct btrfs_key key = key_from_disk(&item->key);
	int err = 0;
	while (!err && s->block && key_compare(&s->leaves[s->at].last, &key) < 0)
		err = end_leaf(s);
	if (err || !s->block || key_compare(&key, &s->leaves[s->at].first) < 0)
		return err;
	struct seed_leaf *leaf = &s->leaves[s->at];
	if (leaf->is_equal)
		leaf->is_equal = s->slot < leaf_nr_items(s->block) &&
				 items_equal(block, item, s->block, &leaf_items(s->block)[s->slot]);
	s->slot++;
	return 0;
}

static int compare_with_seed(void *context, u64 logical, u8 *block)
{
	int err = 0;
	(void)logical;
	if (!block_is_leaf(block))
		return 0;
	for (u32 i = 0; i < leaf_nr_items(block) && !err; i++)
		err = compare_item(context, block, &leaf_items(block)[i]);
	return err;
}

/* The items of the tree that the seed may have, too: a subvolume's all, else those of its own part. */
static int produce_items(const struct seed_scan *s, const struct block_sink *sink)
{
	struct tree_shape shape;
	if (s->tree->is_subvol)
		return trees_produce(s->bp, s->tree, sink, &shape);
	const struct tree_writer_options options = {
		.owner = s->tree->id,
		.ids = &s->bp->ids.block,
		.sink = sink,
	};
	struct tree_writer *tw = tree_writer_new(&options, s->bp->options.nodesize);
	int err = s->seed->produce(s->seed->context, s->items, tw);
	if (!err)
		err = tree_writer_finish(tw, &shape);
	tree_writer_free(tw);
	return err;
}

static int compare_tree(struct seed_scan *s)
{
	const struct block_sink sink = { .put = compare_with_seed, .context = s };
	s->at = 0;
	memset(s->leaves, 0, s->nr * sizeof(*s->leaves));
	int err = begin_leaf(s);
	if (!err)
		err = produce_items(s, &sink);
	while (!err && s->block)
		err = end_leaf(s);
	return err;
}

/* ---- trees ------------------------------------------------------------------------- */

static int begin_scan(struct blueprint *bp, struct planned_tree *tree, struct seed_scan *s)
{
	*s = (struct seed_scan){ .bp = bp, .seed = bp->options.grows_on, .tree = tree };
	int err = s->seed->count_leaves(s->seed->context, tree->id, &s->nr);
	s->leaves = xzalloc(s->nr * sizeof(*s->leaves));
	return err;
}

static void keep(const struct seed_scan *s, size_t nr, bool is_kept)
{
	s->seed->keep_leaf(s->seed->context, s->tree->id, nr, is_kept);
}

static void share_equal(const struct seed_scan *s)
{
	struct planned_tree *tree = s->tree;
	tree->shared = xmalloc(s->nr * sizeof(*tree->shared));
	for (size_t i = 0; i < s->nr; i++) {
		const struct seed_leaf *leaf = &s->leaves[i];
		if (leaf->is_equal)
			tree->shared[tree->nr_shared++] = (struct shared_leaf){
				.first = leaf->first,
				.last = leaf->last,
				.logical = leaf->logical,
				.generation = leaf->generation,
			};
		keep(s, i, leaf->is_equal);
	}
}

/* A tree that has no block of its own would be a leaf of the seed: a root, which is not shared. */
static int share_no_root(const struct seed_scan *s)
{
	struct tree_shape shape;
	int err = s->tree->nr_shared == 1 ? trees_produce(s->bp, s->tree, NULL, &shape) : 1;
	if (err || shape.total)
		return err < 0 ? err : 0;
	s->tree->nr_shared = 0;
	for (size_t i = 0; i < s->nr; i++)
		keep(s, i, false);
	return 0;
}

static int share_tree(struct blueprint *bp, struct planned_tree *tree, enum seed_items items)
{
	struct seed_scan s;
	int err = begin_scan(bp, tree, &s);
	s.items = items;
	if (!err && s.nr)
		err = compare_tree(&s);
	if (!err)
		share_equal(&s);
	if (!err)
		err = share_no_root(&s);
	xfree(s.leaves);
	return err;
}

static int share_extent_tree(struct blueprint *bp, struct planned_tree *tree)
{
	struct seed_scan s;
	int err = begin_scan(bp, tree, &s);
	bool *is_kept = xmalloc(s.nr * sizeof(*is_kept));
	bool changed = s.nr;
	s.items = SEED_EXTENTS;
	for (size_t i = 0; i < s.nr; i++) {
		is_kept[i] = true;
		keep(&s, i, true);
	}
	while (!err && changed) {
		changed = false;
		err = compare_tree(&s);
		for (size_t i = 0; i < s.nr && !err; i++) {
			if (!is_kept[i] || s.leaves[i].is_equal)
				continue;
			is_kept[i] = false;
			keep(&s, i, false);
			changed = true;
		}
	}
	/* A leaf that is not kept does not become equal again. */
	for (size_t i = 0; i < s.nr; i++)
		s.leaves[i].is_equal &= is_kept[i];
	if (!err)
		share_equal(&s);
	xfree(is_kept);
	xfree(s.leaves);
	return err;
}

int share_seed_leaves(struct blueprint *bp)
{
	struct planned_tree *extent = NULL;
	int err = 0;
	for (u32 i = 0; i < bp->nr_trees && !err; i++) {
		struct planned_tree *tree = &bp->trees[i];
		if (tree->id == BTRFS_EXTENT_TREE_OBJECTID)
			extent = tree;
		else if (tree->is_subvol || tree->id == BTRFS_CSUM_TREE_OBJECTID)
			err = share_tree(bp, tree, SEED_SUMS);
	}
	assert(extent); /* every image has this tree */
	return err ? err : share_extent_tree(bp, extent);
}
