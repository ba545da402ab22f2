/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/extent_walk.h"

struct extent_walk extent_walk_begin(const struct tree *tree, struct content *content)
{
	struct extent_walk walk = { .extents = content->extents };
	u32 nr_subvols;
	walk.inodes = tree_inodes(tree, &walk.nr_inodes);
	walk.subvols = tree_subvols(tree, &nr_subvols);
	return walk;
}

struct extent *extent_walk_next(struct extent_walk *walk)
{
	while (!walk->inode || !inode_is_file(walk->inode) ||
	       walk->next_extent == walk->inode->nr) {
		if (walk->next_inode == walk->nr_inodes)
			return NULL;
		walk->inode = walk->inodes[walk->next_inode++];
		walk->next_extent = 0;
		walk->root = walk->subvols[walk->inode->subvol].id;
	}
	return walk->extents + walk->inode->first_extent + walk->next_extent++;
}

struct extent *extent_walk_next_stored(struct extent_walk *walk)
{
	struct extent *e;
	do {
		e = extent_walk_next(walk);
	} while (e && e->is_inline);
	return e;
}
