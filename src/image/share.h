/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers' trees share the leaves that are equal, as snapshots do. A leaf belongs to the first tree
 * that has it; later ones lead to it from nodes of their own. Nodes are not shared: they are 1 of
 * some hundred blocks. Nor are roots, since a root is its own tree's.
 */
#ifndef IMAGE_SHARE_H
#define IMAGE_SHARE_H

#include "tree_writer.h"

#include "model/file_item.h"

struct blueprint;

/* A leaf's owner, and a tree that has it too. */
struct leaf_user {
	u32 owner; /* index into blueprint.trees */
	u64 leaf;  /* number among the owner's leaves */
	u64 user;  /* id of the other tree */
};

struct leaf_users {
	struct leaf_user *list; /* by owner, leaf, then users descending */
	size_t nr, capacity;
};

/*
 * share_leaves - find the leaves that trees of layers share: planned_tree.shared, blueprint.leaf_users
 * Trees are chosen; blobs have addresses, but not the final ones. Returns 0, or a negative
 * errno after printing (spool).
 */
int share_leaves(struct blueprint *bp);

#endif
