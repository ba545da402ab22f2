/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A btrfs filesystem in files or devices, whoever wrote it. Nothing is written. Every checksum is
 * verified, and all that comes from the disk is taken for hostile.
 *
 * Messages name the tree and the logical address of the block.
 */
#ifndef READ_FILESYSTEM_H
#define READ_FILESYSTEM_H

#include "disk/key.h"

struct filesystem;

/* One image. */
struct filesystem_device {
	int fd;           /* a regular file or block device; stays open until filesystem_close() */
	const char *name; /* printable, for messages */
};

/* Where a tree is. */
struct filesystem_tree {
	u64 id;
	u64 bytenr; /* logical address of its root block */
	u64 generation;
	u8 level;
};

/*
 * filesystem_open - read the superblocks, the chunk tree and the root tree's root
 * @devices:    those of one filesystem, in any order, seeds included; stay valid
 * @ignore_log: read the state of the last commit, if a log tree says that there is more
 * Returns 0, or a negative errno after printing; release with filesystem_close().
 */
int filesystem_open(const struct filesystem_device *devices, u32 nr, bool ignore_log,
		    struct filesystem **filesystem);
void filesystem_close(struct filesystem *filesystem); /* NULL is fine */

/* filesystem_is_in - whether the magic number of a superblock stands at its place in the file */
bool filesystem_is_in(int fd);

/*
 * filesystem_count_devices - how many devices the filesystem has that @device belongs to
 * Returns the number, at least 1, or a negative errno after printing.
 */
s64 filesystem_count_devices(const struct filesystem_device *device);

/* filesystem_super - the newest superblock */
const struct btrfs_super_block *filesystem_super(const struct filesystem *filesystem);

/* filesystem_profiles - BTRFS_BLOCK_GROUP_* of all chunks that hold any of the types in @type */
u64 filesystem_profiles(const struct filesystem *filesystem, u64 type);

/* filesystem_device_item - what the superblock of device @nr, from 0, says of it; NULL behind the last
 */
const struct btrfs_dev_item *filesystem_device_item(const struct filesystem *filesystem, u32 nr);

/* filesystem_end - where the last chunk ends, in bytes of its device */
u64 filesystem_end(const struct filesystem *filesystem);

/*
 * filesystem_read_data - @bytes at the logical address, as they are: no checksum is verified
 * Returns whether one chunk has them all and a copy of it could be read, of which the first is taken.
 * Prints nothing.
 */
bool filesystem_read_data(const struct filesystem *filesystem, u64 logical, void *data,
			  size_t bytes);

/* filesystem_chunk_uuid - the id in the headers of all blocks; 0 or a negative errno after printing */
int filesystem_chunk_uuid(struct filesystem *filesystem, u8 uuid[BTRFS_UUID_SIZE]);

/*
 * filesystem_find_tree - look for a tree in the root tree
 * @item: its root item, with zeros for what an old one lacks; may be NULL
 * Returns 0, 1 if there is none of that id, or a negative errno after printing.
 */
int filesystem_find_tree(struct filesystem *filesystem, u64 id, struct filesystem_tree *tree,
			 struct btrfs_root_item *item);

/* filesystem_read_super - the newest good copy of the superblock, anew; 0, or a negative errno after
 * printing */
int filesystem_read_super(const struct filesystem_device *device, struct btrfs_super_block *super);

/* filesystem_check_super - whether a superblock's features, sizes of nodes and sectors can be read; 0, or
 * a negative errno after printing */
int filesystem_check_super(const struct filesystem_device *device,
			   const struct btrfs_super_block *super);

/* filesystem_chunk_tree - the tree of devices and chunks */
struct filesystem_tree filesystem_chunk_tree(const struct filesystem *filesystem);

/* filesystem_root_tree - the tree of trees */
struct filesystem_tree filesystem_root_tree(const struct filesystem *filesystem);

#endif
