/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the tree at a layer's end, kept as a subvolume of its own. It is a copy of all
 * inodes and names, since later layers change the tree in place.
 *
 * An inode keeps its number, and a name its index, from the layer that brought it to the last one
 * that has it, as in snapshots. So inodes that a layer does not change have the same items in its
 * tree, and blocks of them can be shared. New inodes get the next numbers, in the order of the
 * walk. Data is never copied: the copies' file extents refer to the same blobs.
 */
#include "base/diag.h"
#include "disk/checksum.h"
#include "disk/format.h"
#include "tree_private.h"

#include <stdio.h>

#define NAME_BYTES (20 + 1 + LAYER_DIGEST_DIGITS)

/* As many file extents take the memory of an entry. */
#define EXTENTS_PER_ENTRY 16

struct keeping {
	struct tree *tree;
	struct content *content;
	struct subvol *subvol;
	u32 nr;                 /* the subvolume's number */
	struct inode **copies;  /* by number of the inode, less 256; NULL: not in this layer */
	size_t copies_capacity; /* those at nr_copies and behind are not set */
	size_t nr_copies;
	struct tree_walk walk;
};

static struct inode **copy_at(struct keeping *k, u32 ino)
{
	const size_t at = ino - BTRFS_FIRST_FREE_OBJECTID;
	k->copies = mem_grow(k->copies, &k->copies_capacity, at + 1, sizeof(struct inode *));
	while (k->nr_copies <= at)
		k->copies[k->nr_copies++] = NULL;
	return &k->copies[at];
}

/* What is kept counts as entries: its memory is theirs. */
static int count_kept(struct keeping *k, const struct inode *inode)
{
	struct tree *tree = k->tree;
	const u64 limit = tree->options.max_entries;
	tree->nr_entries += 1 + (inode_is_file(inode) ? inode->nr / EXTENTS_PER_ENTRY : 0);
	if (!limit || tree->nr_entries <= limit)
		return 0;
	return fail_hint(
		-E2BIG, HINT_ENTRIES,
		"%.*s: with this layer's tree there are more than the %llu entries that are allowed",
		(int)k->subvol->path_len, k->subvol->path, (unsigned long long)limit);
}

static int copy_inode(struct keeping *k, const struct inode *live, struct inode **copy)
{
	struct tree *tree = k->tree;
	int err = count_kept(k, live);
	if (err)
		return err;
	*copy = arena_alloc(&tree->arena, sizeof(**copy));
	**copy = *live;
	(*copy)->subvol = k->nr;
	(*copy)->xattrs = xattrs_copy(&tree->arena, live->xattrs);
	if (inode_is_file(live))
		content_copy_extents(k->content, *copy, true);
	return 0;
}

static struct dentry *copy_name(struct tree *tree, const struct dentry *live, struct inode *dir)
{
	struct dentry *d =
		arena_alloc(&tree->arena, offsetof(struct dentry, name) + live->name_len);
	memcpy(d, live, offsetof(struct dentry, name) + live->name_len);
	d->dir = dir;
	return d;
}

/* Copy the names of @live into @copy; the names' inodes are not copied yet. */
static void open_directory(struct keeping *k, const struct inode *live, struct inode *copy)
{
	u32 last = 1;
	for (const struct dentry *d = live->children; d; d = d->sibling_next)
		last = d->index > last ? d->index : last;
	copy->nr = directory_names(&k->tree->arena, live, &copy->sorted);
	for (u32 i = 0; i < copy->nr; i++) {
		struct dentry *d = copy->sorted[i];
		if (!d->index)
			d->index = ++last;
		copy->sorted[i] = copy_name(k->tree, d, copy);
	}
	tree_walk_enter(&k->walk, copy, 0);
}

/* Replace the inode of @d, which later layers change, by its copy. */
static int keep_name(struct keeping *k, struct dentry *d)
{
	struct inode *live = d->inode;
	if (!live->mode)
		return refuse_lost_link(d);
	if (!live->ino)
		live->ino = u32_from_u64(++k->tree->layers.last_ino);
	struct inode **copy = copy_at(k, live->ino);
	if (*copy) {
		d->inode = *copy;
		return inode_add_alias(d);
	}
	int err = copy_inode(k, live, copy);
	if (err)
		return err;
	d->inode = *copy;
	inode_set_name(d);
	if (inode_is_dir(live))
		open_directory(k, live, *copy);
	return 0;
}

/* The name of the subvolume in the top level, whose directory @root becomes. */
static void name_subvol(struct keeping *k, const char *digest, struct inode *root)
{
	struct tree *tree = k->tree;
	char name[NAME_BYTES + 1];
	const int len =
		snprintf(name, sizeof(name), "%03u-%.*s", k->nr, LAYER_DIGEST_DIGITS, digest);
	struct dentry *d = arena_alloc(&tree->arena, offsetof(struct dentry, name) + (size_t)len);
	d->inode = root;
	d->dir = tree->layers.top;
	d->sibling_next = tree->layers.top->children;
	d->name_hash = name_hash(name, (size_t)len);
	d->name_len = u8_from_u64((u64)len);
	memcpy(d->name, name, (size_t)len);
	tree->layers.top->children = d;
	root->names = d;
	k->subvol->path = d->name;
	k->subvol->path_len = d->name_len;
}

static int copy_tree(struct keeping *k, const char *digest)
{
	const struct inode *live = k->tree->root;
	struct inode *root = arena_alloc(&k->tree->arena, sizeof(*root));
	*root = *live;
	root->ino = BTRFS_FIRST_FREE_OBJECTID;
	root->subvol = k->nr;
	root->nlink = 1;
	root->xattrs = xattrs_copy(&k->tree->arena, live->xattrs);
	k->subvol->root = root;
	*copy_at(k, root->ino) = root;
	name_subvol(k, digest, root);
	open_directory(k, live, root);
	for (struct dentry *d; (d = tree_walk_next(&k->walk));) {
		int err = keep_name(k, d);
		if (err)
			return err;
	}
	return 0;
}

/* The top level, where the layers' subvolumes have their names. */
static void make_top(struct tree *tree)
{
	struct inode *top = dentry_imply(tree, NULL);
	top->nlink = 1;
	tree->layers.top = top;
	tree->layers.last_ino = BTRFS_FIRST_FREE_OBJECTID;
	numbering_add_top(&tree->numbering, top);
	numbering_add_inode(&tree->numbering, top);
}

int tree_keep_layer(struct tree *tree, struct file_data *file_data, const char *digest)
{
	struct content *content = file_data_content(file_data);
	assert(tree->phase == TREE_OPEN && !tree->layers.is_open);
	int err = file_data_flush(file_data);
	if (!err)
		err = tree_bind_links(tree, content);
	if (err)
		return err;
	tree->phase = TREE_OPEN;
	links_forget(&tree->links);
	if (!tree->layers.top)
		make_top(tree);
	struct keeping k = { .tree = tree, .content = content, .nr = tree->numbering.nr_subvols };
	k.subvol = numbering_add_subvol(&tree->numbering);
	k.subvol->id = BTRFS_FIRST_FREE_OBJECTID + k.nr - 1;
	k.subvol->is_read_only = true;
	tree->numbering.default_subvol = k.nr;
	err = copy_tree(&k, digest);
	for (size_t i = 0; i < k.nr_copies && !err; i++)
		if (k.copies[i])
			numbering_add_inode(&tree->numbering, k.copies[i]);
	xfree(k.copies);
	tree_walk_release(&k.walk);
	return err;
}

void layers_finish(struct tree *tree)
{
	tree->root = tree->layers.top;
	directory_sort(&tree->arena, tree->layers.top);
}
