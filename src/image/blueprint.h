/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts of an image that is being planned and written. sizing.c fills them in, identity.c adds
 * the ids; the producers of items only read them.
 */
#ifndef IMAGE_BLUEPRINT_H
#define IMAGE_BLUEPRINT_H

#include "data_refs.h"
#include "image/chunk_items.h"
#include "image/image.h"
#include "image/image_seed.h"
#include "image/layout.h"
#include "image/tree_writer.h"
#include "share.h"

#define DEVID 1 /* of an image that is the only device */

struct subvol_uuid {
	u8 bytes[BTRFS_UUID_SIZE];
};

struct ids {
	struct block_ids block;
	u8 device_uuid[BTRFS_UUID_SIZE];
	struct subvol_uuid *subvols; /* by number; owned by the blueprint */
};

struct planned_tree {
	const struct tree_kind *kind;
	u64 id;
	bool is_subvol;
	u32 subvol; /* its number, if it is one */
	struct tree_shape shape;
	u64 first_block; /* its first block's number, counted over all chunks of its type */
	/* leaves in common with an earlier tree, which owns the leaves; this tree owns the array */
	struct shared_leaf *shared;
	size_t nr_shared;
};

struct blueprint {
	struct image_options options;
	const struct tree *tree;
	const struct content *content;
	struct layout layout;
	bool is_placed;               /* tree blocks have addresses in the layout */
	const struct subvol *subvols; /* of the tree */
	u32 nr_subvols;
	struct planned_tree *trees; /* [0] is the chunk tree, the others are sorted by id */
	u32 nr_trees;
	u32 first_subvol_tree; /* index of the tree of subvolume 1; the others follow */
	u64 total_bytes;       /* size of the image */
	u64 generation;        /* of all blocks */
	u64 codec_flags;       /* incompat bits of the codecs in use */
	struct leaf_users leaf_users;
	struct data_refs refs;
	struct ids ids;
};

/* blueprint_release - free what a blueprint owns; options, tree and content are the caller's */
void blueprint_release(struct blueprint *bp);

/*
 * ids_clear - set all ids to zero, except that a subvolume's uuid becomes its number
 * The uuid tree is sorted by these uuids and needs distinct keys.
 */
void ids_clear(struct blueprint *bp);

/* planned_tree_is_system - whether its blocks are in the SYSTEM chunk: the chunk tree alone */
static inline bool planned_tree_is_system(const struct planned_tree *tree)
{
	return tree->id == BTRFS_CHUNK_TREE_OBJECTID;
}

/* planned_tree_bytes - of all blocks of a tree, shared leaves included */
static inline u64 planned_tree_bytes(const struct blueprint *bp, const struct planned_tree *tree)
{
	return (tree->shape.total + tree->nr_shared) * bp->options.nodesize;
}

/* planned_tree_root - logical address of a tree's root block */
static inline u64 planned_tree_root(const struct blueprint *bp, const struct planned_tree *tree)
{
	return layout_block(&bp->layout, planned_tree_is_system(tree),
			    tree->first_block + tree->shape.total - 1);
}

/* blueprint_device - the image, as the device that all its chunks are on */
struct layout_device blueprint_device(const struct blueprint *bp);

/* blueprint_produce_seed - what a tree says of the seed; nothing without one. Returns as producers. */
int blueprint_produce_seed(const struct blueprint *bp, enum seed_items items,
			   struct tree_writer *tw);

/* blueprint_shares_item - whether a file item is in a leaf that belongs to another tree */
bool blueprint_shares_item(const struct blueprint *bp, const struct inode *inode,
			   const struct file_item *item);

#endif
