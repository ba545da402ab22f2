/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hashes of the blocks of blobs, from which Merkle trees are made. The threads make them while
 * a piece is in memory.
 */
#ifndef MODEL_BLOCK_HASHES_H
#define MODEL_BLOCK_HASHES_H

#include "disk/format.h"
#include "disk/fsverity.h"

/* Of the blocks of a blob, at most. */
#define BLOCK_HASHES_MAX_BYTES (BTRFS_MAX_COMPRESSED / FSVERITY_BLOCK * FSVERITY_MAX_HASH)

struct block_hashes;

/* block_hashes_new - none; a spool in @spool_dir, which stays valid, is made for the first ones
 * Release with block_hashes_free(). */
struct block_hashes *block_hashes_new(const char *spool_dir);
void block_hashes_free(struct block_hashes *h);

/*
 * block_hashes_add - keep the hashes of a blob
 * @hashes: @nr of them. The hashes of one algorithm are kept, those that come first.
 * Returns 0, or a negative errno after printing: a full spool.
 */
int block_hashes_add(struct block_hashes *h, u32 blob, enum fsverity_algorithm algorithm,
		     const u8 *hashes, u32 nr);

/*
 * block_hashes_get - the @nr hashes of a blob
 * @hashes: result, BLOCK_HASHES_MAX_BYTES of room
 * Returns 1, 0 if there are none by this algorithm, or a negative errno after printing.
 */
int block_hashes_get(struct block_hashes *h, u32 blob, enum fsverity_algorithm algorithm,
		     u8 *hashes, u32 nr);

#endif
