/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is verified of a tree block. */
#ifndef READ_BLOCK_CHECK_H
#define READ_BLOCK_CHECK_H

#include "block.h"

#define BLOCK_REASON_BYTES 160

/*
 * block_check_inside - whether a block is good in itself: sum, address, items
 * @block: its bytes are read; nritems and level are set here
 * @fsid:  the id that its header must have
 * Returns false with the reason in @reason, which has BLOCK_REASON_BYTES.
 */
bool block_check_inside(const struct block_source *source, struct block *block, const u8 *fsid,
			char *reason);

/* block_check_place - whether a block that is good in itself is the one that is @wanted */
bool block_check_place(const struct block *block, const struct block_wanted *wanted, char *reason);

#endif
