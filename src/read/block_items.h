/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree block, and what is in it. */
#ifndef READ_BLOCK_ITEMS_H
#define READ_BLOCK_ITEMS_H

#include "disk/key.h"

/* Verified by block_check.c; nothing below may be called before. */
struct block {
	u64 bytenr;
	u32 refs;
	u32 nritems;
	u8 level;
	u8 bytes[]; /* nodesize of them */
};

/* block_key - the key of item or pointer @slot */
struct btrfs_key block_key(const struct block *block, u32 slot);

/* block_pointer - in a node */
const struct btrfs_key_ptr *block_pointer(const struct block *block, u32 slot);

/* block_item - in a leaf: its bytes, and how many */
const void *block_item(const struct block *block, u32 slot, u32 *bytes);

/* block_find - the last slot whose key is not behind @key, or -1 if all are */
s64 block_find(const struct block *block, const struct btrfs_key *key);

#endif
