/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stretch of one file, or a pack of several files' tails: what is compressed and checksummed as a
 * unit. */
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

struct piece {
	struct inode *inode; /* NULL: a pack */
	struct pack *pack;   /* or NULL; freed when the piece is taken up */
	struct storage storage;
	u64 file_off;
	u32 bytes;       /* of file data */
	u32 padded;      /* bytes rounded up to whole sectors, the rest zero */
	bool may_inline; /* it is the whole of a small file */
	bool may_pack;   /* it is the end of a file */
	u8 *in;          /* padded bytes; if it fits inline, the data alone */
	struct origin origin;
	u32 origin_bytes;           /* from the piece's beginning that lie at its origin */
	const struct spool *unread; /* where its data are still to be read, from its origin; or NULL
				     */
	/* results */
	int error;     /* of reading: negative errno, not printed; then there are no others */
	u64 key;       /* in the table of known pieces */
	bool seen_key; /* its key was in that table: not stored yet */
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
	struct dedupe *dedupe; /* NULL: equal pieces are stored each */
	bool small;            /* size counts more than time, whatever the level */
};

/*
 * piece_store - compress and checksum: the results of @p
 * @out:  room for what is compressed, padded bytes
 * @sums: room for a sum of each sector
 */
void piece_store(const struct piece_rules *rules, struct codec_contexts *contexts, struct piece *p,
		 u8 *out, u8 *sums);

/* piece_read - read the data if they are unread; sets error */
void piece_read(struct piece *p);

/* piece_work - piece_store(), unless the piece is known, where its data may go inline or into a
 * pack */
void piece_work(const struct piece_rules *rules, struct codec_contexts *contexts, struct piece *p,
		u8 *out, u8 *sums);

/* piece_fits_inline - whether a piece that may go inline does so, whatever the codec makes of it */
static inline bool piece_fits_inline(const struct piece_rules *rules, const struct piece *p)
{
	return p->may_inline && p->bytes < BTRFS_SECTORSIZE &&
	       p->bytes <= btrfs_max_inline_stored(rules->nodesize);
}

/* piece_out_bytes - how much of the room at @out a piece took */
static inline u32 piece_out_bytes(const struct piece *p)
{
	return p->stored && p->stored != p->in ? p->stored_bytes : 0;
}

/* piece_sums_bytes - the same of the room for sums */
static inline u32 piece_sums_bytes(const struct piece_rules *rules, const struct piece *p)
{
	return p->sums ? p->stored_bytes / BTRFS_SECTORSIZE * rules->sum_bytes : 0;
}

#endif
