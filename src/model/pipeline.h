/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moves pieces through the threads (base/work_ring.h). The caller's thread fills batches (one large
 * piece, or many small files); any thread processes whole batches; the caller's thread hands the
 * results to the collector, oldest batch first.
 */
#ifndef MODEL_PIPELINE_H
#define MODEL_PIPELINE_H

#include "piece.h"

#define BATCH_BYTES (2 * PIECE_BYTES) /* a batch with less than one piece has room for another */
#define BATCH_PIECES 128              /* a batch with as many is full: small files */
/* The last piece of a batch may be of full size, and cut at holes in every other sector. */
#define BATCH_PIECES_MAX (BATCH_PIECES + PIECE_SECTORS / 2)

/* Blocks of file data: a small file takes less than a block of the batch. */
#define BATCH_BLOCKS_MAX (BATCH_BYTES / FSVERITY_BLOCK + BATCH_PIECES_MAX)

/* One slot of the ring of work. */
struct batch {
	u32 nr;
	u32 in_bytes;
	struct piece pieces[BATCH_PIECES_MAX];
	u8 *in;     /* BATCH_BYTES */
	u8 *out;    /* BATCH_BYTES: compressed data are smaller than their input */
	u8 *sums;   /* of all stored sectors */
	u8 *hashes; /* of all blocks of file data */
};

struct pipeline;

/* Gets each piece with its results, in the order of arrival; returns 0 or a negative errno. */
typedef int collect_fn(void *context, struct piece *p);

/* pipeline_new - start the threads; release with pipeline_free() */
struct pipeline *pipeline_new(const struct piece_rules *rules, unsigned threads,
			      collect_fn *collect, void *context);
void pipeline_free(struct pipeline *pl);

/* pipeline_batch - the batch to fill; another one after pipeline_push() */
struct batch *pipeline_batch(struct pipeline *pl);

/* pipeline_push - a piece was added to the batch: queue it if it is full; errors of collect */
int pipeline_push(struct pipeline *pl);

/* pipeline_flush - wait until collect got all pieces; errors of collect */
int pipeline_flush(struct pipeline *pl);

#endif
