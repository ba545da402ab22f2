/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree: insertion by path with the rules of extraction (implied parents,
 * replacement, symlinked parents, hard links in any order), then sorting and
 * numbering. Nothing after tree_finish() can see in which order members came.
 *
 * Paths are raw bytes. Leading "/" and "./" drop, "//" and inner "." fold, a
 * trailing "/" drops; ".." is refused. The empty result is the root.
 */
#ifndef MODEL_TREE_H
#define MODEL_TREE_H

#include "base/mem.h"
#include "model/content.h"
#include "model/inode.h"
#include "model/xattr.h"

struct tree_options {
	u32 nodesize;                  /* limits of symlinks and xattrs follow from it */
	struct timestamp implied_time; /* of directories that no member describes */
};

struct tree;

/* tree_new - an empty tree: a root directory, mode 0755, owner 0:0; release with tree_free() */
struct tree *tree_new(const struct tree_options *options);
void tree_free(struct tree *tree);

/* tree_arena - where xattrs for tree_add() are to be allocated */
struct arena *tree_arena(struct tree *tree);

/*
 * nodesize_hint - what a message about a limit says of larger nodes; "" if there are none
 * As in "at most 3940 are allowed%s".
 */
const char *nodesize_hint(u32 nodesize);

/* What a member says of its inode. */
struct attributes {
	u32 mode; /* type and permissions (07777) */
	u32 uid;
	u32 gid;
	u32 flags; /* BTRFS_INODE_* */
	u64 rdev;  /* devices: major << 20 | minor */
	struct timestamp mtime;
	const struct inode_times *times; /* copied; NULL: all are the mtime */
	struct xattr *xattrs;            /* from tree_arena(); taken over, in any order */
	const char *target;              /* symlinks: copied, @target_len bytes */
	size_t target_len;
};

/*
 * tree_add - a member that is not a hard link
 * @inode: result; a file's data goes to it through file_data
 * A directory that exists keeps its children and takes the new attributes; all else
 * replaces what stood at the path.
 * Returns 0, or a negative errno after printing what is wrong with the member: ".." in the path, a
 * parent that is no directory (or a dangling or looping symlink), a name, symlink target or xattr
 * too long for btrfs or the node size, too many names with one hash.
 */
int tree_add(struct tree *tree, const char *path, size_t path_len, const struct attributes *attr,
	     struct inode **inode);

/*
 * tree_add_link - a hard link member
 * @xattrs: what the link's header carries; must equal the target's unless NULL (checked by
 * tree_finish())
 * @donor:  NULL if the member carries no data, else result: an inode that takes the data. The
 *          target gets it in tree_finish() if it has none; else both must be the same.
 * Binds to what stands at @target now, else to what first comes there.
 */
int tree_add_link(struct tree *tree, const char *path, size_t path_len, const char *target,
		  size_t target_len, struct xattr *xattrs, struct inode **donor);

/*
 * tree_finish - bind late links, hand over link data, sort, number
 * @content: holds all data of the archive, flushed
 * Returns 0, or a negative errno after printing: a link without target, to a directory, or with
 * other xattrs or data than its target; more links than btrfs holds. From here on the tree does not
 * change.
 */
int tree_finish(struct tree *tree, struct content *content);

/* ---- after tree_finish() ------------------------------------------------- */

/* tree_root - the root directory, inode number 256 */
const struct inode *tree_root(const struct tree *tree);

/* tree_inodes - all inodes by number: element i has number 256 + i; @nr gets their count */
const struct inode *const *tree_inodes(const struct tree *tree, u64 *nr);

#endif
