/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File items: the parts of a file by on-disk extent. Neighbouring file extents in one extent are
 * one item. Valid after blob_order_apply().
 */
#ifndef MODEL_FILE_ITEM_H
#define MODEL_FILE_ITEM_H

#include "model/content.h"
#include "model/tree.h"

/* One EXTENT_DATA item. */
struct file_item {
	u64 file_off;  /* bytes */
	u32 num_bytes; /* of the file */
	u32 blob;      /* index of the first blob */
	u32 extent;    /* index of the extent's first blob; BLOB_ON_SEED: the same as @blob */
	u32 offset;    /* bytes of the extent's data before it */
};

/*
 * file_item_next - the next item of @inode, a file
 * @at: position of the walk, 0 at first. Returns false at the end.
 */
bool file_item_next(const struct content *content, const struct inode *inode, u32 *at,
		    struct file_item *item);

/* blob_extent_logical, blob_extent_bytes - the extent on disk that a blob is part of */
static inline u64 blob_extent_logical(const struct blob *b)
{
	return b->logical - (u64)b->extent_offset_sectors * BTRFS_SECTORSIZE;
}

static inline u32 blob_extent_bytes(const struct blob *b)
{
	return (u32)b->extent_sectors * BTRFS_SECTORSIZE;
}

/* blob_extent_ram_bytes - the uncompressed data of that extent */
static inline u32 blob_extent_ram_bytes(const struct blob *b)
{
	return b->compression ? b->ram_bytes : blob_extent_bytes(b);
}

/* All items of a tree, in the order of tree_inodes(). */
struct item_walk {
	const struct content *content;
	const struct inode *const *inodes;
	u64 nr_inodes;
	u64 next_inode;
	u32 at;                    /* in the inode's file extents */
	const struct inode *inode; /* of the item returned last */
	u32 next_blob;             /* the first one that no item referred to */
	bool is_first; /* the item returned last is the first one of its extent, which is not the seed's */
};

/* item_walk_begin, item_walk_next - start before the first item; the next one, false at the end */
struct item_walk item_walk_begin(const struct tree *tree, const struct content *content);
bool item_walk_next(struct item_walk *walk, struct file_item *item);

#endif
