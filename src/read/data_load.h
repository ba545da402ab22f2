/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stored bytes of file data: read, verified and unpacked. */
#ifndef READ_DATA_LOAD_H
#define READ_DATA_LOAD_H

#include "cursor.h"
#include "verity_hashes.h"

/* Some bytes of a file, and how to get them. Planned by file_reader.c; any thread may bring them. */
struct data_load {
	u8 compression; /* enum btrfs_compression_type */
	bool is_inline, is_summed;
	u32 stored_bytes; /* at most BTRFS_MAX_COMPRESSED; whole sectors, unless inline */
	u32 plain_bytes;  /* what they become; the same if not compressed */
	u32 skip, bytes;  /* the file's part of these */
	/* unless inline: where the stored bytes are */
	u64 logical;
	const struct mapped_chunk *chunk;
	const u8 *extra; /* inline: the stored bytes; summed: a sum for each sector; else NULL */
	const struct expected_hashes
		*hashes;         /* of the file's part, which has fs-verity; else NULL */
	struct item_place place; /* if compressed: what refers to them */
};

/* The buffers of one thread. */
struct data_loader {
	enum btrfs_csum_type csum;
	u32 sum_bytes;
	u8 *stored, *plain;                       /* BTRFS_MAX_COMPRESSED each */
	void *unpackers[BTRFS_COMPRESS_ZSTD + 1]; /* by codec.type, when first needed */
	bool has_extent;                          /* @plain holds a whole compressed extent: */
	struct data_load extent;
};

struct data_loader *data_loader_new(const struct filesystem *fs);
void data_loader_free(struct data_loader *loader); /* NULL is fine */

/* data_load_extra_bytes - how many there are at load->extra */
size_t data_load_extra_bytes(const struct data_loader *loader, const struct data_load *load);

/*
 * data_load_try - bring the bytes, if nothing is wrong with them; prints nothing
 * @room: load->bytes, where they may be put
 * Returns where they are: @room, or memory that stays valid until the next call; NULL if they have
 * to be brought by data_load_bring().
 */
const u8 *data_load_try(struct data_loader *loader, const struct data_load *load, u8 *room);

/*
 * data_load_bring - bring the bytes; each sector is taken from the first copy that is good
 * @bytes: stay valid until the next call
 * Returns 0, or a negative errno after printing. Only in the thread that prints messages.
 */
int data_load_bring(struct data_loader *loader, const struct data_load *load, const u8 **bytes);

#endif
