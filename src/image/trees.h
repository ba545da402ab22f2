/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of trees, and how to run the producer of one. */
#ifndef IMAGE_TREES_H
#define IMAGE_TREES_H

#include "blueprint.h"

/* A kind of tree. The chunk tree is in the SYSTEM chunk, all others are in METADATA chunks. */
struct tree_kind {
	const char *name; /* in statistics */
	u64 id; /* BTRFS_FIRST_FREE_OBJECTID: the trees of all subvolumes but the top level */
	int (*produce)(const struct blueprint *bp, struct tree_writer *tw); /* NULL: a subvolume */
	bool (*wanted)(const struct image_options *options);                /* NULL: always */
	bool fixed; /* its shape does not depend on addresses: measured once */
};

/* trees_choose - fill in blueprint.trees: which trees the image has; subvols are set */
void trees_choose(struct blueprint *bp);

/*
 * trees_produce - produce one tree into @sink, or count if that is NULL; @shape is the result
 * Addresses of blocks mean nothing before blueprint.is_placed. Returns 0 or a negative errno after
 * printing.
 */
int trees_produce(const struct blueprint *bp, const struct planned_tree *tree,
		  const struct block_sink *sink, struct tree_shape *shape);

/* trees_produce_all - produce all trees into @sink, in order of address; errors as above */
int trees_produce_all(const struct blueprint *bp, const struct block_sink *sink);

#endif
