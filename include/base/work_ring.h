/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work for several threads, whose results are taken in the order in which it was queued. The slots
 * of the ring are numbers: what is in them belongs to the caller, whose thread fills one after the
 * other and collects them, oldest first. When no slot is free the caller's thread works on one
 * itself instead of waiting, so N threads keep N CPUs busy.
 */
#ifndef BASE_WORK_RING_H
#define BASE_WORK_RING_H

#include "base/types.h"

struct work_ring_calls {
	/* what belongs to one thread, for work(); all are made by the caller's thread */
	void *(*thread_new)(void *context);
	void (*thread_free)(void *thread);
	/* do the work of one slot, in any thread; no other function touches the slot meanwhile */
	void (*work)(void *context, void *thread, u32 slot);
	/* take the result, in the caller's thread; 0 or a negative errno */
	int (*collect)(void *context, u32 slot);
};

struct work_ring;

/*
 * work_ring_new - a ring of @nr_slots
 * @threads: at least 1, the caller's included; the others start when there is work for them
 * @calls:   stay valid
 */
struct work_ring *work_ring_new(const struct work_ring_calls *calls, void *context, u32 nr_slots,
				u32 threads);

/* work_ring_free - end the threads; what is queued is neither finished nor collected. NULL is fine */
void work_ring_free(struct work_ring *ring);

/* work_ring_slot - the slot to fill; another one after work_ring_submit(), if there are several */
u32 work_ring_slot(const struct work_ring *ring);

/* work_ring_submit - queue the slot that was filled; 0, or what collect() returned */
int work_ring_submit(struct work_ring *ring);

/* work_ring_flush - collect all that is queued, up to the first error of collect() */
int work_ring_flush(struct work_ring *ring);

#endif
