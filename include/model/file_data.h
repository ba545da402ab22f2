/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts the bytes of files into pieces, compresses and checksums them, and appends the results to
 * the content.
 *
 * Pieces end at multiples of 128 KiB of file offset, and a new piece begins after each hole. So the
 * way a file is stored depends on its own bytes and holes alone. Equal pieces are stored once.
 * A few threads do the work; the collector takes the results in the order of arrival, so threads
 * never influence bytes.
 */
#ifndef MODEL_FILE_DATA_H
#define MODEL_FILE_DATA_H

#include "disk/checksum.h"
#include "model/content.h"
#include "model/storage.h"

struct file_data_options {
	enum btrfs_csum_type csum;
	u32 nodesize;
	u32 max_inline;                /* files of at most this many bytes go inline, 0..4096 */
	unsigned threads;              /* threads that work, the caller's included; at least 1 */
	bool hash_files;               /* set inode.hash */
	bool detect_holes;             /* sectors of zeros become holes */
	bool dedupe;                   /* equal pieces are stored once */
	struct fsverity_params verity; /* how blocks are hashed, but for the algorithm */
	u32 pack_bytes; /* the most that a pack holds, up to 131072; a last piece shorter than
			      this becomes a tail; 0: no packs */
};

struct file_data;

/* Where an archive holds given bytes uncompressed. */
struct origin {
	u16 store_nr; /* index into content.stores; CONTENT_DATA_SPOOL: no archive holds them */
	u64 offset;   /* in that store */
};

/* file_data_new - start the threads
 * @content must outlive the result; release with file_data_free(). */
struct file_data *file_data_new(const struct file_data_options *options, struct content *content);
void file_data_free(struct file_data *data);

/* file_data_bytes - the memory that pieces before holes take by now
 * Not limited by the data stored: all of them may be equal, and so be one blob. */
u64 file_data_bytes(const struct file_data *data);

/* file_data_content - the content of @data */
struct content *file_data_content(struct file_data *data);

/* file_data_begin - begin the file @inode: inode.size is set, inode.nr is 0
 * The calls up to file_data_end() bring its data. */
void file_data_begin(struct file_data *data, struct inode *inode, struct storage storage);

/*
 * file_data_write - @bytes of file data at @file_off
 * @origin: where an archive holds them, or NULL; a plain blob of them is then not spooled
 * Offsets ascend. The whole sectors between two calls are a hole. @file_off + @bytes is at most
 * 2^63 - 1 (the caller checks). Returns 0 or a negative errno after printing (spool full).
 */
int file_data_write(struct file_data *data, u64 file_off, const void *buf, size_t bytes,
		    const struct origin *origin);

/*
 * file_data_refer - the whole data of the file, without a hole, are the @bytes at @origin
 * The thread that works on a piece reads it from the archive. Returns 0 or a negative errno after
 * printing: the archive cannot be read, the spool is full.
 */
int file_data_refer(struct file_data *data, struct origin origin, u64 bytes);

/* file_data_end - the file is complete; nothing was written beyond its size */
int file_data_end(struct file_data *data);

/*
 * file_data_add_pack - make a pack of @nr tails, in this order, that @codec compresses
 * @tails: indexes into content.blobs, of BLOB_TAILs; in whole sectors together at most 128 KiB
 * The tails are BLOB_PACKED after file_data_flush(). Returns 0 or a negative errno after printing.
 */
int file_data_add_pack(struct file_data *data, const struct codec_choice *codec, const u32 *tails,
		       u32 nr);

/* file_data_flush - wait until all pieces are in the content; needed before it is read */
int file_data_flush(struct file_data *data);

#endif
