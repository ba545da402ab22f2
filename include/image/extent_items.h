/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The items of data extents in the extent tree. */
#ifndef IMAGE_EXTENT_ITEMS_H
#define IMAGE_EXTENT_ITEMS_H

#include "image/data_ref.h"
#include "image/tree_writer.h"

/* An extent with all references to it. */
struct data_extent {
	u64 logical, bytes;
	const struct data_ref *refs; /* at least one */
	size_t nr_refs;
};

/* extent_item_put_data - its EXTENT_ITEM, and items of the references that have no room in it */
int extent_item_put_data(struct tree_writer *tw, u32 nodesize, const struct data_extent *extent);

/* The METADATA_ITEM of a tree block that one tree has. */
struct extent_block_item {
	struct btrfs_extent_item extent;
	struct btrfs_extent_inline_ref ref;
};
static_assert(sizeof(struct extent_block_item) == 33, "no padding");

/* extent_item_block - of a block of tree @owner, written in @generation */
struct extent_block_item extent_item_block(u64 owner, u64 generation);

/* extent_item_most_refs - how many references of @bytes each the kernel keeps inside such an item */
size_t extent_item_most_refs(u32 nodesize, size_t bytes);

#endif
