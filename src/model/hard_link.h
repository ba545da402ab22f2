/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hard links, in any order with their targets.
 *
 * A link whose target is there already shares its inode at once. Else its name gets a placeholder,
 * an inode of mode 0, and the link waits in a table under the path where its target is expected;
 * each member that arrives looks there. The links that still wait at the end (a symlink of their
 * target's path came later) are looked up in the finished tree.
 */
#ifndef MODEL_HARD_LINK_H
#define MODEL_HARD_LINK_H

#include "model/inode.h"
#include "path.h"

struct tree;

struct links {
	struct pending_link *pending;  /* all that waited, newest first */
	struct pending_link **buckets; /* those that wait, by the path of the target */
	size_t nr_buckets;             /* a power of two */
	size_t nr_pending;             /* in the table */
	struct donation *donations;    /* data that came with links */
};

/* links_init - an empty table of waiting links; release with links_release() */
void links_init(struct links *links);
void links_release(struct links *links);

/* links_forget - no link waits any more */
void links_forget(struct links *links);

/* tree_put_link - tree_add_link() for folded paths; the xattrs are sorted */
int tree_put_link(struct tree *tree, const struct path *path, const struct path *target,
		  struct xattr *xattrs, struct inode *donor);

/* links_resolve - bind the links that wait for the inode that was just put at @dentry */
int links_resolve(struct tree *tree, struct dentry *dentry);

/* refuse_lost_link - print that the target of the hard link @d never came; returns -ENOENT */
int refuse_lost_link(const struct dentry *d);

#endif
