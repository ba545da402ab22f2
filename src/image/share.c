/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Equal leaves are found by two runs of the producer for each layer. The first run has no shared
 * leaves. For each leaf of the tree before, it hashes this tree's items from the leaf's first key
 * to its last key. The second run makes the leaves of this tree that are not shared, and hashes
 * them for the tree after it.
 *
 * Items hold addresses, and these are not final yet. But items that are equal with one set of
 * addresses are equal with any other set, as long as different extents have different addresses.
 * So provisional addresses are enough.
 */
#include "share.h"

#include "disk/checksum.h"
#include "leaf_items.h"
#include "trees.h"

#include <stdlib.h>

#define HASH_BYTES 32

/* A leaf of a tree, its own or shared. */
struct leaf {
	struct btrfs_key first, last;
	u32 owner; /* index into blueprint.trees */
	u64 index; /* among the owner's leaves */
	u8 hash[HASH_BYTES];
	bool is_equal; /* the current tree has the same items */
};

struct leaves {
	struct leaf *list;
	size_t nr, capacity;
};

/* The items of the current leaf, or of this tree where that leaf is. */
struct gathered {
	u8 *bytes;
	u32 nr, limit;
	bool too_many;
};

/* One run over a tree: a sink of blocks. */
struct leaf_scan {
	u32 owner; /* of the tree, index into blueprint.trees */
	struct gathered items;
	struct leaves *leaves; /* compared, or made */
	size_t at;             /* the current leaf, while comparing */
	u64 nr_leaves;         /* made */
};

static void gathered_add(struct gathered *g, const void *bytes, u32 nr)
{
	if (g->nr + nr > g->limit) {
		g->too_many = true;
		return;
	}
	memcpy(g->bytes + g->nr, bytes, nr);
	g->nr += nr;
}

static void gathered_add_item(struct gathered *g, const u8 *block, const struct btrfs_item *item)
{
	gathered_add(g, &item->key, sizeof(item->key));
	gathered_add(g, &item->size, sizeof(item->size));
	gathered_add(g, leaf_data(block, item), from_le32(item->size));
}

/* Hash the items, and begin with none. False if they were more than a leaf holds. */
static bool gathered_hash(struct gathered *g, u8 hash[HASH_BYTES])
{
	bool fits = !g->too_many;
	struct sha256 *sha = sha256_new();
	sha256_add(sha, g->bytes, g->nr);
	sha256_finish(sha, hash);
	g->nr = 0;
	g->too_many = false;
	return fits;
}

/* ---- the first run: comparing ------------------------------------------------------- */

static void end_comparison(struct leaf_scan *r)
{
	struct leaf *leaf = &r->leaves->list[r->at++];
	u8 hash[HASH_BYTES];
	leaf->is_equal = gathered_hash(&r->items, hash) && !memcmp(hash, leaf->hash, sizeof(hash));
}

static int compare_block(void *context, u64 logical, u8 *block)
{
	struct leaf_scan *r = context;
	const struct leaves *base = r->leaves;
	(void)logical;
	if (!block_is_leaf(block))
		return 0;
	for (u32 i = 0; i < leaf_nr_items(block); i++) {
		const struct btrfs_item *item = &leaf_items(block)[i];
		const struct btrfs_key key = key_from_disk(&item->key);
		while (r->at < base->nr && key_compare(&base->list[r->at].last, &key) < 0)
			end_comparison(r);
		if (r->at < base->nr && key_compare(&base->list[r->at].first, &key) <= 0)
			gathered_add_item(&r->items, block, item);
	}
	return 0;
}

/* ---- the second run: this tree's leaves ------------------------------------------------ */

static struct leaf *leaves_add(struct leaves *leaves)
{
	leaves->list =
		mem_grow(leaves->list, &leaves->capacity, leaves->nr + 1, sizeof(*leaves->list));
	return &leaves->list[leaves->nr++];
}

static int note_block(void *context, u64 logical, u8 *block)
{
	struct leaf_scan *r = context;
	const u32 nr = leaf_nr_items(block);
	(void)logical;
	if (!block_is_leaf(block))
		return 0;
	for (u32 i = 0; i < nr; i++)
		gathered_add_item(&r->items, block, &leaf_items(block)[i]);
	struct leaf *leaf = leaves_add(r->leaves);
	*leaf = (struct leaf){ .first = key_from_disk(&leaf_items(block)[0].key),
			       .last = key_from_disk(&leaf_items(block)[nr - 1].key),
			       .owner = r->owner,
			       .index = r->nr_leaves++ };
	bool fits = gathered_hash(&r->items, leaf->hash);
	assert(fits);
	return 0;
}

static int compare_leaves(const void *a, const void *b)
{
	return key_compare(&((const struct leaf *)a)->first, &((const struct leaf *)b)->first);
}

/* ---- trees, one after the other ---------------------------------------------------------- */

static int scan_tree(struct blueprint *bp, u32 nr, struct leaves *leaves,
		     int (*put)(void *context, u64 logical, u8 *block), struct tree_shape *shape)
{
	/* Of a header only the key and the size are gathered: this is enough for a leaf. */
	struct leaf_scan r = { .owner = nr,
			       .leaves = leaves,
			       .items = { .limit = btrfs_block_payload(bp->options.nodesize) } };
	struct block_sink sink = { .put = put, .context = &r };
	r.items.bytes = xmalloc(r.items.limit);
	int err = trees_produce(bp, &bp->trees[nr], &sink, shape);
	while (!err && put == compare_block && r.at < leaves->nr)
		end_comparison(&r);
	xfree(r.items.bytes);
	return err;
}

static void share(struct blueprint *bp, struct planned_tree *tree, const struct leaf *leaf)
{
	tree->shared[tree->nr_shared++] = (struct shared_leaf){
		.first = leaf->first,
		.last = leaf->last,
		.first_block = &bp->trees[leaf->owner].first_block,
		.index = leaf->index,
	};
}

static void note_user(struct blueprint *bp, const struct planned_tree *tree,
		      const struct leaf *leaf)
{
	struct leaf_users *users = &bp->leaf_users;
	users->list = mem_grow(users->list, &users->capacity, users->nr + 1, sizeof(*users->list));
	users->list[users->nr++] = (struct leaf_user){ leaf->owner, leaf->index, tree->id };
}

/* Let the tree number @nr share leaves with the one before it, whose leaves are replaced. */
static int share_with(struct blueprint *bp, u32 nr, struct leaves *base)
{
	struct planned_tree *tree = &bp->trees[nr];
	struct leaves leaves = { .nr = 0 };
	struct tree_shape shape;
	int err = scan_tree(bp, nr, base, compare_block, &shape);
	tree->shared = xmalloc(base->nr * sizeof(*tree->shared));
	/* A tree of one leaf shares none: the leaf is its root. */
	for (size_t i = 0; i < base->nr && !err && shape.level; i++)
		if (base->list[i].is_equal)
			share(bp, tree, &base->list[i]);
	if (!err)
		err = scan_tree(bp, nr, &leaves, note_block, &shape);
	for (size_t i = 0; i < base->nr && !err; i++) {
		if (!tree->nr_shared || !base->list[i].is_equal)
			continue;
		note_user(bp, tree, &base->list[i]);
		*leaves_add(&leaves) = base->list[i];
	}
	if (leaves.nr)
		qsort(leaves.list, leaves.nr, sizeof(*leaves.list), compare_leaves);
	if (leaves.nr == 1) /* a root */
		leaves.nr = 0;
	xfree(base->list);
	*base = leaves;
	return err;
}

static int compare_users(const void *a, const void *b)
{
	const struct leaf_user *x = a, *y = b;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->leaf != y->leaf)
		return x->leaf < y->leaf ? -1 : 1;
	return x->user > y->user ? -1 : x->user < y->user;
}

int share_leaves(struct blueprint *bp)
{
	struct leaves leaves = { .nr = 0 };
	int err = 0;
	for (u32 i = 1; i < bp->nr_subvols && !err; i++)
		err = share_with(bp, bp->first_subvol_tree + i - 1, &leaves);
	xfree(leaves.list);
	if (bp->leaf_users.nr)
		qsort(bp->leaf_users.list, bp->leaf_users.nr, sizeof(*bp->leaf_users.list),
		      compare_users);
	return err;
}
