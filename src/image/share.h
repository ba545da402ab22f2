/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trees of layers share equal leaves, as the trees of snapshots do. A leaf belongs to the
 * first tree that has it; nodes of later trees point to it. Nodes are not shared, since they are
 * less than 1 % of all blocks. A leaf that is the root of its tree is not shared either.
 */
#ifndef IMAGE_SHARE_H
#define IMAGE_SHARE_H

#include "image/tree_writer.h"

#include "model/file_item.h"

struct blueprint;

/* A leaf, its owner, and another tree that has it. */
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
 * share_leaves - find the leaves that trees of layers share
 * Sets planned_tree.shared and blueprint.leaf_users. Trees are chosen; blobs have addresses, but
 * not the final ones. Returns 0, or a negative errno after printing (spool).
 */
int share_leaves(struct blueprint *bp);

#endif
