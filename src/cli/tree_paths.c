/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree_paths.h"

struct visited_path {
	char *bytes;
	size_t len, capacity;
};

static void add(struct visited_path *path, const char *bytes, size_t len)
{
	path->bytes = mem_grow(path->bytes, &path->capacity, path->len + len, 1);
	memcpy(path->bytes + path->len, bytes, len);
	path->len += len;
}

void tree_paths_visit(const struct tree *tree, tree_path_fn *visit, void *context)
{
	const struct inode *root = tree_root(tree);
	struct tree_walk walk = { .depth = 0 };
	struct visited_path path = { .len = 0 };
	add(&path, ".", 1);
	visit(context, path.bytes, path.len, root);
	tree_walk_enter(&walk, root, path.len);
	for (const struct dentry *d; (d = tree_walk_next(&walk));) {
		path.len = walk.mark;
		add(&path, "/", 1);
		add(&path, d->name, d->name_len);
		visit(context, path.bytes, path.len, d->inode);
		if (inode_is_dir(d->inode))
			tree_walk_enter(&walk, d->inode, path.len);
	}
	tree_walk_release(&walk);
	xfree(path.bytes);
}
