/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs-verity of a file that is read: the hashes that its blocks must have. They are leaves of the
 * Merkle tree on disk, which is verified from the root hash down to each leaf, as Linux does. Memory
 * does not depend on the file's size.
 */
#ifndef READ_VERITY_HASHES_H
#define READ_VERITY_HASHES_H

#include "disk/fsverity.h"
#include "read/disk_inode.h"

/* Hashes of blocks that follow each other, and all that is needed to compare them with data. */
struct expected_hashes {
	u64 first; /* number of the first block in the file */
	struct fsverity_params params;
	u8 hashes[BTRFS_MAX_COMPRESSED / FSVERITY_BLOCK * FSVERITY_MAX_HASH];
};

/* expected_hashes_bytes - how much of the struct is used for @bytes of data */
size_t expected_hashes_bytes(const struct expected_hashes *expected, u32 bytes);

/*
 * expected_hashes_verify - compare with @bytes of the file, at most BTRFS_MAX_COMPRESSED
 * @wrong: result: the number in the file of the first block that is wrong. Returns whether none is.
 */
bool expected_hashes_verify(const struct expected_hashes *expected, const u8 *data, u32 bytes,
			    u64 *wrong);

/* wrong_block_fail - print an error line about a block that is wrong; returns -EIO */
int wrong_block_fail(u64 nr);

struct verity_hashes;
struct verity_hashes *verity_hashes_new(struct filesystem *fs);
void verity_hashes_free(struct verity_hashes *hashes); /* NULL is fine */

/* verity_hashes_wants - whether the inode is a file that Linux verifies */
bool verity_hashes_wants(const struct disk_inode *inode);

/*
 * verity_hashes_open - read the descriptor of a file that verity_hashes_wants()
 * Returns 1; 0 after a warning: it has a form that only Linux knows, and nothing can be verified; or a
 * negative errno after printing.
 */
int verity_hashes_open(struct verity_hashes *hashes, const struct filesystem_tree *tree, u64 ino,
		       u64 size);

/* verity_hashes_descriptor - of the open file */
const struct fsverity_descriptor *verity_hashes_descriptor(const struct verity_hashes *hashes);

/*
 * verity_hashes_get - what @bytes from @offset must have: a multiple of 4096, at most
 * BTRFS_MAX_COMPRESSED
 * Returns 0, or a negative errno after printing: a block of the Merkle tree is wrong.
 */
int verity_hashes_get(struct verity_hashes *hashes, u64 offset, u32 bytes,
		      struct expected_hashes *expected);

/* verity_hashes_expect_zeros - verify a hole, from a multiple of 4096 to @end; as the one above */
int verity_hashes_expect_zeros(struct verity_hashes *hashes, u64 offset, u64 end);

#endif
