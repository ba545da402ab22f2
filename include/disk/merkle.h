/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Merkle tree of a file, as fs-verity has it.
 *
 * Level 0 holds the hashes of the file's blocks, each further level those of the blocks of the level
 * below, up to a level of one block, whose hash is the root hash. Zeros fill the last block of each
 * level. A file of one block has no tree: the block's hash is the root hash. On disk the levels
 * follow each other, the highest first.
 *
 * The builder gets the hashes of the file's blocks in order. It keeps one block of each level, and
 * hands a block over when it is full. So blocks leave it in another order than that on disk;
 * merkle_place() tells where in it a block is.
 */
#ifndef DISK_MERKLE_H
#define DISK_MERKLE_H

#include "disk/fsverity.h"

#define MERKLE_MAX_LEVELS 8 /* of the format */

/* How many blocks a tree has on each level. */
struct merkle_shape {
	u32 nr_levels;
	u32 per_block; /* hashes */
	u64 nr_data_blocks;
	u64 nr_blocks[MERKLE_MAX_LEVELS];
	u64 total;
};

/* merkle_shape - of the tree of @data_bytes; false: Linux reads no such tree, it is too high or ends
 * behind the largest offset of a file */
bool merkle_shape(enum fsverity_algorithm algorithm, u64 data_bytes, struct merkle_shape *shape);

/* merkle_used_bytes - of the whole tree on disk, up to the last hash: the rest of its last block is
 * zeros */
u64 merkle_used_bytes(const struct merkle_shape *shape);

/* merkle_block_nr - the number on disk of block @nr of a level */
u64 merkle_block_nr(const struct merkle_shape *shape, u32 level, u64 nr);

/* merkle_place - of block @nr on disk, its number in the order in which the builder hands over */
u64 merkle_place(const struct merkle_shape *shape, u64 nr);

/* Takes a block of the tree: @nr is its number on disk. Returns 0 or a negative errno. */
typedef int merkle_put_fn(void *context, u64 nr, const u8 block[FSVERITY_BLOCK]);

struct merkle;

/* merkle_new - of a file with this @shape; release with merkle_free() */
struct merkle *merkle_new(const struct fsverity_params *params, const struct merkle_shape *shape,
			  merkle_put_fn *put, void *context);
void merkle_free(struct merkle *merkle);

/* merkle_add - the hashes of the next @nr blocks of the file; errors of put */
int merkle_add(struct merkle *merkle, const u8 *hashes, u64 nr);

/* merkle_add_zeros - the next @nr blocks are zeros; errors of put */
int merkle_add_zeros(struct merkle *merkle, u64 nr);

/*
 * merkle_finish - all blocks were added (asserted); errors of put
 * @root_hash: result, fsverity_hash_bytes(); zeros for an empty file
 */
int merkle_finish(struct merkle *merkle, u8 *root_hash);

#endif
