/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known about an image while it is planned and written, and the
 * producers of its trees. A producer emits the items of one tree in key order; run
 * with a counting writer it sizes the tree, with a sink it writes it.
 */
#ifndef IMAGE_PLAN_H
#define IMAGE_PLAN_H

#include "data_refs.h"
#include "image/image.h"
#include "layout.h"
#include "share.h"
#include "tree_writer.h"

#define DEVID 1

struct subvol_uuid {
	u8 bytes[BTRFS_UUID_SIZE];
};

struct ids {
	struct block_ids block;
	u8 device_uuid[BTRFS_UUID_SIZE];
	struct subvol_uuid *subvols; /* by number; owned by the plan */
};

struct plan;

/* The trees of an image; the chunk tree lies in the SYSTEM chunk, the others in METADATA in this
 * order. */
struct tree_kind {
	const char *name; /* in statistics */
	u64 id; /* BTRFS_FIRST_FREE_OBJECTID stands for those of all subvolumes below the top level
		 */
	int (*produce)(const struct plan *plan, struct tree_writer *tw); /* NULL: a subvolume */
	bool (*wanted)(const struct image_options *options);             /* NULL: always */
	bool fixed; /* its shape does not depend on addresses: measured once */
};

struct planned_tree {
	const struct tree_kind *kind;
	u64 id;
	u32 subvol; /* its number, if it is one */
	struct tree_shape shape;
	u64 first_block;            /* among the blocks of its chunks */
	struct shared_leaf *shared; /* leaves of others that it has too */
	size_t nr_shared;
};

struct plan {
	struct image_options options;
	const struct tree *tree;
	struct content *content;
	struct layout layout;
	bool is_placed;               /* tree blocks have addresses */
	const struct subvol *subvols; /* of the tree */
	u32 nr_subvols;
	struct planned_tree *trees; /* [0] is the chunk tree */
	u32 nr_trees;
	u32 first_subvol_tree; /* that of subvolume number 1, the others follow */
	u64 total_bytes;
	u64 codec_flags; /* incompat bits of the codecs in use */
	struct leaf_users leaf_users;
	struct data_refs refs;
	struct ids ids;
};

/* plan_tree_is_system - whether it is the chunk tree */
static inline bool plan_tree_is_system(const struct planned_tree *tree)
{
	return tree->id == BTRFS_CHUNK_TREE_OBJECTID;
}

/* plan_tree_is_subvol - whether it holds a subvolume */
static inline bool plan_tree_is_subvol(const struct planned_tree *tree)
{
	return !tree->kind->produce;
}

/* plan_tree_bytes - of all blocks of a tree, those that it shares too */
static inline u64 plan_tree_bytes(const struct plan *plan, const struct planned_tree *tree)
{
	return (tree->shape.total + tree->nr_shared) * plan->options.nodesize;
}

/* plan_tree_root - logical address of a tree's root block */
static inline u64 plan_tree_root(const struct plan *plan, const struct planned_tree *tree)
{
	return layout_block(&plan->layout, plan_tree_is_system(tree),
			    tree->first_block + tree->shape.total - 1);
}

/*
 * plan_settle - decide which trees there are, their shapes, all addresses and the size
 * options, tree and content are set, all else is zero. Returns 0 or a negative errno after
 * printing.
 */
int plan_settle(struct plan *plan);
void plan_release(struct plan *plan);

/* device_item - the DEV_ITEM, which the superblock repeats */
struct btrfs_dev_item device_item(const struct plan *plan);

/* chunk_item_bytes, chunk_item_fill - a CHUNK_ITEM with its stripes */
u32 chunk_item_bytes(const struct chunk *chunk);
void chunk_item_fill(const struct plan *plan, const struct chunk *chunk, void *item);

/* timespec_to_disk - a point in time as it stands in items */
struct btrfs_timespec timespec_to_disk(struct timestamp t);

/* directory_inode_item - of a tree's root directory that no member describes */
struct btrfs_inode_item directory_inode_item(const struct plan *plan);

/* add_dotdot_ref - the INODE_REF of a tree's root directory @ino: its ".." is itself */
int add_dotdot_ref(struct tree_writer *tw, u64 ino);

/* superblock_fill - the superblock, not sealed; bytenr is that of the primary */
void superblock_fill(const struct plan *plan, struct btrfs_super_block *sb);

/*
 * ids_clear - no ids yet: zeros
 * The uuids of subvolumes sort a tree, so the number of each stands in for it.
 */
void ids_clear(struct plan *plan);

/*
 * identify - derive all ids from the content; the layout is final and the ids are clear
 * Returns 0, or a negative errno after printing; with what was asked for only if
 * identify_may_refuse().
 */
int identify(struct plan *plan);
bool identify_may_refuse(const struct plan *plan);

/*
 * plan_run_producer - produce one tree into @sink, or count if that is NULL; @shape is the result
 * Addresses of blocks mean nothing before plan.is_placed.
 */
int plan_run_producer(const struct plan *plan, const struct planned_tree *tree,
		      const struct block_sink *sink, struct tree_shape *shape);

/* plan_write_trees - run all producers into @sink, in order of address */
int plan_write_trees(const struct plan *plan, const struct block_sink *sink);

/* Producers, one file each: items_*.c. */
int produce_root_tree(const struct plan *plan, struct tree_writer *tw);
int produce_extent_tree(const struct plan *plan, struct tree_writer *tw);
int produce_chunk_tree(const struct plan *plan, struct tree_writer *tw);
int produce_dev_tree(const struct plan *plan, struct tree_writer *tw);
int produce_fs_tree(const struct plan *plan, const struct subvol *subvol, struct tree_writer *tw);
int produce_data_reloc_tree(const struct plan *plan, struct tree_writer *tw);
int produce_csum_tree(const struct plan *plan, struct tree_writer *tw);
int produce_uuid_tree(const struct plan *plan, struct tree_writer *tw);
int produce_free_space_tree(const struct plan *plan, struct tree_writer *tw);
int produce_block_group_tree(const struct plan *plan, struct tree_writer *tw);

#endif
