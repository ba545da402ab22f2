/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of known pieces: several blobs with one key, keys that collide, growth, other threads. */
#include "../../src/model/dedupe.h"

#include "disk/checksum.h"
#include "test.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Whether the blobs with @key are @expected, @nr of them, in this order. */
static bool finds(const struct dedupe *d, u64 key, const u32 *expected, u32 nr)
{
	size_t at = 0;
	for (u32 i = 0; i < nr; i++)
		if (dedupe_next(d, key, &at) != expected[i])
			return false;
	return dedupe_next(d, key, &at) == NO_BLOB && dedupe_next(d, key, &at) == NO_BLOB;
}

static void test_equal_keys(void)
{
	static const u64 keys[] = { 0, 1, 1ull << 63, UINT64_MAX - 1, UINT64_MAX };
	static const u32 nothing[1] = { 0 };
	struct dedupe d = { .nr = 0 };
	dedupe_init(&d);
	ok(!dedupe_has(&d, 0) && finds(&d, 0, nothing, 0), "an empty table has nothing");
	/* those of the last two keys have one home, the table's end, and go on at its beginning */
	for (u32 i = 0; i < 5 * 40; i++)
		dedupe_add(&d, keys[i % 5], i);
	for (u32 k = 0; k < 5; k++) {
		u32 expected[40];
		for (u32 i = 0; i < 40; i++)
			expected[i] = i * 5 + k;
		ok(dedupe_has(&d, keys[k]) && finds(&d, keys[k], expected, 40),
		   "40 blobs with key %llx, oldest first", (unsigned long long)keys[k]);
	}
	ok(!dedupe_has(&d, 2) && !dedupe_has(&d, UINT64_MAX - 2) && finds(&d, 2, nothing, 0),
	   "neighbours of these keys are not there");
	dedupe_release(&d);
}

/* Of many keys, spread or all with one home, each finds its own blob while the table grows. */
static void test_growth(u64 factor, u32 nr)
{
	struct dedupe d = { .nr = 0 };
	u32 bad = 0;
	dedupe_init(&d);
	for (u32 i = 0; i < nr; i++) {
		dedupe_add(&d, i * factor, i);
		bad += !dedupe_has(&d, i * factor) || dedupe_has(&d, (i + 1) * factor);
	}
	for (u32 i = 0; i < nr; i++)
		bad += !finds(&d, i * factor, &i, 1);
	ok(!bad && d.nr == nr && d.capacity > nr && d.capacity < nr * 2 + 2048,
	   "%u keys, multiples of %llx: %zu places", nr, (unsigned long long)factor, d.capacity);
	dedupe_release(&d);
}

static void test_keys(void)
{
	static u8 data[131072], same[131072];
	struct dedupe d = { .nr = 0 }, other = { .nr = 0 };
	u32 bad = 0;
	dedupe_init(&d);
	dedupe_init(&other);
	for (u32 i = 0; i < sizeof(data); i++)
		same[i] = data[i] = (u8)(i * 7 >> 3);
	const u64 key = dedupe_key(&d, 5, data, sizeof(data));
	ok(key == dedupe_key(&d, 5, same, sizeof(same)), "equal bytes have equal keys");
	for (u32 v = 0; v < 1024; v++)
		bad += (v != 5) != (key != dedupe_key(&d, v, data, sizeof(data)));
	ok(!bad, "bytes that are stored in another way have another key");
	for (u32 at = 0; at < sizeof(data); at += 509) {
		data[at] ^= 1;
		bad += key == dedupe_key(&d, 5, data, sizeof(data));
		data[at] ^= 1;
	}
	ok(!bad && key != dedupe_key(&d, 5, data, sizeof(data) - 1),
	   "other bytes have another key");
	/* without a source of randomness the secret is 0, and slowness all that can be had by it */
	ok(key != dedupe_key(&other, 5, data, sizeof(data)) || (!d.secret && !other.secret),
	   "another run has another secret");
	dedupe_release(&d);
	dedupe_release(&other);
}

/* Threads look for keys while others are added: what was there before is always found. That no lock is
 * missing, only the thread sanitizer sees for certain. */
struct looking {
	struct dedupe *d;
	_Atomic u32 added, bad;
	_Atomic bool stop;
};

static void *look(void *arg)
{
	struct looking *l = arg;
	for (u32 i = 0; !l->stop; i = i * 1664525 + 1013904223) {
		const u32 added = l->added;
		if (added)
			l->bad += !dedupe_has(l->d, i % added * 0x9e3779b97f4a7c15);
	}
	return NULL;
}

static void test_threads(void)
{
	struct dedupe d = { .nr = 0 };
	struct looking l = { .d = &d };
	pthread_t threads[3];
	dedupe_init(&d);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, look, &l);
	for (u32 i = 0; i < 20000; i++) {
		dedupe_add(&d, i * 0x9e3779b97f4a7c15, i);
		l.added = i + 1;
	}
	l.stop = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ok(!l.bad, "found by other threads while the table grows");
	dedupe_release(&d);
}

int main(void)
{
	checksum_init();
	test_equal_keys();
	test_growth(0x9e3779b97f4a7c15, 100000);
	test_growth(1, 3000);
	test_keys();
	test_threads();
	return done();
}
