/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts the bytes of files into extents, compresses and checksums them, and
 * appends them to the content.
 *
 * Pieces end at multiples of 128 KiB of file offset and begin anew after each
 * hole, so how a file is stored depends on its own bytes and holes alone. Work is
 * done by a few threads; results are taken up in the order of arrival, so
 * threads never influence bytes.
 */
#ifndef MODEL_FILE_DATA_H
#define MODEL_FILE_DATA_H

#include "disk/checksum.h"
#include "disk/codec.h"
#include "model/content.h"

struct file_data_options {
	struct codec_choice codec;
	enum btrfs_csum_type csum;
	u32 nodesize;
	u32 max_inline;   /* files of at most this many bytes go inline, 0..4096 */
	unsigned threads; /* that use CPU, the caller's included; at least 1 */
};

struct file_data;

/* file_data_new - start the threads; @content must outlive the result; release with
 * file_data_free() */
struct file_data *file_data_new(const struct file_data_options *options, struct content *content);
void file_data_free(struct file_data *fd);

/* file_data_begin - what follows goes to @inode, which has no data yet; its flags are set
 * (NODATASUM counts) */
void file_data_begin(struct file_data *fd, struct inode *inode);

/*
 * file_data_write - @bytes of file data at @file_off
 * Offsets ascend; what is skipped is a hole, as far as it covers whole sectors. @file_off + @bytes
 * is at most 2^63 - 1 (the caller checks). Returns 0 or a negative errno after printing (spool
 * full).
 */
int file_data_write(struct file_data *fd, u64 file_off, const void *data, size_t bytes);

/* file_data_end - the file is complete and @size bytes long (at least what was written) */
int file_data_end(struct file_data *fd, u64 size);

/* file_data_flush - wait until all extents are in the content; needed before they are looked at */
int file_data_flush(struct file_data *fd);

#endif
