/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block_items.h"

const struct btrfs_key_ptr *block_pointer(const struct block *b, u32 slot)
{
	return (const struct btrfs_key_ptr *)(b->bytes + sizeof(struct btrfs_header)) + slot;
}

static const struct btrfs_item *item_header(const struct block *b, u32 slot)
{
	return (const struct btrfs_item *)(b->bytes + sizeof(struct btrfs_header)) + slot;
}

struct btrfs_key block_key(const struct block *b, u32 slot)
{
	return key_from_disk(b->level ? &block_pointer(b, slot)->key : &item_header(b, slot)->key);
}

const void *block_item(const struct block *b, u32 slot, u32 *bytes)
{
	const struct btrfs_item *item = item_header(b, slot);
	*bytes = from_le32(item->size);
	return b->bytes + sizeof(struct btrfs_header) + from_le32(item->offset);
}

s64 block_find(const struct block *b, const struct btrfs_key *key)
{
	u32 low = 0, high = b->nritems;
	while (low < high) {
		const u32 middle = low + (high - low) / 2;
		const struct btrfs_key found = block_key(b, middle);
		if (key_compare(&found, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return (s64)low - 1;
}
