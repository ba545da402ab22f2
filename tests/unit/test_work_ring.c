/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring of work: everything is worked on once and collected in order, with any number of slots and threads. */
#include "base/work_ring.h"

#include "base/mem.h"

#include "test.h"

#include <errno.h>

#define MOST_SLOTS 16

struct job {
	u32 given, done;
	u32 slots[MOST_SLOTS]; /* what is to be worked on */
	u32 results[MOST_SLOTS];
	u32 collected, fail_at;
	bool is_wrong;
	u32 threads; /* made and not freed */
};

static void *thread_new(void *context)
{
	struct job *j = context;
	j->threads++;
	return xmalloc(1);
}

static void thread_free(void *thread)
{
	xfree(thread);
}

static void work(void *context, void *thread, u32 slot)
{
	struct job *j = context;
	u64 x = j->slots[slot];
	*(u8 *)thread = (u8)slot; /* belongs to one thread alone: checked by tsan */
	for (u32 i = 0; i < 1000 + j->slots[slot] % 7 * 1000; i++)
		x = x * 6364136223846793005u + 1;
	j->results[slot] = x ? j->slots[slot] + 1 : 0;
}

static int collect(void *context, u32 slot)
{
	struct job *j = context;
	if (j->collected == j->fail_at)
		return -EIO;
	j->is_wrong |= j->slots[slot] != j->collected || j->results[slot] != j->collected + 1;
	j->collected++;
	return 0;
}

static const struct work_ring_calls calls = { thread_new, thread_free, work, collect };

static int give(struct work_ring *ring, struct job *j)
{
	j->slots[work_ring_slot(ring)] = j->given++;
	return work_ring_submit(ring);
}

static void test_order(u32 nr_slots, u32 threads)
{
	struct job j = { .fail_at = UINT32_MAX };
	struct work_ring *ring = work_ring_new(&calls, &j, nr_slots, threads);
	int err = 0;
	for (u32 i = 0; i < 500; i++)
		err |= give(ring, &j);
	err |= work_ring_flush(ring);
	ok(!err && j.collected == 500 && !j.is_wrong, "%u slots, %u threads: 500 in order",
	   nr_slots, threads);
	err = give(ring, &j);
	err |= work_ring_flush(ring) | work_ring_flush(ring);
	ok(!err && j.collected == 501 && !j.is_wrong, "and one more after a flush");
	work_ring_free(ring);
}

static void test_few(void)
{
	struct job j = { .fail_at = UINT32_MAX };
	struct work_ring *ring = work_ring_new(&calls, &j, 4, 8);
	int err = give(ring, &j) | work_ring_flush(ring);
	ok(!err && j.threads == 1, "one slot of work starts no thread");
	err = give(ring, &j) | work_ring_flush(ring);
	ok(!err && j.threads == 8, "the second one starts all: %u", j.threads);
	work_ring_free(ring);
}

static void test_error(u32 threads)
{
	struct job j = { .fail_at = 7 };
	struct work_ring *ring = work_ring_new(&calls, &j, 5, threads);
	int err = 0;
	while (!err && j.given < 100)
		err = give(ring, &j);
	ok(err == -EIO && j.collected == 7, "%u threads: an error comes in its turn", threads);
	work_ring_free(ring);
}

int main(void)
{
	for (u32 slots = 1; slots <= MOST_SLOTS; slots *= 2)
		for (u32 threads = 1; threads < 5; threads++)
			test_order(slots, threads);
	test_few();
	test_error(1);
	test_error(3);
	struct job j = { .fail_at = UINT32_MAX };
	work_ring_free(work_ring_new(&calls, &j, 3, 3));
	work_ring_free(NULL);
	return done();
}
