/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of one file, or a pack of tails: the unit that is compressed and checksummed. */
#ifndef MODEL_PIECE_H
#define MODEL_PIECE_H

#include "codec_contexts.h"
#include "dedupe.h"
#include "model/content.h"
#include "model/file_data.h"

#define PIECE_BYTES BTRFS_MAX_COMPRESSED
#define PIECE_SECTORS (PIECE_BYTES / BTRFS_SECTORSIZE)

/* The tails that a pack holds, in its order. */
struct pack {
	u32 nr;
	u32 tails[PIECE_SECTORS]; /* indexes into content.blobs */
};

/*
 * A piece goes through three hands. file_data.c cuts it and sets the fields above the results, in
 * the caller's thread. A worker sets the results (piece_work()), if need be after reading the data.
 * The collector reads all of it, and may call piece_store() itself. The batch owns the memory.
 */
struct piece {
	struct inode *inode; /* NULL: a pack */
	struct pack *pack;   /* or NULL; freed by the pipeline after the collector */
	struct storage storage;
	u64 file_off;
	u32 bytes;       /* of file data */
	u32 padded;      /* bytes rounded up to whole sectors, the rest zero */
	bool may_inline; /* it is the whole of a small file */
	bool may_pack;   /* it is the end of a file */
	u8 *in;          /* padded bytes; if it fits inline, the data alone */
	struct origin origin;
	u32 origin_bytes; /* of the piece, from its beginning, that the archive holds at origin */
	const struct spool
		*unread; /* the store to read the data from, at origin; NULL: in memory */
	/* results */
	int error;     /* of reading: negative errno, not printed; then no other result is set */
	u64 key;       /* in the dedupe table */
	bool seen_key; /* that table has its key: probably a duplicate, so it was not compressed,
			  and the results below are not set */
	enum blob_place place;
	const u8 *stored;
	u32 stored_bytes;
	u8 *sums;
	u8 hash[16];
	u8 compression;
};

/* What is the same for all pieces. */
struct piece_rules {
	enum btrfs_csum_type csum;
	u32 sum_bytes;
	u32 nodesize;
	struct dedupe *dedupe; /* NULL: equal pieces are stored several times */
	bool small;            /* size counts more than time, at every level */
};

/*
 * piece_store - compress and checksum: the results of @p
 * @out:  room for the compressed data, piece.padded bytes
 * @sums: room for a sum of each sector
 */
void piece_store(const struct piece_rules *rules, struct codec_contexts *contexts, struct piece *p,
		 u8 *out, u8 *sums);

/* piece_read - read the data if they are unread; sets error */
void piece_read(struct piece *p);

/* piece_work - read the piece if it is unread, and set its results; inline if that is possible,
 * piece_store() only if its key is new */
void piece_work(const struct piece_rules *rules, struct codec_contexts *contexts, struct piece *p,
		u8 *out, u8 *sums);

/* piece_fits_inline - whether a piece that may go inline fits there even uncompressed */
static inline bool piece_fits_inline(const struct piece_rules *rules, const struct piece *p)
{
	return p->may_inline && p->bytes < BTRFS_SECTORSIZE &&
	       p->bytes <= btrfs_max_inline_stored(rules->nodesize);
}

/* piece_out_bytes - the bytes at @out that a piece took */
static inline u32 piece_out_bytes(const struct piece *p)
{
	return p->stored && p->stored != p->in ? p->stored_bytes : 0;
}

/* piece_sums_bytes - the bytes at @sums that a piece took */
static inline u32 piece_sums_bytes(const struct piece_rules *rules, const struct piece *p)
{
	return p->sums ? p->stored_bytes / BTRFS_SECTORSIZE * rules->sum_bytes : 0;
}

#endif
