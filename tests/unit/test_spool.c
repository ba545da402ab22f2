/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spools against a copy in memory: what was appended is read, in any order, and copied; cut and
 * full ones; archives that are read in place.
 */
#include "messages.h"
#include "model/spool.h"
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST (3u << 20)

static u8 all[MOST]; /* that the spool must hold */
static const char *dir;

static u32 next(u32 *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

static void fill(void)
{
	u32 x = 1;
	for (u32 i = 0; i < MOST; i++)
		all[i] = (u8)(next(&x) >> 4);
}

static struct spool *make(void)
{
	struct spool *s = NULL;
	ok(spool_new(dir, &s) == 0 && spool_size(s) == 0, "a spool in %s", dir);
	return s;
}

/* Append all[@from..@to) in steps of up to @step bytes. */
static bool append(struct spool *s, u32 from, u32 to, u32 step, u32 seed)
{
	while (from < to) {
		u32 n = 1 + next(&seed) % step;
		n = n < to - from ? n : to - from;
		if (spool_size(s) != from || spool_append(s, all + from, n))
			return false;
		from += n;
	}
	return spool_size(s) == to;
}

static bool reads(struct spool *s, u64 offset, size_t bytes)
{
	/* a byte too many would be seen */
	u8 *buf = malloc(bytes + 1);
	buf[bytes] = 0xa5;
	bool good = spool_read(s, offset, buf, bytes) == 0 && !memcmp(buf, all + offset, bytes) &&
		    buf[bytes] == 0xa5;
	free(buf);
	return good;
}

static bool reads_at_random(struct spool *s, u32 size, u32 seed)
{
	static const u32 most[] = { 1, 16, 4096, 70000, 600000 };
	for (u32 i = 0; i < 2000; i++) {
		u32 n = next(&seed) % most[i % 5] + 1, at = next(&seed) % size;
		if (!reads(s, at, n < size - at ? n : size - at))
			return false;
	}
	return true;
}

static bool reads_in_order(struct spool *s, u32 size, u32 step, u32 skip)
{
	for (u32 at = 0; at < size; at += step + skip)
		if (!reads(s, at, step < size - at ? step : size - at))
			return false;
	return true;
}

static void test_reading(void)
{
	static const u32 steps[] = { 1, 37, 4096, 65536, 262144, 1000000 };
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		const u32 size = steps[i] < 100 ? 300000 : MOST - 4321, seed = (u32)i;
		struct spool *s = make();
		bool good = append(s, 0, size / 2, steps[i], seed);
		/* what is still buffered is read too, and appending goes on behind it */
		good = good && reads(s, size / 2 - 100, 100) && reads(s, 0, size / 2);
		ok(good && append(s, size / 2, size, steps[i], seed), "appended by up to %u bytes",
		   steps[i]);
		ok(reads_at_random(s, size, seed), "read at random, seed %u", seed);
		ok(reads_in_order(s, size, 20, 0) && reads_in_order(s, size, 32, 4000) &&
			   reads_in_order(s, size, 4096, 0) && reads_in_order(s, size, 4096, 9000),
		   "read in order");
		ok(reads(s, size, 0) && reads(s, 0, 0), "nothing can be read anywhere");
		spool_free(s);
	}
}

static void test_zeros(void)
{
	struct spool *s = make();
	u8 buf[9000];
	memset(buf, 0xff, sizeof(buf));
	ok(!spool_append(s, "ab", 2) && !spool_append_zeros(s, 8191) && !spool_append(s, "c", 1) &&
		   spool_size(s) == 8194,
	   "zeros are appended");
	ok(!spool_read(s, 0, buf, 8194) && buf[1] == 'b' && !buf[2] && buf[8193] == 'c' &&
		   buf[8194] == 0xff && !memcmp(buf + 2, buf + 3, 8190),
	   "and read");
	spool_free(s);
}

/* All that goes into a pipe, by a thread. */
struct sink {
	int fd;
	u8 *bytes;
	size_t nr;
};

static void *drain(void *arg)
{
	struct sink *sink = arg;
	ssize_t n;
	while ((n = read(sink->fd, sink->bytes + sink->nr, 777)) > 0)
		sink->nr += (size_t)n;
	return NULL;
}

static bool copies_to_pipe(struct spool *s, u64 offset, u64 bytes)
{
	int ends[2];
	struct sink sink = { .bytes = malloc(MOST + 1000) };
	pthread_t thread;
	bool write_error = true;
	if (pipe(ends))
		return false;
	sink.fd = ends[0];
	pthread_create(&thread, NULL, drain, &sink);
	int err = spool_copy(s, offset, bytes, ends[1], &write_error);
	close(ends[1]);
	pthread_join(thread, NULL);
	close(ends[0]);
	bool good = !err && !write_error && sink.nr == bytes &&
		    !memcmp(sink.bytes, all + offset, bytes);
	free(sink.bytes);
	return good;
}

/* Behind the 3 bytes that a file has. */
static bool copies_to_file(struct spool *s, u64 offset, u64 bytes, int flags)
{
	int fd = test_file("", 0);
	u8 *found = malloc(bytes + 4);
	bool write_error = true;
	bool good = write(fd, "abc", 3) == 3 && (!flags || !fcntl(fd, F_SETFL, flags));
	good = good && !spool_copy(s, offset, bytes, fd, &write_error) && !write_error &&
	       lseek(fd, 0, SEEK_CUR) == (off_t)bytes + 3 &&
	       pread(fd, found, bytes + 4, 0) == (ssize_t)bytes + 3 && !memcmp(found, "abc", 3) &&
	       !memcmp(found + 3, all + offset, bytes);
	free(found);
	close(fd);
	return good;
}

static void test_copying(void)
{
	static const struct {
		u64 offset, bytes;
	} ranges[] = {
		{ 0, 0 },      { 0, 1 },          { 1, 4095 },      { 0, 262144 },
		{ 5, 262145 }, { 4096, 1 << 20 }, { 0, MOST - 10 }, { MOST - 11, 1 },
	};
	struct spool *s = make();
	bool write_error = false;
	append(s, 0, MOST - 10, 100000, 3);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		ok(copies_to_pipe(s, ranges[i].offset, ranges[i].bytes) &&
			   copies_to_file(s, ranges[i].offset, ranges[i].bytes, 0) &&
			   /* where the kernel does not copy */
			   copies_to_file(s, ranges[i].offset, ranges[i].bytes, O_APPEND),
		   "copied: %llu bytes from %llu", (unsigned long long)ranges[i].bytes,
		   (unsigned long long)ranges[i].offset);
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	lines = 0;
	ok(spool_copy(s, 0, 100000, fd, &write_error) == -ENOSPC && write_error && !lines,
	   "a write that fails is the caller's to tell of");
	close(fd);
	spool_free(s);
}

static void test_cutting(void)
{
	struct spool *s = make();
	append(s, 0, 2000000, 65536, 9);
	spool_flush(s);
	spool_cut(s, 3000000);
	ok(spool_size(s) == 2000000 && reads(s, 0, 2000000), "cut behind its end: nothing is lost");
	spool_cut(s, 1234567);
	ok(spool_size(s) == 1234567 && reads(s, 0, 1234567) && reads(s, 1234500, 67),
	   "what is before the cut stays");
	ok(copies_to_file(s, 1000000, 234567, 0), "and is copied");
	spool_cut(s, 0);
	ok(spool_size(s) == 0, "all is cut");
	spool_free(s);
}

/* A disk that is full after @limit bytes. */
static void test_full(u64 limit)
{
	struct rlimit before, full;
	struct spool *s = make();
	u32 at = 0;
	int err = 0;
	getrlimit(RLIMIT_FSIZE, &before);
	full = before;
	full.rlim_cur = limit;
	setrlimit(RLIMIT_FSIZE, &full);
	lines = 0;
	while (!err && at < MOST) {
		err = spool_append(s, all + at, 1000);
		at += 1000;
	}
	if (!err)
		err = spool_flush(s);
	setrlimit(RLIMIT_FSIZE, &before);
	ok(err == -EFBIG && lines == 1 && strstr(line, dir), "full at %llu: %s",
	   (unsigned long long)limit, line);
	spool_free(s);
}

static void test_full_at_the_end(void)
{
	struct rlimit before, full;
	struct spool *s = make();
	u8 byte;
	getrlimit(RLIMIT_FSIZE, &before);
	full = before;
	full.rlim_cur = 10;
	setrlimit(RLIMIT_FSIZE, &full);
	lines = 0;
	ok(!spool_append(s, all, 100) && !lines, "what is buffered is no error yet");
	ok(spool_read(s, 99, &byte, 1) == -EFBIG && lines == 1, "but when it is read");
	ok(spool_flush(s) == -EFBIG && lines == 2, "and when it is flushed");
	setrlimit(RLIMIT_FSIZE, &before);
	ok(!spool_flush(s) && reads(s, 0, 100), "nothing is lost: with room it is all there");
	spool_free(s);
}

static void test_archive(void)
{
	int fd = test_file("", 0);
	u8 byte;
	ok(fd >= 0 && write(fd, "before", 6) == 6 && !spool_over(fd, "a"),
	   "at its end nothing is left");
	ok(write(fd, all, 500000) == 500000 && lseek(fd, 6, SEEK_SET) == 6, "an archive");
	struct spool *s = spool_over(fd, "name");
	ok(s && spool_size(s) == 500000 && reads_at_random(s, 500000, 4) &&
		   reads_in_order(s, 500000, 4096, 0) && copies_to_file(s, 77, 400000, 0) &&
		   copies_to_pipe(s, 1, 499999),
	   "its bytes from where it stands");
	ok(lseek(fd, 0, SEEK_CUR) == 6, "and it stands there still");
	spool_cut(s, 10);
	ok(spool_size(s) == 500000 && reads(s, 499990, 10), "it is not ours to cut");
	ok(!spool_check(s), "nobody changed it");
	lines = 0;
	ok(!ftruncate(fd, 1000) && spool_check(s) == -EBUSY && lines == 1, "cut by others: %s",
	   line);
	ok(spool_read_any(s, 2000, &byte, 1) == -ENODATA && lines == 1,
	   "what is gone: not printed");
	ok(spool_read(s, 3000, &byte, 1) == -ENODATA && lines == 2 && strstr(line, "name") &&
		   strstr(line, "3000"),
	   "what is gone: %s", line);
	spool_free(s);
	ok(fcntl(fd, F_GETFD) >= 0, "the descriptor stays open");
	close(fd);
	int ends[2];
	ok(!pipe(ends) && !spool_over(ends[0], "pipe"), "a pipe cannot be read in place");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	struct spool *s;
	dir = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	signal(SIGXFSZ, SIG_IGN);
	diag_set_sink(gather);
	fill();
	test_reading();
	test_zeros();
	test_copying();
	test_cutting();
	test_full(0);
	test_full(1000000);
	test_full(1 << 20);
	test_full_at_the_end();
	test_archive();
	lines = 0;
	ok(spool_new("/no/such/directory", &s) == -ENOENT && lines == 1, "no directory: %s", line);
	return done();
}
