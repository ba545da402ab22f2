/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in files and symbolic links. Memory does not depend on their size, nor on their number of
 * extents: who needs the places of data before the data reads the items twice.
 *
 * Data of a file with fs-verity are verified when they are read, and so are holes before, between and
 * behind them: what does not fit the file's Merkle tree is an error like a wrong checksum.
 */
#ifndef READ_FILE_READER_H
#define READ_FILE_READER_H

#include "disk/fsverity.h"
#include "read/disk_inode.h"

struct file_reader;
struct file_reader *file_reader_new(struct filesystem *fs);
void file_reader_free(struct file_reader *reader); /* NULL is fine */

/* file_reader_open - begin at the beginning of a file; @inode is not needed afterwards */
void file_reader_open(struct file_reader *reader, const struct filesystem_tree *tree,
		      const struct disk_inode *inode);

/* file_reader_rewind - begin again at the beginning of the file */
void file_reader_rewind(struct file_reader *reader);

/*
 * file_reader_next_run - the next bytes that are not in a hole, as many as follow each other
 * What lies behind the size of the file, or was preallocated, is a hole. Returns 1, 0 at the end, or
 * a negative errno after printing.
 */
int file_reader_next_run(struct file_reader *reader, u64 *offset, u64 *bytes);

/*
 * file_reader_next_data - some of the bytes of the next run, in the order of the file
 * @data: stays valid until the next call
 * A rewind comes between calls of this and of file_reader_next_run(). Returns as that one.
 */
int file_reader_next_data(struct file_reader *reader, u64 *offset, const u8 **data, size_t *bytes);

/*
 * file_reader_verity - the descriptor of a file with fs-verity, whose data were all read: so all were
 * verified; NULL if it has none, or one that only Linux knows
 */
const struct fsverity_descriptor *file_reader_verity(const struct file_reader *reader);

/*
 * file_reader_link - the target of a symbolic link, which is the open file
 * @target: terminated, @bytes long without that; stays valid until the next call
 * Returns 0, or a negative errno after printing.
 */
int file_reader_link(struct file_reader *reader, const char **target, size_t *bytes);

#endif
