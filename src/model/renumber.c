/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inode numbers and indexes of names that another filesystem has given. An inode keeps the number that
 * stands under its first known name; new ones come behind the last. So the trees of both have most
 * items in common.
 */
#include "base/name.h"
#include "disk/format.h"
#include "model/known_names.h"
#include "order.h"
#include "tree_private.h"

#include <stdlib.h>

struct renumbering {
	struct tree *tree;
	const struct known_names *known;
	const struct subvol *subvol;
	u64 last; /* known number */
};

static int compare_to_known(const struct dentry *d, const struct known_name *k)
{
	return name_compare(d->name, d->name_len, k->name, k->name_len);
}

static void set_known(const struct renumbering *r, struct dentry *d, const struct known_name *k)
{
	d->index = u32_from_u64(k->index);
	if (!d->inode->ino && k->ino > BTRFS_FIRST_FREE_OBJECTID && k->ino <= r->last &&
	    !inode_is_subvol_root(d->inode))
		d->inode->ino = u32_from_u64(k->ino);
}

/* The names in @dir, of which @nr are known: new ones get the indexes behind @last. */
static void number_names(const struct renumbering *r, struct inode *dir,
			 const struct known_name *names, size_t nr, u32 last)
{
	size_t k = 0;
	for (u32 i = 0; i < dir->nr; i++) {
		struct dentry *d = dir->sorted[i];
		while (k < nr && compare_to_known(d, &names[k]) > 0)
			k++;
		if (k < nr && !compare_to_known(d, &names[k]))
			set_known(r, d, &names[k++]);
		else
			d->index = ++last;
	}
}

/* @ino: the directory's known number */
static int renumber_directory(const struct renumbering *r, struct inode *dir, u64 ino)
{
	const struct known_name *names = NULL;
	size_t nr = 0;
	u64 last = 1;
	int err = r->known->list(r->known->context, r->subvol->id, ino, &names, &nr);
	if (err)
		return err;
	for (size_t i = 0; i < nr; i++)
		last = max_u64(last, names[i].index);
	if (last < UINT32_MAX - dir->nr)
		number_names(r, dir, names, nr, u32_from_u64(last));
	return 0;
}

/* Set known numbers; all others are 0. */
static int find_known(const struct renumbering *r)
{
	struct inode *root = r->subvol->root;
	struct tree_walk walk = { .depth = 0 };
	int err = renumber_directory(r, root, BTRFS_FIRST_FREE_OBJECTID);
	tree_walk_enter(&walk, root, 0);
	for (struct dentry *d; !err && (d = tree_walk_next(&walk));) {
		struct inode *inode = d->inode;
		if (inode_is_subvol_root(inode) || !inode_is_dir(inode))
			continue;
		if (inode->ino)
			err = renumber_directory(r, inode, inode->ino);
		tree_walk_enter(&walk, inode, 0);
	}
	tree_walk_release(&walk);
	return err;
}

static int compare_inodes(const void *a, const void *b)
{
	const struct inode *x = *(const struct inode *const *)a;
	const struct inode *y = *(const struct inode *const *)b;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* A number that stands under names of two inodes is none's. */
static void drop_doubles(struct inode *const *inodes, u64 nr)
{
	if (!nr)
		return;
	struct inode **sorted = xmemdup(inodes, nr * sizeof(struct inode *));
	u32 before = 0;
	qsort(sorted, nr, sizeof(struct inode *), compare_inodes);
	for (u64 i = 0; i < nr; i++) {
		const u32 ino = sorted[i]->ino;
		if (ino == before || (i + 1 < nr && sorted[i + 1]->ino == ino))
			sorted[i]->ino = 0;
		before = ino;
	}
	xfree(sorted);
}

static int renumber_subvol(const struct renumbering *r)
{
	const struct subvol *s = r->subvol;
	struct inode **inodes = r->tree->numbering.inodes + s->first_inode;
	u64 last = r->last;
	for (u64 i = 1; i < s->nr_inodes; i++) /* the first one is the root */
		inodes[i]->ino = 0;
	int err = find_known(r);
	if (err)
		return err;
	drop_doubles(inodes + 1, s->nr_inodes - 1);
	for (u64 i = 1; i < s->nr_inodes; i++)
		if (!inodes[i]->ino)
			inodes[i]->ino = u32_from_u64(++last);
	qsort(inodes, s->nr_inodes, sizeof(struct inode *), compare_inodes);
	return 0;
}

int tree_renumber(struct tree *tree, const struct known_names *known)
{
	int err = 0;
	assert(tree->phase == TREE_FINISHED && !tree->layers.top);
	for (u32 i = 0; i < tree->numbering.nr_subvols && !err; i++) {
		struct renumbering r = { tree, known, &tree->numbering.subvols[i], 0 };
		err = known->last_number(known->context, r.subvol->id, &r.last);
		if (!err && r.last && r.last < UINT32_MAX - r.subvol->nr_inodes)
			err = renumber_subvol(&r);
	}
	return err;
}
