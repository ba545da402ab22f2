/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All extents of a finished tree's files, in the order of tree_inodes(): that of data in the image.
 */
#ifndef MODEL_EXTENT_WALK_H
#define MODEL_EXTENT_WALK_H

#include "model/content.h"
#include "model/tree.h"

struct extent_walk {
	const struct inode *const *inodes;
	u64 nr_inodes;
	struct extent *extents;
	u64 next_inode;
	u32 next_extent;           /* of the present inode */
	const struct inode *inode; /* that the extent returned last belongs to */
	const struct subvol *subvols;
	u64 root; /* tree id of the subvolume that the inode is in */
};

/* extent_walk_begin - at the first extent; both must outlive the walk */
struct extent_walk extent_walk_begin(const struct tree *tree, struct content *content);

/* extent_walk_next - the next extent, inline ones too, or NULL at the end */
struct extent *extent_walk_next(struct extent_walk *walk);

/* extent_walk_next_stored - the next one that is not inline */
struct extent *extent_walk_next_stored(struct extent_walk *walk);

#endif
