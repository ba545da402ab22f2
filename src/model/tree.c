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

struct storage tree_storage(const struct tree *tree, const struct inode *inode)
{
	const struct path_rules *rules = &tree->options.rules;
	struct path path = rules->nr ? inode_path(inode) : (struct path){ .len = 0 };
	struct path_settings holds = path_rules_find(rules, path.bytes, path.len);
	xfree(path.bytes);
	const u32 flags = tree->options.exists ? 0 : holds.inode_flags;
	struct storage storage = storage_of(holds.codec, inode->flags | flags);
	storage.verity = holds.verity;
	return storage;
}

struct arena *tree_arena(struct tree *tree)
{
	return &tree->arena;
}

u64 tree_bytes(const struct tree *tree)
{
	return tree->arena.bytes + tree->layers.arena.bytes;
}
