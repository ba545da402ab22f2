/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "order.h"

#include "disk/format.h"
#include "tree_private.h"

#include <stdlib.h>

void numbering_release(struct numbering *numbering)
{
	xfree(numbering->inodes);
	xfree(numbering->subvols);
}

struct subvol *numbering_add_subvol(struct numbering *n)
{
	n->subvols =
		mem_grow(n->subvols, &n->subvols_capacity, n->nr_subvols + 1, sizeof(*n->subvols));
	struct subvol *s = &n->subvols[n->nr_subvols++];
	*s = (struct subvol){ .first_inode = n->nr_inodes,
			      .first_child = NO_SUBVOL,
			      .next_sibling = NO_SUBVOL };
	return s;
}

void numbering_add_top(struct numbering *n, struct inode *root)
{
	struct subvol *s = numbering_add_subvol(n);
	s->id = BTRFS_FS_TREE_OBJECTID;
	s->path = "";
	s->root = root;
	root->ino = BTRFS_FIRST_FREE_OBJECTID;
}

void numbering_add_inode(struct numbering *n, struct inode *inode)
{
	n->inodes = mem_grow(n->inodes, &n->inodes_capacity, n->nr_inodes + 1, sizeof(*n->inodes));
	n->inodes[n->nr_inodes++] = inode;
	n->subvols[inode->subvol].nr_inodes++;
}

static int compare_dentries(const void *a, const void *b)
{
	return dentry_compare(*(struct dentry *const *)a, *(struct dentry *const *)b);
}

u32 directory_names(struct arena *arena, const struct inode *dir, struct dentry ***names)
{
	u32 nr = 0;
	for (const struct dentry *d = dir->children; d; d = d->sibling_next)
		nr += d->inode != NULL;
	struct dentry **sorted = arena_alloc(arena, nr * sizeof(struct dentry *));
	u32 i = 0;
	for (struct dentry *d = dir->children; d; d = d->sibling_next)
		if (d->inode)
			sorted[i++] = d;
	if (nr > 1)
		qsort(sorted, nr, sizeof(struct dentry *), compare_dentries);
	*names = sorted;
	return nr;
}

void directory_sort(struct arena *arena, struct inode *dir)
{
	dir->nr = directory_names(arena, dir, &dir->sorted);
	for (u32 i = 0; i < dir->nr; i++)
		dir->sorted[i]->index = i + 2;
}

void inode_set_name(struct dentry *d)
{
	d->inode->nlink = 1;
	d->inode->names = d;
	d->alias_next = d;
}

int inode_add_alias(struct dentry *d)
{
	struct inode *inode = d->inode;
	if (inode->nlink >= BTRFS_LINK_MAX)
		return dentry_fail(-EMLINK, d, "more hard links to one file than %u",
				   BTRFS_LINK_MAX);
	inode->nlink++;
	d->alias_next = inode->names->alias_next;
	inode->names->alias_next = d;
	inode->names = d;
	return 0;
}

/* A directory whose names are being visited. */
struct tree_walk_level {
	const struct inode *dir;
	u32 next;
	size_t mark;
};

void tree_walk_enter(struct tree_walk *walk, const struct inode *dir, size_t mark)
{
	walk->levels =
		mem_grow(walk->levels, &walk->capacity, walk->depth + 1, sizeof(*walk->levels));
	walk->levels[walk->depth++] = (struct tree_walk_level){ .dir = dir, .mark = mark };
}

struct dentry *tree_walk_next(struct tree_walk *walk)
{
	for (; walk->depth; walk->depth--) {
		struct tree_walk_level *top = &walk->levels[walk->depth - 1];
		if (top->next == top->dir->nr)
			continue;
		walk->mark = top->mark;
		return top->dir->sorted[top->next++];
	}
	return NULL;
}

void tree_walk_release(struct tree_walk *walk)
{
	xfree(walk->levels);
}
