/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The producer of subvolume trees, in three files: inodes, xattrs and data; names; and fs-verity. */
#ifndef IMAGE_ITEMS_FS_H
#define IMAGE_ITEMS_FS_H

#include "items.h"

/* One run of the producer; the scratch array is kept between inodes. */
struct fs_producer {
	const struct blueprint *bp;
	struct tree_writer *tw;
	const struct dentry **names; /* of one inode, in the order of the items that they become */
	size_t names_capacity;
};

/* ---- items_names.c; both return 0 or a negative errno after printing */

/* add_refs - the names of an inode: INODE_REF, and INODE_EXTREF where those are too long */
int add_refs(struct fs_producer *p, const struct inode *inode);

/* add_dir_names - the names in a directory: DIR_ITEM and DIR_INDEX */
int add_dir_names(struct fs_producer *p, const struct inode *dir);

/* ---- items_verity.c */

/* add_verity - the fs-verity items of an inode, if it has any; returns as the others */
int add_verity(const struct fs_producer *p, const struct inode *inode);

#endif
