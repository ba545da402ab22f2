/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts of a sprout that is being planned and written. settle.c fills them in, sprout.c adds the ids;
 * the producers of items only read them.
 */
#ifndef ONTO_PLAN_H
#define ONTO_PLAN_H

#include "changes.h"
#include "image/chunk_items.h"
#include "onto/sprout.h"
#include "seed.h"

#define GROWN_TREES_MAX 6

struct plan;

/* A tree that the sprout does not have from the seed as it is. */
struct grown_tree {
	u64 id;
	void (*change)(const struct plan *plan, struct changes *changes); /* NULL: free space */
	struct btrfs_root_item old_root; /* zeros for the chunk tree and the root tree */
	struct raw_tree old;
	bool *is_changed;        /* by leaf of @old; the others stay in use */
	u64 nr_kept;             /* leaves that stay in use */
	struct tree_shape shape; /* of its own blocks */
	u64 first_block; /* number of its first own block, counted over all chunks of its type */
};

/* A tree block of the seed that the sprout does not use. */
struct dead_block {
	u64 bytenr;
	u8 level;
	u64 tree; /* id */
};

struct sprout_ids {
	struct block_ids block; /* the chunk tree's id is the seed's */
	u8 device_uuid[BTRFS_UUID_SIZE];
};

struct plan {
	struct sprout_options options;
	struct seed seed;
	u64 generation; /* of all new blocks */
	u64 devid;
	struct grown_tree trees[GROWN_TREES_MAX]; /* in the order of their blocks */
	u32 nr_trees;
	struct dead_block *dead; /* by address */
	size_t nr_dead, dead_capacity;
	struct layout layout; /* of the new device: one SYSTEM chunk, then METADATA */
	bool is_placed;       /* the layout has addresses */
	struct sprout_ids ids;
};

/* plan_release - free what a plan owns */
void plan_release(struct plan *plan);

/* plan_device - the new device, which the layout's chunks are on */
struct layout_device plan_device(const struct plan *plan);

/* plan_find_tree - of one of these ids; NULL if the sprout has none */
const struct grown_tree *plan_find_tree(const struct plan *plan, u64 id);

/* plan_tree_root - the address of its root block */
u64 plan_tree_root(const struct plan *plan, const struct grown_tree *tree);

/* plan_block - the address of block number @index of a tree; 0 if addresses do not matter yet */
u64 plan_block(const struct plan *plan, const struct grown_tree *tree, u64 index);

/* plan_is_system - whether a tree's blocks are in the SYSTEM chunk: the chunk tree alone */
static inline bool plan_is_system(const struct grown_tree *tree)
{
	return tree->id == BTRFS_CHUNK_TREE_OBJECTID;
}

/* plan_first_dead - the index of the first dead block at @logical or behind it */
size_t plan_first_dead(const struct plan *plan, u64 logical);

/* plan_dead_in - how many bytes of a seed's chunk the sprout does not use */
u64 plan_dead_in(const struct plan *plan, const struct seed_chunk *chunk);

#endif
