/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a tree, and what it tells while members arrive. */
#include "tree_private.h"

struct tree *tree_new(const struct tree_options *options)
{
	struct tree *tree = xzalloc(sizeof(*tree));
	tree->options = *options;
	name_table_init(&tree->names);
	links_init(&tree->links);
	tree->root = dentry_imply(tree, NULL);
	return tree;
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	arena_free(&tree->arena);
	arena_free(&tree->layers.arena);
	name_table_release(&tree->names);
	left_out_release(&tree->left_out);
	links_release(&tree->links);
	numbering_release(&tree->numbering);
	path_rules_release(&tree->rules);
	xfree(tree->verity);
	if (tree->options.exists) {
		xfree(tree->options.subvols.subvols);
		xfree(tree->options.subvols.uuids);
	}
	xfree(tree);
}

struct arena *tree_arena(struct tree *tree)
{
	return &tree->arena;
}

u64 tree_bytes(const struct tree *tree)
{
	return tree->arena.bytes + tree->layers.arena.bytes;
}
