/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts the bytes of files into pieces, compresses and checksums them, and
 * appends them to the content.
 *
 * Pieces end at multiples of 128 KiB of file offset and begin anew after each
 * hole, so how a file is stored depends on its own bytes and holes alone; equal pieces are stored
 * once. Work is done by a few threads; results are taken up in the order of arrival, so
 * threads never influence bytes.
 */
#ifndef MODEL_FILE_DATA_H
#define MODEL_FILE_DATA_H

#include "disk/checksum.h"
#include "model/content.h"
#include "model/storage.h"

struct file_data_options {
	enum btrfs_csum_type csum;
	u32 nodesize;
	u32 max_inline;    /* files of at most this many bytes go inline, 0..4096 */
	unsigned threads;  /* that use CPU, the caller's included; at least 1 */
	bool hash_files;   /* set inode.hash */
	bool detect_holes; /* sectors of zeros become holes */
	bool dedupe;       /* equal pieces are stored once */
	u32 pack_bytes;    /* ends of files shorter than this are kept for packs of at most this
			      size, to 131072; 0: none */
};

struct file_data;

/* Where an archive holds given bytes as they are; source CONTENT_DATA_SPOOL: nowhere. */
struct origin {
	u16 store_nr; /* of content */
	u64 offset;   /* in the source */
};

/* file_data_new - start the threads; @content must outlive the result; release with
 * file_data_free() */
struct file_data *file_data_new(const struct file_data_options *options, struct content *content);
void file_data_free(struct file_data *data);

/* file_data_bytes - of memory that stretches of data before a hole take by now: what they hold may
 * be stored once for all */
u64 file_data_bytes(const struct file_data *data);

/* file_data_add_archive - content_add_archive() for the content that data go to */
u16 file_data_add_archive(struct file_data *data, int archive_fd, const char *name);

/* file_data_content - that content */
struct content *file_data_content(struct file_data *data);

/* file_data_begin - what follows goes to @inode, which has its size but no data yet (nr is 0) */
void file_data_begin(struct file_data *data, struct inode *inode, struct storage storage);

/*
 * file_data_write - @bytes of file data at @file_off
 * @origin: where to find them again, or NULL: what is stored as it is then need not be spooled
 * Offsets ascend; what is skipped is a hole, as far as it covers whole sectors. @file_off + @bytes
 * is at most 2^63 - 1 (the caller checks). Returns 0 or a negative errno after printing (spool
 * full).
 */
int file_data_write(struct file_data *data, u64 file_off, const void *buf, size_t bytes,
		    const struct origin *origin);

/*
 * file_data_refer - the file's data, without a hole, are the @bytes at @origin, an archive
 * They are read where they are needed, by any thread. Returns 0 or a negative errno after printing:
 * the archive cannot be read, the spool is full.
 */
int file_data_refer(struct file_data *data, struct origin origin, u64 bytes);

/* file_data_end - the file is complete; nothing was written beyond its size */
int file_data_end(struct file_data *data);

/*
 * file_data_add_pack - store tails together, in this order, as one blob that @codec compresses
 * @tails: indexes into content.blobs of BLOB_TAILs, in whole sectors together at most 128 KiB
 * They lead to it after file_data_flush(). Returns 0 or a negative errno after printing.
 */
int file_data_add_pack(struct file_data *data, const struct codec_choice *codec, const u32 *tails,
		       u32 nr);

/* file_data_flush - wait until all pieces are in the content; needed before they are looked at */
int file_data_flush(struct file_data *data);

#endif
