/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree as blocks, for those who make another tree of it: which blocks it has, and the items of one
 * leaf at a time. Nodes are read at once, leaves when their items are wanted.
 */
#ifndef READ_RAW_TREE_H
#define READ_RAW_TREE_H

#include "read/filesystem.h"

struct raw_leaf {
	struct btrfs_key first; /* its first key; the least key for the first leaf of a tree */
	u64 bytenr;
	u64 generation;
};

struct raw_node {
	u64 bytenr;
	u8 level; /* at least 1 */
};

struct raw_tree {
	struct filesystem *fs;
	struct filesystem_tree tree;
	struct raw_leaf *leaves; /* ascending by key; at least one */
	size_t nr_leaves, leaves_capacity;
	struct raw_node *nodes;
	size_t nr_nodes, nodes_capacity;
	struct block *loaded; /* of raw_tree_load(), or NULL */
};

/*
 * raw_tree_open - read all nodes of @tree
 * Takes about 40 bytes of memory for each block of the tree. Returns 0, or a negative errno after
 * printing; release with raw_tree_close() in any case.
 */
int raw_tree_open(struct raw_tree *raw, struct filesystem *fs, const struct filesystem_tree *tree);
void raw_tree_close(struct raw_tree *raw); /* zeros are fine */

/* raw_tree_load - read leaf @nr, from 0; 0, or a negative errno after printing */
int raw_tree_load(struct raw_tree *raw, size_t nr);

/* raw_tree_find - the leaf that has @key, if the tree has it */
size_t raw_tree_find(const struct raw_tree *raw, const struct btrfs_key *key);

/* Of the leaf that is loaded: how many items; their keys; their bytes, until the next is loaded. */
u32 raw_tree_nr_items(const struct raw_tree *raw);
struct btrfs_key raw_tree_key(const struct raw_tree *raw, u32 slot);
const void *raw_tree_item(const struct raw_tree *raw, u32 slot, u32 *bytes);

/* raw_tree_copy - leaf @nr as a whole, to @block; another one stays loaded. Returns as raw_tree_load(). */
int raw_tree_copy(const struct raw_tree *raw, size_t nr, u8 *block);

#endif
