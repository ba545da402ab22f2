/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pieces through threads: results are taken up in the order of arrival, in whatever order they are
 * ready, and an error stops them there. The codec here waits where a test wants it to.
 */
#include "../../src/model/pipeline.h"

#include "base/mem.h"
#include "disk/checksum.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST 1000u

/* What the codec saw, and what it waits for. Pieces begin with their number. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	u32 ready[MOST]; /* numbers, in the order in which they were ready */
	u32 nr_ready;
	u32 late;  /* this one is not ready before */
	u32 after; /* so many others are */
} work = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static u32 number_of(const void *data)
{
	le32 number;
	memcpy(&number, data, sizeof(number));
	return from_le32(number);
}

/* The "frame" is the number, twice; odd pieces do not shrink. */
static size_t compress(void *context, const void *in, size_t in_bytes, void *out, size_t out_bytes)
{
	const u32 number = number_of(in);
	(void)context;
	pthread_mutex_lock(&work.mutex);
	while (number == work.late && work.nr_ready < work.after)
		pthread_cond_wait(&work.changed, &work.mutex);
	work.ready[work.nr_ready++] = number;
	pthread_cond_broadcast(&work.changed);
	pthread_mutex_unlock(&work.mutex);
	if (number % 2 || in_bytes <= 4096 || out_bytes < 8)
		return 0;
	memcpy(out, in, 4);
	memcpy((u8 *)out + 4, in, 4);
	return 8;
}

static void *context_new(int level)
{
	(void)level;
	return &work;
}

static void context_free(void *context)
{
	(void)context;
}

static bool level_exists(int level)
{
	return level == 1;
}

static const struct codec codec = {
	.name = "test",
	.type = BTRFS_COMPRESS_ZSTD,
	.level_min = 1,
	.level_max = 1,
	.level_default = 1,
	.level_exists = level_exists,
	.context_new = context_new,
	.context_free = context_free,
	.compress = compress,
};

/* What was taken up. */
struct taken {
	u32 nr;
	u32 fail_at;
	bool in_order, right;
	u8 sum[32];
};

static bool is_right(const struct piece *p, u32 number)
{
	u8 sum[BTRFS_CSUM_SIZE];
	if (number_of(p->in) != number || p->place != BLOB_EXTENT || p->stored_bytes % 4096)
		return false;
	for (u32 at = 0; at < p->stored_bytes; at += 4096) {
		checksum(BTRFS_CSUM_TYPE_CRC32, p->stored + at, 4096, sum);
		if (memcmp(sum, p->sums + at / 1024, 4))
			return false;
	}
	if (number % 2 || p->padded <= 4096)
		return p->stored == p->in && !p->compression && p->stored_bytes == p->padded;
	return p->stored_bytes == 4096 && p->compression == BTRFS_COMPRESS_ZSTD &&
	       number_of(p->stored) == number && number_of(p->stored + 4) == number;
}

static int take(void *context, struct piece *p)
{
	struct taken *t = context;
	if (p->file_off == t->fail_at)
		return -ENOSPC;
	t->in_order = t->in_order && p->file_off == t->nr;
	t->right = t->right && is_right(p, (u32)p->file_off);
	t->nr++;
	return 0;
}

/* Piece @number; for collect its number is its file offset, too. */
static int push(struct pipeline *pl, u32 number, u32 bytes)
{
	struct batch *b = pipeline_batch(pl);
	struct piece *p = &b->pieces[b->nr++];
	const le32 disk = to_le32(number);
	*p = (struct piece){
		.storage = { .codec = { .codec = &codec, .level = 1 } },
		.file_off = number,
		.bytes = bytes,
		.padded = (u32)align_up(bytes, 4096),
		.in = b->in + b->in_bytes,
	};
	memset(p->in, (int)number, p->padded);
	memcpy(p->in, &disk, sizeof(disk));
	b->in_bytes += p->padded;
	return pipeline_push(pl);
}

static struct pipeline *start(unsigned threads, struct taken *t)
{
	static const struct piece_rules rules = { .csum = BTRFS_CSUM_TYPE_CRC32,
						  .sum_bytes = 4,
						  .nodesize = 16384 };
	*t = (struct taken){ .fail_at = UINT32_MAX, .in_order = true, .right = true };
	work.nr_ready = 0;
	work.late = UINT32_MAX;
	return pipeline_new(&rules, threads, take, t);
}

static u32 size_of(u32 number, u32 kind)
{
	return kind == 0 ? 131072 : kind == 1 ? 4 + number % 4096 : 1 + number * 7919 % 131072 + 3;
}

static void test_order(unsigned threads, u32 nr, u32 kind)
{
	static const char *const kinds[] = { "whole", "small", "mixed" };
	struct taken t;
	struct pipeline *pl = start(threads, &t);
	int err = 0;
	for (u32 i = 0; i < nr && !err; i++)
		err = push(pl, i, (u32)min_u64(size_of(i, kind), 131072));
	ok(!err && !pipeline_flush(pl) && t.nr == nr && t.in_order && t.right,
	   "%u threads, %u %s pieces", threads, nr, kinds[kind]);
	ok(!pipeline_flush(pl) && t.nr == nr, "nothing is left to flush");
	ok(!push(pl, nr, 5000) && !pipeline_flush(pl) && t.nr == nr + 1 && t.in_order,
	   "one more behind the flush");
	pipeline_free(pl);
}

/* Piece @late is ready only after @nr - 1 others are, each in a batch of its own. */
static void test_late(unsigned threads, u32 late, u32 nr)
{
	struct taken t;
	struct pipeline *pl = start(threads, &t);
	int err = 0;
	work.late = late;
	work.after = nr - 1;
	for (u32 i = 0; i < nr && !err; i++)
		err = push(pl, i, 131072);
	err = err ? err : pipeline_flush(pl);
	ok(!err && t.nr == nr && t.in_order && t.right && work.ready[nr - 1] == late,
	   "%u threads, piece %u is ready behind all %u others", threads, late, nr - 1);
	pipeline_free(pl);
}

/* The error of one piece comes back, and no piece behind it is taken up. */
static void test_error(unsigned threads, u32 fail_at, u32 kind)
{
	struct taken t;
	struct pipeline *pl = start(threads, &t);
	int err = 0;
	t.fail_at = fail_at;
	for (u32 i = 0; i < 300 && !err; i++)
		err = push(pl, i, (u32)min_u64(size_of(i, kind), 131072));
	if (!err)
		err = pipeline_flush(pl);
	ok(err == -ENOSPC && t.nr == fail_at && t.in_order,
	   "%u threads, an error at piece %u: %u taken up", threads, fail_at, t.nr);
	/* whatever is still on its way */
	pipeline_free(pl);
}

/* A piece that cannot be read arrives as the others do. */
static int take_unread(void *context, struct piece *p)
{
	u32 *nr = context;
	return p->error ? p->error : (++*nr, 0);
}

static void test_unread(unsigned threads)
{
	static const struct piece_rules rules = { .sum_bytes = 4, .nodesize = 16384 };
	int fd = test_file("", 0);
	u32 nr = 0;
	ok(fd >= 0 && !ftruncate(fd, 300000), "an archive");
	struct spool *archive = spool_over(fd, "archive");
	struct pipeline *pl = pipeline_new(&rules, threads, take_unread, &nr);
	int err = ftruncate(fd, 200000);
	for (u32 i = 0; i < 3 && !err; i++) {
		struct batch *b = pipeline_batch(pl);
		b->pieces[b->nr++] = (struct piece){
			.bytes = 100000 - 100000 % 4096,
			.padded = 100000 - 100000 % 4096,
			.in = b->in + b->in_bytes,
			.origin = { .offset = i * 98304 },
			.unread = archive,
		};
		b->in_bytes += 98304;
		err = pipeline_push(pl);
	}
	err = err ? err : pipeline_flush(pl);
	ok(err == -ENODATA && nr == 2, "%u threads: the third piece is gone, %u are taken up",
	   threads, nr);
	pipeline_free(pl);
	spool_free(archive);
	close(fd);
}

int main(void)
{
	static const unsigned threads[] = { 1, 2, 3, 8 };
	checksum_init();
	for (int i = 0; i < 4; i++) {
		for (u32 kind = 0; kind < 3; kind++) {
			test_order(threads[i], 0, kind);
			test_order(threads[i], 1, kind);
			test_order(threads[i], 200, kind);
			test_error(threads[i], 0, kind);
			test_error(threads[i], 77, kind);
			test_error(threads[i], 299, kind);
		}
		test_order(threads[i], 999, 1);
		test_unread(threads[i]);
	}
	/* alone, nobody could wait for others */
	test_late(2, 0, 4);
	test_late(2, 2, 5);
	test_late(4, 0, 9);
	test_late(8, 5, 20);
	return done();
}
