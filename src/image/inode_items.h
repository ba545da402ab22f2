/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INODE_ITEMs, of members and of directories that no member describes. */
#ifndef IMAGE_INODE_ITEMS_H
#define IMAGE_INODE_ITEMS_H

#include "blueprint.h"

/* timespec_to_disk - a point in time as it is in items */
struct btrfs_timespec timespec_to_disk(struct timestamp t);

/* directory_inode_item - of a tree's root directory that no member describes */
struct btrfs_inode_item directory_inode_item(const struct blueprint *bp);

/* inode_item - of an inode of the tree */
struct btrfs_inode_item inode_item(const struct blueprint *bp, const struct inode *inode);

/* add_dotdot_ref - the INODE_REF of a tree's root directory @ino: its ".." is itself */
int add_dotdot_ref(struct tree_writer *tw, u64 ino);

#endif
