/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree in memory: what the archive describes, before any disk address.
 *
 *   tree.root ──> inode (directory)
 *                   │ inode.sorted[]
 *                   ├── dentry "bin" ──> inode (symlink, target)
 *                   ├── dentry "etc" ──> inode (directory) ── inode.sorted[] ── ...
 *                   ├── dentry "a"   ──┐
 *                   └── dentry "b"   ──┴> inode (file) ── its file extents, in struct content
 *                                           │ names: "a" ─alias_next─> "b"
 *
 * Inodes, dentries and xattrs live in the tree's arena and are freed with it.
 */
#ifndef MODEL_INODE_H
#define MODEL_INODE_H

#include "base/name.h"
#include "base/types.h"

#include <sys/stat.h>

struct pending_link;
struct xattr;

/* The other times, of an inode whose member brings them and that keeps them. */
struct inode_times {
	struct timestamp atime;
	struct timestamp ctime;
	struct timestamp otime;
};

/* In inode.flags: attributes of it were not kept, since the filter leaves it out; a hard link that
 * keeps it is refused. */
#define INODE_INCOMPLETE (1u << 30)

/* In inode.flags until tree_apply_rules(): fs-verity as the mtree plan asks for it, which beats rules
 * by path. Both: none. */
#define INODE_VERITY_SHA256 (1u << 28)
#define INODE_VERITY_SHA512 (1u << 29)
#define INODE_VERITY (INODE_VERITY_SHA256 | INODE_VERITY_SHA512)

/* One name of an inode in a directory. */
struct dentry {
	struct inode *inode;
	struct inode *dir;
	/* The name table sets the first while members arrive. tree_finish() frees the table, and
	 * the walk that numbers inodes sets the second. */
	union {
		struct dentry *hash_next;  /* chain of the name table */
		struct dentry *alias_next; /* next name of the inode */
	};
	struct dentry *sibling_next; /* while members arrive: list of the directory, newest first */
	u32 name_hash;               /* name_hash() of the name */
	u32 index;                   /* DIR_INDEX, from 2; set by tree_finish() */
	u8 name_len;                 /* 1..255 */
	char name[];                 /* not terminated */
};

struct inode {
	u32 ino;    /* in its subvolume: 256 for the root, others from 257; set by tree_finish() */
	u32 subvol; /* number of its subvolume; set by tree_finish() */
	u64 size;   /* files: bytes; symlinks: target length; else 0 */
	struct timestamp mtime;
	struct inode_times *times; /* NULL: all times are the mtime */
	struct xattr *xattrs;      /* sorted by hash, then name */
	const u8 *hash;            /* files: file_hash of the content, if file_data makes them */
	struct dentry *names; /* directories: the one name, NULL for the root; others: first name,
				 set by tree_finish() */
	u32 mode;             /* type and permissions; 0 for a link that waits for its target */
	u32 uid;
	u32 gid;
	u32 nlink; /* set by tree_finish(); 1 for directories */
	u32 flags; /* BTRFS_INODE_* */
	u32 nr;    /* files: file extents; directories: names (set by tree_finish()) */
	/* The mode says which one is valid; each is set with the mode, by the member, except: the
	 * collector sets first_extent, the name table children, and tree_finish() sorted. */
	union {
		u64 first_extent; /* files: index into content.file_extents, if nr > 0 */
		u64 rdev;         /* devices: kernel dev_t, major << 20 | minor */
		char *target;     /* symlinks: size bytes, not terminated */
		struct pending_link *pending; /* mode 0: a link that waits for its target */
		struct dentry *children; /* directories, until tree_finish(): a list of names */
		struct dentry **sorted;  /* after it: an array, by memcmp() of names */
	};
};

/* dentry_compare - the order of names in inode.sorted: below, equal to or above 0 */
static inline int dentry_compare(const struct dentry *x, const struct dentry *y)
{
	return name_compare(x->name, x->name_len, y->name, y->name_len);
}

static inline bool inode_is_dir(const struct inode *inode)
{
	return S_ISDIR(inode->mode);
}

static inline bool inode_is_file(const struct inode *inode)
{
	return S_ISREG(inode->mode);
}

static inline bool inode_is_symlink(const struct inode *inode)
{
	return S_ISLNK(inode->mode);
}

#endif
