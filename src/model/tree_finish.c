/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one walk that gives the tree its order: children by memcmp of their
 * names, depth first; inode numbers and directory indexes follow from it. Nothing
 * that comes later can see in which order members arrived.
 */
#include "base/diag.h"
#include "disk/format.h"
#include "tree_private.h"

#include <stdlib.h>

/* A directory whose names are being visited. Paths may be deep: this is no recursion. */
struct frame {
	struct inode *dir;
	u32 next;
};

static int compare_names(const void *a, const void *b)
{
	const struct dentry *x = *(struct dentry *const *)a, *y = *(struct dentry *const *)b;
	int order = memcmp(x->name, y->name, x->name_len < y->name_len ? x->name_len : y->name_len);
	return order ? order : x->name_len - y->name_len;
}

static void sort_directory(struct tree *tree, struct inode *dir)
{
	u32 nr = 0;
	for (const struct dentry *d = dir->children; d; d = d->sibling_next)
		nr++;
	struct dentry **sorted = arena_alloc(&tree->arena, nr * sizeof(struct dentry *));
	u32 i = 0;
	for (struct dentry *d = dir->children; d; d = d->sibling_next)
		sorted[i++] = d;
	if (nr > 1)
		qsort(sorted, nr, sizeof(struct dentry *), compare_names);
	for (i = 0; i < nr; i++)
		sorted[i]->index = i + 2;
	dir->sorted = sorted;
	dir->nr = nr;
}

static void number(struct tree *tree, struct inode *inode)
{
	tree->inodes = mem_grow(tree->inodes, &tree->inodes_capacity, tree->nr_inodes + 1,
				sizeof(*tree->inodes));
	inode->ino = BTRFS_FIRST_FREE_OBJECTID + tree->nr_inodes;
	inode->nlink = 1;
	tree->inodes[tree->nr_inodes++] = inode;
}

/*
 * While the walk goes on, names leads to the last alias, and that one's
 * alias_next back to the first: adding one is O(1).
 */
static int visit(struct tree *tree, struct dentry *d)
{
	struct inode *inode = d->inode;
	char q[QUOTE_BYTES], t[QUOTE_BYTES];

	if (!inode->mode)
		return fail(-ENOENT,
			    "%s: the target of this hard link, '%s', is not in the archive",
			    quote_dentry(q, d),
			    quote(t, inode->pending->target.bytes, inode->pending->target.len));
	if (!inode->ino) {
		number(tree, inode);
		d->alias_next = d;
	} else {
		if (inode->nlink >= BTRFS_LINK_MAX)
			return fail(-EMLINK, "%s: more hard links to one file than %u",
				    quote_dentry(q, d), BTRFS_LINK_MAX);
		inode->nlink++;
		d->alias_next = inode->names->alias_next;
		inode->names->alias_next = d;
	}
	inode->names = d;
	return 0;
}

static void close_alias_lists(struct tree *tree)
{
	for (size_t i = 1; i < tree->nr_inodes; i++) {
		struct dentry *last = tree->inodes[i]->names;
		tree->inodes[i]->names = last->alias_next;
		last->alias_next = NULL;
	}
}

static int walk(struct tree *tree)
{
	struct frame *stack = NULL;
	size_t depth = 0, capacity = 0;
	int err = 0;

	number(tree, tree->root);
	sort_directory(tree, tree->root);
	stack = mem_grow(stack, &capacity, 1, sizeof(*stack));
	stack[depth++] = (struct frame){ .dir = tree->root };
	while (depth && !err) {
		struct frame *top = &stack[depth - 1];
		if (top->next == top->dir->nr) {
			depth--;
			continue;
		}
		struct dentry *d = top->dir->sorted[top->next++];
		err = visit(tree, d);
		if (err || !inode_is_dir(d->inode))
			continue;
		sort_directory(tree, d->inode);
		stack = mem_grow(stack, &capacity, depth + 1, sizeof(*stack));
		stack[depth++] = (struct frame){ .dir = d->inode };
	}
	xfree(stack);
	return err;
}

int tree_finish(struct tree *tree, struct content *content)
{
	int err = links_resolve_late(tree);
	if (!err)
		err = links_hand_over_data(tree, content);
	if (!err) {
		/* The walk reuses the chains of the table of names. */
		xfree(tree->buckets);
		tree->buckets = NULL;
		err = walk(tree);
	}
	if (!err)
		close_alias_lists(tree);
	return err;
}

const struct inode *tree_root(const struct tree *tree)
{
	return tree->root;
}

const struct inode *const *tree_inodes(const struct tree *tree, u64 *nr)
{
	*nr = tree->nr_inodes;
	return (const struct inode *const *)tree->inodes;
}
