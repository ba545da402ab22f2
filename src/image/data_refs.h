/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Back references of data extents. Most extents are used by one file item, which the producer of
 * the extent tree meets when it walks the tree. All further references are gathered here.
 */
#ifndef IMAGE_DATA_REFS_H
#define IMAGE_DATA_REFS_H

#include "model/file_item.h"

struct blueprint;

/* Equal references to an extent are one with a count (struct btrfs_extent_data_ref). */
struct data_ref {
	u64 root; /* tree id of the subvolume */
	u64 ino;
	u64 offset; /* file offset less the offset in the extent, modulo 2^64 */
	u64 hash;   /* data_ref_hash() */
	u32 extent; /* index of the extent's first blob */
	u32 count;  /* 1 or more */
};

struct data_refs {
	struct data_ref *list; /* by extent, then as they are stored: hash descending */
	size_t nr;
};

/* data_ref_of - the reference that a file item is */
struct data_ref data_ref_of(const struct tree *tree, const struct inode *inode,
			    const struct file_item *item);

/*
 * data_refs_gather - all references except the first of each extent
 * A file item in a shared leaf is a reference of the leaf's owner only.
 */
struct data_refs data_refs_gather(const struct blueprint *bp);

/* data_refs_compare - qsort order of struct data_refs */
int data_refs_compare(const void *a, const void *b);

#endif
