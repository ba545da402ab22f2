/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs-verity of a file: its data are hashed anew, and compared with the Merkle tree and the descriptor
 * that the disk has. Memory does not depend on the file's size.
 */
#ifndef READ_VERITY_CHECK_H
#define READ_VERITY_CHECK_H

#include "disk/fsverity.h"
#include "read/disk_inode.h"

struct verity_check;
struct verity_check *verity_check_new(struct filesystem *fs);
void verity_check_free(struct verity_check *check); /* NULL is fine */

/* verity_check_wants - whether the inode is a file that Linux verifies */
bool verity_check_wants(const struct disk_inode *inode);

/*
 * verity_check_begin - read the descriptor of a file that verity_check_wants()
 * Returns 1; 0 after a warning: it has a form that only Linux knows, and nothing can be verified; or a
 * negative errno after printing.
 */
int verity_check_begin(struct verity_check *check, const struct filesystem_tree *tree,
		       const struct disk_inode *inode);

/*
 * verity_check_add - some bytes of the file; offsets ascend, bytes in between are zeros
 * @offset: a multiple of 4096; so is @bytes, except at the end of the file
 * Returns 0, or a negative errno after printing: a block of the Merkle tree is wrong.
 */
int verity_check_add(struct verity_check *check, u64 offset, const u8 *data, size_t bytes);

/*
 * verity_check_end - all data were added; they are verified if this returns 0
 * @descriptor: result. Returns 0, or a negative errno after printing.
 */
int verity_check_end(struct verity_check *check, struct fsverity_descriptor *descriptor);

#endif
