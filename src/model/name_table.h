/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of all names, by directory and name: a lookup is O(1) a component however large the
 * directory is. A name is never taken out: its successor gets its dentry, and the names below a
 * replaced directory cannot be reached because the directory cannot. A dentry without an inode is
 * no name: it is being placed, or a whiteout hid its inode.
 */
#ifndef MODEL_NAME_TABLE_H
#define MODEL_NAME_TABLE_H

#include "model/inode.h"
#include "path.h"

struct tree;

struct name_table {
	struct dentry **buckets; /* chains by dentry.hash_next; NULL from tree_finish() on */
	size_t nr_buckets;       /* a power of two */
	size_t nr;
};

/* name_table_init - an empty table; release with name_table_release() */
void name_table_init(struct name_table *names);
void name_table_release(struct name_table *names);

/* name_find - the dentry of a name in @dir, which may have no inode; NULL: there is none */
struct dentry *name_find(const struct name_table *names, const struct inode *dir, const char *name,
			 size_t len);

/*
 * name_add - a new name in @dir, without an inode
 * @path: of the member, for messages
 * Returns 0, or -EOVERFLOW after printing: too many names with one hash.
 */
int name_add(struct tree *tree, struct inode *dir, const char *name, size_t len,
	     const struct path *path, struct dentry **result);

#endif
