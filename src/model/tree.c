/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a tree, and what it tells while members arrive. */
#include "tree_private.h"

struct tree *tree_new(const struct tree_options *options)
{
	struct tree *tree = xzalloc(sizeof(*tree));
	tree->options = *options;
	names_init(tree);
	links_init(tree);
	tree->root = dentry_imply(tree, NULL);
	return tree;
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	arena_free(&tree->arena);
	arena_free(&tree->layer.arena);
	xfree(tree->buckets);
	xfree(tree->pending_buckets);
	xfree(tree->inodes);
	xfree(tree->subvols);
	path_rules_release(&tree->rules);
	xfree(tree);
}

struct storage tree_storage(const struct tree *tree, const struct inode *inode)
{
	const struct path_rules *rules = &tree->options.rules;
	struct path path = { .len = 0 };
	if (rules->nr && inode->names)
		path = dentry_path(inode->names);
	struct path_settings holds = path_rules_find(rules, path.bytes, path.len);
	xfree(path.bytes);
	return storage_of(holds.codec, inode->flags | holds.inode_flags);
}

struct arena *tree_arena(struct tree *tree)
{
	return &tree->arena;
}

u64 tree_bytes(const struct tree *tree)
{
	return tree->arena.bytes + tree->layer.arena.bytes;
}
