/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pieces on their way through the threads. The caller's thread fills batches (one large
 * piece, or many small files); workers work on whole batches; the caller's thread takes the
 * results up, oldest batch first. When all batches are under way it does not wait but works
 * on one itself, so N threads keep N CPUs busy.
 */
#ifndef MODEL_PIPELINE_H
#define MODEL_PIPELINE_H

#include "piece.h"

#define BATCH_BYTES (2 * PIECE_BYTES) /* a batch below one piece's size has room for another */
#define BATCH_PIECES 128              /* so many files that go inline whatever they hold */
/* A batch that may take one piece more can get a full one, with a hole at every other sector. */
#define BATCH_PIECES_MAX (BATCH_PIECES + PIECE_SECTORS / 2)

enum batch_state {
	BATCH_FILLING,
	BATCH_QUEUED,
	BATCH_WORKING,
	BATCH_DONE
};

struct batch {
	enum batch_state state;
	u32 nr;
	u32 in_bytes;
	struct piece pieces[BATCH_PIECES_MAX];
	u8 *in;   /* BATCH_BYTES */
	u8 *out;  /* BATCH_BYTES: what is compressed is smaller than its input */
	u8 *sums; /* of all stored sectors */
};

struct pipeline;

/* What becomes of a piece with its results, in the order of arrival; 0 or negative errno. */
typedef int collect_fn(void *context, struct piece *p);

/* pipeline_new - start the threads; release with pipeline_free() */
struct pipeline *pipeline_new(const struct piece_rules *rules, unsigned threads,
			      collect_fn *collect, void *context);
void pipeline_free(struct pipeline *pl);

/* pipeline_batch - the batch to fill; another one after pipeline_push() */
struct batch *pipeline_batch(struct pipeline *pl);

/* pipeline_push - the batch got a piece more: send it on its way if it is full; errors of collect
 */
int pipeline_push(struct pipeline *pl);

/* pipeline_flush - wait until all pieces are taken up; errors of collect */
int pipeline_flush(struct pipeline *pl);

#endif
