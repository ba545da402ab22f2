/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References to data extents, as the extent tree has them. */
#ifndef IMAGE_DATA_REF_H
#define IMAGE_DATA_REF_H

#include "model/file_item.h"

/* Equal references to an extent are one with a count (struct btrfs_extent_data_ref). */
struct data_ref {
	u64 root; /* tree id of the subvolume */
	u64 ino;
	u64 offset; /* file offset less the offset in the extent, modulo 2^64 */
	u64 hash;   /* data_ref_hash() */
	u32 extent; /* the index of what it refers to, in a list of the caller's */
	u32 count;  /* 1 or more */
};

struct data_refs {
	struct data_ref *list; /* by extent, then as they are stored: hash descending */
	size_t nr, capacity;
};

/* data_ref_of - the reference that a file item is; @item->extent is its extent */
struct data_ref data_ref_of(const struct tree *tree, const struct inode *inode,
			    const struct file_item *item);

/* data_refs_add - one more, in any order */
void data_refs_add(struct data_refs *refs, const struct data_ref *ref);

/* data_refs_sort - when all are added: put them in order, and make equal ones one */
void data_refs_sort(struct data_refs *refs);

/* data_refs_compare - qsort order of struct data_refs */
int data_refs_compare(const void *a, const void *b);

#endif
