/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in a tree block, for those who compare leaves. */
#ifndef IMAGE_LEAF_ITEMS_H
#define IMAGE_LEAF_ITEMS_H

#include "disk/format.h"

static inline bool block_is_leaf(const u8 *block)
{
	return !((const struct btrfs_header *)block)->level;
}

static inline u32 leaf_nr_items(const u8 *block)
{
	return from_le32(((const struct btrfs_header *)block)->nritems);
}

static inline const struct btrfs_item *leaf_items(const u8 *block)
{
	return (const struct btrfs_item *)(block + sizeof(struct btrfs_header));
}

/* leaf_data - the bytes of one of its items */
static inline const u8 *leaf_data(const u8 *block, const struct btrfs_item *item)
{
	return block + sizeof(struct btrfs_header) + from_le32(item->offset);
}

#endif
