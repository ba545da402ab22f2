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

/* extent_item_most_refs - how many references of @bytes each the kernel keeps inside such an item */
size_t extent_item_most_refs(u32 nodesize, size_t bytes);

#endif
