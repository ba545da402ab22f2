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
	u8 *hashes; /* of the blocks of file data, if storage.verity asks for them */
	u8 hash[16];
	u8 compression;
};

/* What is the same for all pieces. */
struct piece_rules {
	enum btrfs_csum_type csum;
	u32 sum_bytes;
	u32 nodesize;
	struct dedupe *dedupe;         /* NULL: equal pieces are stored several times */
	struct fsverity_params verity; /* but for the algorithm */
	bool small;                    /* size counts more than time, at every level */
};

/* Where results of a piece go. */
struct piece_room {
	u8 *out;    /* piece.padded bytes, for compressed data */
	u8 *sums;   /* a sum of each sector */
	u8 *hashes; /* a hash of each block; may be NULL if storage.verity asks for none */
};

/* piece_store - compress, checksum and hash: the results of @p */
void piece_store(const struct piece_rules *rules, struct codec_contexts *contexts, struct piece *p,
		 const struct piece_room *room);

/* piece_read - read the data if they are unread; sets error */
void piece_read(struct piece *p);

/* piece_work - read the piece if it is unread, and set its results; inline if that is possible,
 * piece_store() only if its key is new */
void piece_work(const struct piece_rules *rules, struct codec_contexts *contexts, struct piece *p,
		const struct piece_room *room);

/* piece_fits_inline - whether a piece that may go inline fits there even uncompressed */
static inline bool piece_fits_inline(const struct piece_rules *rules, const struct piece *p)
{
	return p->may_inline && p->bytes < BTRFS_SECTORSIZE &&
	       p->bytes <= btrfs_max_inline_stored(rules->nodesize);
}

/* piece_out_bytes - the bytes at piece_room.out that a piece took */
static inline u32 piece_out_bytes(const struct piece *p)
{
	return p->stored && p->stored != p->in ? p->stored_bytes : 0;
}

/* piece_sums_bytes - the bytes at piece_room.sums that a piece took */
static inline u32 piece_sums_bytes(const struct piece_rules *rules, const struct piece *p)
{
	return p->sums ? p->stored_bytes / BTRFS_SECTORSIZE * rules->sum_bytes : 0;
}

/* piece_nr_blocks - the blocks of file data, which storage.verity asks to hash */
static inline u32 piece_nr_blocks(const struct piece *p)
{
	return u32_from_u64(align_up(p->bytes, FSVERITY_BLOCK)) / FSVERITY_BLOCK;
}

/* piece_hashes_bytes - the bytes at piece_room.hashes that a piece took */
static inline u32 piece_hashes_bytes(const struct piece *p)
{
	return p->hashes ? piece_nr_blocks(p) * fsverity_hash_bytes(p->storage.verity) : 0;
}

#endif
