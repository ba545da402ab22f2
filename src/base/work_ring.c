/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mutex protects only the states of slots; no thread holds it while it works. */
#include "base/work_ring.h"

#include "base/mem.h"

#include <pthread.h>

/* Only SLOT_QUEUED ones are free to be taken by any thread; the others have one owner. */
enum slot_state {
	SLOT_FILLING, /* the caller's thread */
	SLOT_QUEUED,
	SLOT_WORKING, /* the thread that took it */
	SLOT_DONE     /* the caller's thread */
};

struct worker {
	struct work_ring *ring;
	void *thread; /* of work_ring_calls.thread_new() */
	pthread_t id;
};

struct work_ring {
	const struct work_ring_calls *calls;
	void *context;
	enum slot_state *states; /* from oldest to filling, around the end: queued or processed */
	u32 nr_slots;
	u32 oldest, filling;
	u64 submitted;
	void *thread; /* the caller's */

	pthread_mutex_t mutex;
	pthread_cond_t work_queued, work_done;
	u32 next_work; /* the first queued slot */
	bool stopping;
	struct worker *workers;
	u32 most_workers, nr_workers;
};

/* ---- work: any thread ----------------------------------------------------------- */

/* Take the next queued slot and work on it. Call with the mutex held. */
static bool work_once(struct work_ring *r, void *thread)
{
	const u32 slot = r->next_work;
	if (r->states[slot] != SLOT_QUEUED)
		return false;
	r->states[slot] = SLOT_WORKING;
	r->next_work = (slot + 1) % r->nr_slots;
	pthread_mutex_unlock(&r->mutex);
	r->calls->work(r->context, thread, slot);
	pthread_mutex_lock(&r->mutex);
	r->states[slot] = SLOT_DONE;
	return true;
}

static void *worker(void *arg)
{
	struct worker *w = arg;
	struct work_ring *r = w->ring;
	pthread_mutex_lock(&r->mutex);
	while (!r->stopping) {
		if (work_once(r, w->thread))
			pthread_cond_signal(&r->work_done);
		else
			pthread_cond_wait(&r->work_queued, &r->mutex);
	}
	pthread_mutex_unlock(&r->mutex);
	return NULL;
}

/* ---- the ring: the caller's thread ------------------------------------------------ */

static void set_state(struct work_ring *r, u32 slot, enum slot_state state)
{
	pthread_mutex_lock(&r->mutex);
	r->states[slot] = state;
	pthread_mutex_unlock(&r->mutex);
}

/* Get the oldest slot done: work on queued ones, or wait if there are none. */
static void finish_oldest(struct work_ring *r)
{
	pthread_mutex_lock(&r->mutex);
	while (r->states[r->oldest] != SLOT_DONE)
		if (!work_once(r, r->thread))
			pthread_cond_wait(&r->work_done, &r->mutex);
	pthread_mutex_unlock(&r->mutex);
}

static int collect_oldest(struct work_ring *r)
{
	finish_oldest(r);
	const int err = r->calls->collect(r->context, r->oldest);
	set_state(r, r->oldest, SLOT_FILLING);
	r->oldest = (r->oldest + 1) % r->nr_slots;
	return err;
}

/* Little work, which one slot holds, needs no thread. */
static void start_workers(struct work_ring *r)
{
	if (r->submitted != 2 || r->nr_slots == 1)
		return;
	r->workers = xzalloc(r->most_workers * sizeof(*r->workers));
	while (r->nr_workers < r->most_workers) {
		struct worker *w = &r->workers[r->nr_workers];
		w->ring = r;
		w->thread = r->calls->thread_new(r->context);
		/* Fewer threads than asked for are no error: the caller's thread works too. */
		if (pthread_create(&w->id, NULL, worker, w)) {
			r->calls->thread_free(w->thread);
			return;
		}
		r->nr_workers++;
	}
}

u32 work_ring_slot(const struct work_ring *r)
{
	return r->filling;
}

int work_ring_submit(struct work_ring *r)
{
	set_state(r, r->filling, SLOT_QUEUED);
	pthread_cond_signal(&r->work_queued);
	r->filling = (r->filling + 1) % r->nr_slots;
	r->submitted++;
	start_workers(r);
	return r->filling == r->oldest ? collect_oldest(r) : 0;
}

int work_ring_flush(struct work_ring *r)
{
	int err = 0;
	while (!err && r->oldest != r->filling)
		err = collect_oldest(r);
	return err;
}

/* ---- life ----------------------------------------------------------------------------- */

struct work_ring *work_ring_new(const struct work_ring_calls *calls, void *context, u32 nr_slots,
				u32 threads)
{
	struct work_ring *r = xzalloc(sizeof(*r));
	assert(nr_slots && threads);
	r->calls = calls;
	r->context = context;
	r->states = xzalloc(nr_slots * sizeof(*r->states));
	r->nr_slots = nr_slots;
	r->most_workers = threads - 1;
	r->thread = calls->thread_new(context);
	pthread_mutex_init(&r->mutex, NULL);
	pthread_cond_init(&r->work_queued, NULL);
	pthread_cond_init(&r->work_done, NULL);
	return r;
}

void work_ring_free(struct work_ring *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->mutex);
	r->stopping = true;
	pthread_cond_broadcast(&r->work_queued);
	pthread_mutex_unlock(&r->mutex);
	for (u32 i = 0; i < r->nr_workers; i++) {
		pthread_join(r->workers[i].id, NULL);
		r->calls->thread_free(r->workers[i].thread);
	}
	r->calls->thread_free(r->thread);
	pthread_mutex_destroy(&r->mutex);
	pthread_cond_destroy(&r->work_queued);
	pthread_cond_destroy(&r->work_done);
	xfree(r->workers);
	xfree(r->states);
	xfree(r);
}
