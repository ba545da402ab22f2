/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_TREE_PATHS_H
#define CLI_TREE_PATHS_H

#include "model/tree.h"

/* Gets a name: @path is "." for the root, else "./...", of @len bytes, not terminated. */
typedef void tree_path_fn(void *context, const char *path, size_t len, const struct inode *inode);

/* tree_paths_visit - visit all names of a finished tree, in its order, the root first */
void tree_paths_visit(const struct tree *tree, tree_path_fn *visit, void *context);

#endif
