/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of names, and of the names of one inode: for tree_finish() and for layers' trees. */
#include "base/diag.h"
#include "disk/format.h"
#include "tree_private.h"

#include <stdlib.h>

static int compare_names(const void *a, const void *b)
{
	const struct dentry *x = *(struct dentry *const *)a, *y = *(struct dentry *const *)b;
	int order = memcmp(x->name, y->name, x->name_len < y->name_len ? x->name_len : y->name_len);
	return order ? order : x->name_len - y->name_len;
}

u32 directory_names(struct tree *tree, const struct inode *dir, struct dentry ***names)
{
	u32 nr = 0;
	for (const struct dentry *d = dir->children; d; d = d->sibling_next)
		nr += d->inode != NULL;
	struct dentry **sorted = arena_alloc(&tree->arena, nr * sizeof(struct dentry *));
	u32 i = 0;
	for (struct dentry *d = dir->children; d; d = d->sibling_next)
		if (d->inode)
			sorted[i++] = d;
	if (nr > 1)
		qsort(sorted, nr, sizeof(struct dentry *), compare_names);
	*names = sorted;
	return nr;
}

void directory_sort(struct tree *tree, struct inode *dir)
{
	dir->nr = directory_names(tree, dir, &dir->sorted);
	for (u32 i = 0; i < dir->nr; i++)
		dir->sorted[i]->index = i + 2;
}

int refuse_lost_link(const struct tree *tree, const struct dentry *d)
{
	const struct path *target = &d->inode->pending->target;
	char q[QUOTE_BYTES], t[QUOTE_BYTES];
	return fail(-ENOENT, "%s: the target of this hard link, '%s', is not in the archive",
		    quote_dentry(tree, q, d), quote_path(tree, t, target));
}

void inode_set_name(struct dentry *d)
{
	d->inode->nlink = 1;
	d->inode->names = d;
	d->alias_next = d;
}

int inode_add_alias(const struct tree *tree, struct dentry *d)
{
	struct inode *inode = d->inode;
	char q[QUOTE_BYTES];
	if (inode->nlink >= BTRFS_LINK_MAX)
		return fail(-EMLINK, "%s: more hard links to one file than %u",
			    quote_dentry(tree, q, d), BTRFS_LINK_MAX);
	inode->nlink++;
	d->alias_next = inode->names->alias_next;
	inode->names->alias_next = d;
	inode->names = d;
	return 0;
}
