/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk that gives the tree its order: children by memcmp of their names, depth
 * first; inode numbers and directory indexes follow from it. Each subvolume is
 * walked by itself, and its numbers begin anew. Nothing that comes later can see in
 * which order members arrived.
 */
#include "base/diag.h"
#include "disk/format.h"
#include "tree_private.h"

/* The next number of subvolume @subvol, whose walk goes on. */
static void number_inode(struct tree *tree, u32 subvol, struct inode *inode)
{
	const struct subvol *s = &tree->numbering.subvols[subvol];
	inode->ino = u32_from_u64(BTRFS_FIRST_FREE_OBJECTID + s->nr_inodes);
	inode->subvol = subvol;
	inode->nlink = 1;
	numbering_add_inode(&tree->numbering, inode);
}

static int refuse_cross_link(const struct dentry *d)
{
	char q[QUOTE_BYTES];
	return dentry_fail(
		-EXDEV, d,
		"a hard link to '%s' in another subvolume, allowed: names in one subvolume",
		quote_dentry(q, d->inode->names));
}

/* Make the name @d, one more of a file, that of a file of its own. */
static struct inode *dereference(struct tree *tree, struct content *content, struct dentry *d)
{
	struct inode *copy = arena_alloc(&tree->arena, sizeof(*copy));
	*copy = *d->inode;
	copy->ino = 0;
	copy->xattrs = xattrs_copy(&tree->arena, copy->xattrs);
	if (inode_is_file(copy))
		content_copy_extents(content, copy, content->copies_share_blobs);
	d->inode = copy;
	return copy;
}

static int number_name(struct tree *tree, struct content *content, u32 subvol, struct dentry *d)
{
	struct inode *inode = d->inode;
	if (!inode->mode)
		return refuse_lost_link(d);
	if (inode->ino && tree->options.hard_dereference)
		inode = dereference(tree, content, d);
	if (inode->ino && inode->subvol != subvol)
		return refuse_cross_link(d);
	if (inode->ino)
		return inode_add_alias(d);
	number_inode(tree, subvol, inode);
	inode_set_name(d);
	return 0;
}

static void close_alias_lists(struct tree *tree)
{
	for (size_t i = 0; i < tree->numbering.nr_inodes; i++) {
		struct dentry *last = tree->numbering.inodes[i]->names;
		if (inode_is_subvol_root(tree->numbering.inodes[i]))
			continue;
		tree->numbering.inodes[i]->names = last->alias_next;
		last->alias_next = NULL;
	}
}

/* Sort and number the names of one subvolume. */
static int number_subvol(struct tree *tree, struct content *content, u32 subvol)
{
	struct inode *root = tree->numbering.subvols[subvol].root;
	struct tree_walk walk = { .depth = 0 };
	int err = 0;
	tree->numbering.subvols[subvol].first_inode = tree->numbering.nr_inodes;
	number_inode(tree, subvol, root);
	directory_sort(&tree->arena, root);
	tree_walk_enter(&walk, root, 0);
	for (struct dentry *d; !err && (d = tree_walk_next(&walk));) {
		if (inode_is_subvol_root(d->inode)) {
			d->alias_next = NULL;
			continue;
		}
		err = number_name(tree, content, subvol, d);
		if (!err && inode_is_dir(d->inode)) {
			directory_sort(&tree->arena, d->inode);
			tree_walk_enter(&walk, d->inode, 0);
		}
	}
	tree_walk_release(&walk);
	return err;
}

static int check_filter(const struct tree *tree)
{
	const struct path_filter *filter = &tree->options.filter;
	char q[QUOTE_BYTES];
	path_filter_warn(filter);
	if (tree->root_met || !filter->root_len)
		return 0;
	return fail(-ENOENT, "%s: it is to become the root, but is not in the archive",
		    quote(q, filter->root, filter->root_len));
}

static int number_tree(struct tree *tree, struct content *content)
{
	int err = 0;
	/* The walk reuses the chains of the table of names. */
	name_table_release(&tree->names);
	for (u32 i = 0; i < tree->numbering.nr_subvols && !err; i++)
		err = number_subvol(tree, content, i);
	return err;
}

int tree_finish(struct tree *tree, struct content *content)
{
	assert(tree->phase == TREE_BOUND);
	tree->phase = TREE_FINISHED;
	int err = check_filter(tree);
	if (tree->layers.top)
		layers_finish(tree);
	else if (!err)
		err = subvols_resolve(tree);
	if (!err)
		err = rules_resolve(tree);
	if (!err && !tree->layers.top)
		err = number_tree(tree, content);
	if (err)
		return err;
	close_alias_lists(tree);
	subvols_connect(tree);
	return owners_apply(tree);
}

const struct inode *tree_root(const struct tree *tree)
{
	assert(tree->phase == TREE_FINISHED);
	return tree->root;
}

const struct inode *const *tree_inodes(const struct tree *tree, u64 *nr)
{
	assert(tree->phase == TREE_FINISHED);
	*nr = tree->numbering.nr_inodes;
	return (const struct inode *const *)tree->numbering.inodes;
}

u64 tree_inode_index(const struct tree *tree, const struct inode *inode)
{
	const struct subvol *s = &tree->numbering.subvols[inode->subvol];
	assert(tree->phase == TREE_FINISHED);
	u64 low = s->first_inode, high = low + s->nr_inodes;
	while (high - low > 1) {
		const u64 middle = low + (high - low) / 2;
		if (tree->numbering.inodes[middle]->ino <= inode->ino)
			low = middle;
		else
			high = middle;
	}
	return low;
}

const struct subvol *tree_subvols(const struct tree *tree, u32 *nr)
{
	assert(tree->phase == TREE_FINISHED);
	*nr = tree->numbering.nr_subvols;
	return tree->numbering.subvols;
}

bool tree_has_layers(const struct tree *tree)
{
	assert(tree->phase == TREE_FINISHED);
	return tree->layers.top;
}

const struct subvol *tree_default_subvol(const struct tree *tree)
{
	assert(tree->phase == TREE_FINISHED);
	return &tree->numbering.subvols[tree->numbering.default_subvol];
}
