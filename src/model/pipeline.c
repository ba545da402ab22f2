/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline.h"

#include "base/mem.h"
#include "base/work_ring.h"

#define BATCHES_PER_THREAD 3

struct pipeline {
	struct piece_rules rules;
	collect_fn *collect;
	void *context;
	struct work_ring *ring;
	struct batch *batches; /* by slot of the ring */
	u32 nr_batches;
};

/* ---- the calls of the ring ------------------------------------------------------- */

static void *contexts_new(void *context)
{
	(void)context;
	return xzalloc(sizeof(struct codec_contexts));
}

static void contexts_free(void *thread)
{
	codec_contexts_release(thread);
	xfree(thread);
}

static void work_on_batch(void *context, void *thread, u32 slot)
{
	const struct pipeline *pl = context;
	struct batch *b = &pl->batches[slot];
	struct piece_room room = { b->out, b->sums, b->hashes };
	for (u32 i = 0; i < b->nr; i++) {
		struct piece *p = &b->pieces[i];
		piece_work(&pl->rules, thread, p, &room);
		room.out += piece_out_bytes(p);
		room.sums += piece_sums_bytes(&pl->rules, p);
		room.hashes += piece_hashes_bytes(p);
	}
}

static int collect_batch(void *context, u32 slot)
{
	const struct pipeline *pl = context;
	struct batch *b = &pl->batches[slot];
	int err = 0;
	for (u32 i = 0; i < b->nr; i++) {
		if (!err)
			err = pl->collect(pl->context, &b->pieces[i]);
		xfree(b->pieces[i].pack);
	}
	b->nr = 0;
	b->in_bytes = 0;
	return err;
}

static const struct work_ring_calls pipeline_calls = {
	.thread_new = contexts_new,
	.thread_free = contexts_free,
	.work = work_on_batch,
	.collect = collect_batch,
};

/* ---- the caller's thread ----------------------------------------------------------- */

/* A batch gets its memory when it is first filled: few files need few batches. */
static void start_filling(struct batch *b)
{
	if (b->in)
		return;
	b->in = xaligned(BATCH_BYTES);
	b->out = xaligned(BATCH_BYTES);
	b->sums = xmalloc(BATCH_BYTES / BTRFS_SECTORSIZE * BTRFS_CSUM_SIZE);
	b->hashes = xmalloc(BATCH_BLOCKS_MAX * FSVERITY_MAX_HASH);
}

/* Queue the batch that was filled, and begin the next one. */
static int submit(struct pipeline *pl)
{
	const int err = work_ring_submit(pl->ring);
	start_filling(pipeline_batch(pl));
	return err;
}

struct batch *pipeline_batch(struct pipeline *pl)
{
	return &pl->batches[work_ring_slot(pl->ring)];
}

int pipeline_push(struct pipeline *pl)
{
	const struct batch *b = pipeline_batch(pl);
	return b->nr < BATCH_PIECES && b->in_bytes < PIECE_BYTES ? 0 : submit(pl);
}

int pipeline_flush(struct pipeline *pl)
{
	const int err = pipeline_batch(pl)->nr ? submit(pl) : 0;
	return err ? err : work_ring_flush(pl->ring);
}

/* ---- life ----------------------------------------------------------------------------- */

struct pipeline *pipeline_new(const struct piece_rules *rules, unsigned threads,
			      collect_fn *collect, void *context)
{
	struct pipeline *pl = xzalloc(sizeof(*pl));
	pl->rules = *rules;
	pl->collect = collect;
	pl->context = context;
	pl->nr_batches = threads == 1 ? 2 : threads * BATCHES_PER_THREAD;
	pl->batches = xzalloc(pl->nr_batches * sizeof(*pl->batches));
	pl->ring = work_ring_new(&pipeline_calls, pl, pl->nr_batches, threads);
	start_filling(pipeline_batch(pl));
	return pl;
}

static void batch_free(struct batch *b)
{
	for (u32 i = 0; i < b->nr; i++)
		xfree(b->pieces[i].pack);
	xfree(b->in);
	xfree(b->out);
	xfree(b->sums);
	xfree(b->hashes);
}

void pipeline_free(struct pipeline *pl)
{
	if (!pl)
		return;
	work_ring_free(pl->ring);
	for (u32 i = 0; i < pl->nr_batches; i++)
		batch_free(&pl->batches[i]);
	xfree(pl->batches);
	xfree(pl);
}
