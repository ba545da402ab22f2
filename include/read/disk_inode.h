/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An inode with its xattrs, as the disk has it. */
#ifndef READ_DISK_INODE_H
#define READ_DISK_INODE_H

#include "read/directory.h"

/* The most bytes that names and values of an inode's xattrs may have together. */
#define DISK_INODE_XATTR_MAX (1u << 20)

struct disk_xattr {
	u32 at; /* of the name in disk_inode.bytes; the value follows */
	u32 name_len, value_len;
};

struct disk_inode {
	u64 ino;
	u64 size; /* bytes of a file, or of the target of a symlink */
	u32 mode, uid, gid, nlink;
	u32 rdev; /* see device_number.h */
	u64 flags;
	struct timestamp atime, ctime, mtime, otime;
	/* names that lead here by INODE_REF: how many, and the last of them */
	u64 nr_refs;
	u64 ref_parent;
	struct directory_entry ref; /* index and name */
	/* of disk_inode.c; memory that stays with the struct */
	u8 *bytes; /* names and values of xattrs */
	size_t bytes_capacity;
	struct disk_xattr *xattrs;
	size_t nr_xattrs, xattrs_capacity;
};

/* A reader of inodes. */
struct disk_inode_reader;
struct disk_inode_reader *disk_inode_reader_new(struct filesystem *fs);
void disk_inode_reader_free(struct disk_inode_reader *reader); /* NULL is fine */

/*
 * disk_inode_read - an inode and its xattrs, in the order of the disk
 * @inode: zeroed before the first use; its memory is used again, until disk_inode_release()
 * Returns 0, or a negative errno after printing.
 */
int disk_inode_read(struct disk_inode_reader *reader, const struct filesystem_tree *tree, u64 ino,
		    struct disk_inode *inode);

void disk_inode_release(struct disk_inode *inode);

/* disk_inode_xattr_name, disk_inode_xattr_value - of one of the xattrs; not terminated */
static inline const char *disk_inode_xattr_name(const struct disk_inode *inode, size_t i)
{
	return (const char *)inode->bytes + inode->xattrs[i].at;
}

static inline const u8 *disk_inode_xattr_value(const struct disk_inode *inode, size_t i)
{
	return inode->bytes + inode->xattrs[i].at + inode->xattrs[i].name_len;
}

#endif
