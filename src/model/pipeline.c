/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mutex protects only the states of batches; no thread holds it while it works. */
#include "pipeline.h"

#define BATCHES_PER_THREAD 3

struct pipeline {
	struct piece_rules rules;
	collect_fn *collect;
	void *context;

	struct batch *batches; /* a ring: [oldest, filling) are queued or processed */
	unsigned nr_batches;
	unsigned oldest;
	unsigned filling;
	struct codec_contexts contexts; /* of the caller's thread */

	pthread_mutex_t mutex;
	pthread_cond_t work_queued;
	pthread_cond_t work_done;
	unsigned next_work; /* the first queued batch of the ring */
	bool stopping;
	pthread_t *workers;
	unsigned nr_workers;
};

/* ---- work: any thread ----------------------------------------------------------- */

static void work_on_batch(const struct pipeline *pl, struct codec_contexts *contexts,
			  struct batch *b)
{
	u8 *out = b->out, *sums = b->sums;
	for (u32 i = 0; i < b->nr; i++) {
		struct piece *p = &b->pieces[i];
		piece_work(&pl->rules, contexts, p, out, sums);
		out += piece_out_bytes(p);
		sums += piece_sums_bytes(&pl->rules, p);
	}
}

static void set_state(struct pipeline *pl, struct batch *b, enum batch_state state)
{
	pthread_mutex_lock(&pl->mutex);
	b->state = state;
	pthread_mutex_unlock(&pl->mutex);
}

/* The next queued batch, or NULL. Call with the mutex held. */
static struct batch *take_work(struct pipeline *pl)
{
	struct batch *b = &pl->batches[pl->next_work];
	if (b->state != BATCH_QUEUED)
		return NULL;
	b->state = BATCH_WORKING;
	pl->next_work = (pl->next_work + 1) % pl->nr_batches;
	return b;
}

static void *worker(void *arg)
{
	struct pipeline *pl = arg;
	struct codec_contexts contexts = { .nr = 0 };
	pthread_mutex_lock(&pl->mutex);
	while (!pl->stopping) {
		struct batch *b = take_work(pl);
		if (!b) {
			pthread_cond_wait(&pl->work_queued, &pl->mutex);
			continue;
		}
		pthread_mutex_unlock(&pl->mutex);
		work_on_batch(pl, &contexts, b);
		pthread_mutex_lock(&pl->mutex);
		b->state = BATCH_DONE;
		pthread_cond_signal(&pl->work_done);
	}
	pthread_mutex_unlock(&pl->mutex);
	codec_contexts_release(&contexts);
	return NULL;
}

/* ---- the ring: the caller's thread ------------------------------------------------ */

static int collect_oldest(struct pipeline *pl)
{
	struct batch *b = &pl->batches[pl->oldest];
	int err = 0;
	for (u32 i = 0; i < b->nr; i++) {
		if (!err)
			err = pl->collect(pl->context, &b->pieces[i]);
		xfree(b->pieces[i].pack);
	}
	b->nr = 0;
	b->in_bytes = 0;
	set_state(pl, b, BATCH_FILLING);
	pl->oldest = (pl->oldest + 1) % pl->nr_batches;
	return err;
}

/* Get the oldest batch done: process queued batches, or wait if there are none. */
static void finish_oldest(struct pipeline *pl)
{
	pthread_mutex_lock(&pl->mutex);
	while (pl->batches[pl->oldest].state != BATCH_DONE) {
		struct batch *b = take_work(pl);
		if (!b) {
			pthread_cond_wait(&pl->work_done, &pl->mutex);
			continue;
		}
		pthread_mutex_unlock(&pl->mutex);
		work_on_batch(pl, &pl->contexts, b);
		pthread_mutex_lock(&pl->mutex);
		b->state = BATCH_DONE;
	}
	pthread_mutex_unlock(&pl->mutex);
}

/* A batch gets its memory when it is first filled: few files need few batches. */
static void start_filling(struct batch *b)
{
	if (b->in)
		return;
	b->in = xaligned(BATCH_BYTES);
	b->out = xaligned(BATCH_BYTES);
	b->sums = xmalloc(BATCH_BYTES / BTRFS_SECTORSIZE * BTRFS_CSUM_SIZE);
}

/* Queue the batch that was filled, and begin the next one. */
static int submit(struct pipeline *pl)
{
	set_state(pl, pipeline_batch(pl), BATCH_QUEUED);
	pthread_cond_signal(&pl->work_queued);
	pl->filling = (pl->filling + 1) % pl->nr_batches;
	start_filling(pipeline_batch(pl));
	if (pl->filling != pl->oldest)
		return 0;
	finish_oldest(pl);
	return collect_oldest(pl);
}

struct batch *pipeline_batch(struct pipeline *pl)
{
	return &pl->batches[pl->filling];
}

int pipeline_push(struct pipeline *pl)
{
	const struct batch *b = pipeline_batch(pl);
	return b->nr < BATCH_PIECES && b->in_bytes < PIECE_BYTES ? 0 : submit(pl);
}

int pipeline_flush(struct pipeline *pl)
{
	int err = pipeline_batch(pl)->nr ? submit(pl) : 0;
	while (!err && pl->oldest != pl->filling) {
		finish_oldest(pl);
		err = collect_oldest(pl);
	}
	return err;
}

/* ---- life ----------------------------------------------------------------------------- */

static void start_workers(struct pipeline *pl, unsigned threads)
{
	pl->workers = xzalloc(threads * sizeof(*pl->workers));
	while (pl->nr_workers + 1 < threads) {
		/* Fewer threads than asked for are no error: the caller's thread works too. */
		if (pthread_create(&pl->workers[pl->nr_workers], NULL, worker, pl) != 0)
			break;
		pl->nr_workers++;
	}
}

struct pipeline *pipeline_new(const struct piece_rules *rules, unsigned threads,
			      collect_fn *collect, void *context)
{
	struct pipeline *pl = xzalloc(sizeof(*pl));
	pl->rules = *rules;
	pl->collect = collect;
	pl->context = context;
	pl->nr_batches = threads == 1 ? 2 : threads * BATCHES_PER_THREAD;
	pl->batches = xzalloc(pl->nr_batches * sizeof(*pl->batches));
	start_filling(pipeline_batch(pl));
	pthread_mutex_init(&pl->mutex, NULL);
	pthread_cond_init(&pl->work_queued, NULL);
	pthread_cond_init(&pl->work_done, NULL);
	start_workers(pl, threads);
	return pl;
}

static void stop_workers(struct pipeline *pl)
{
	pthread_mutex_lock(&pl->mutex);
	pl->stopping = true;
	pthread_cond_broadcast(&pl->work_queued);
	pthread_mutex_unlock(&pl->mutex);
	for (unsigned i = 0; i < pl->nr_workers; i++)
		pthread_join(pl->workers[i], NULL);
	xfree(pl->workers);
}

static void batch_free(struct batch *b)
{
	for (u32 i = 0; i < b->nr; i++)
		xfree(b->pieces[i].pack);
	xfree(b->in);
	xfree(b->out);
	xfree(b->sums);
}

void pipeline_free(struct pipeline *pl)
{
	if (!pl)
		return;
	stop_workers(pl);
	pthread_mutex_destroy(&pl->mutex);
	pthread_cond_destroy(&pl->work_queued);
	pthread_cond_destroy(&pl->work_done);
	codec_contexts_release(&pl->contexts);
	for (unsigned i = 0; i < pl->nr_batches; i++)
		batch_free(&pl->batches[i]);
	xfree(pl->batches);
	xfree(pl);
}
