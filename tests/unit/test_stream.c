/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window over an archive: the same bytes at the same offsets from a file, a pipe and packed
 * ones, however large the steps; what is skipped, limits, cut and damaged archives.
 */
#include "../../src/input/stream.h"

#include "base/io.h"
#include "base/mem.h"
#include "messages.h"
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define BYTES 1500000u
#define ZEROS_FROM 700000u /* up to ZEROS_TO: more than a window of a file */
#define ZEROS_TO 1000000u

static u8 plain[BYTES];
static u8 *packed;
static size_t packed_bytes;

static void fill(void)
{
	u32 x = 1;
	for (u32 i = 0; i < BYTES; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = i >= ZEROS_FROM && i < ZEROS_TO ? 0 : (u8)(1 + (x >> 24) % 255);
	}
	z_stream z = { .next_in = plain, .avail_in = BYTES };
	packed = malloc(2 * BYTES);
	z.next_out = packed;
	z.avail_out = 2 * BYTES;
	deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	ok(deflate(&z, Z_FINISH) == Z_STREAM_END, "packed");
	packed_bytes = z.total_out;
	deflateEnd(&z);
}

/* ---- where bytes come from -------------------------------------------------------- */

enum kind {
	FROM_FILE,
	FROM_PIPE,
	FROM_PACKED_FILE,
	FROM_PACKED_PIPE,
	KINDS
};
static const char *const kind_names[KINDS] = { "a file", "a pipe", "a packed file",
					       "a packed pipe" };

/* An archive, and a stream over it. */
struct source {
	int fd, to;
	const u8 *bytes;
	size_t size;
	pthread_t thread;
	struct reader_input input;
	_Atomic u64 read_bytes;
	struct stream *stream;
};

static void *feed(void *arg)
{
	struct source *s = arg;
	for (size_t at = 0, n; at < s->size; at += n) {
		n = min_u64(1 + at % 65537, s->size - at);
		if (io_write_full(s->to, s->bytes + at, n))
			break;
	}
	close(s->to);
	return NULL;
}

/* @bytes: as many of the archive's as are there; UINT64_MAX: all */
static struct source *start(enum kind kind, u64 size, u64 max_bytes)
{
	struct source *s = xzalloc(sizeof(*s));
	const bool is_packed = kind >= FROM_PACKED_FILE;
	int ends[2];
	s->to = -1;
	s->bytes = is_packed ? packed : plain;
	s->size = min_u64(size, is_packed ? packed_bytes : BYTES);
	if (kind == FROM_PIPE || kind == FROM_PACKED_PIPE) {
		if (pipe(ends))
			abort();
		s->fd = ends[0];
		s->to = ends[1];
		pthread_create(&s->thread, NULL, feed, s);
	} else {
		s->fd = test_file("before", 6);
		/* the archive begins where the descriptor is */
		if (lseek(s->fd, 6, SEEK_SET) != 6 || io_write_full(s->fd, s->bytes, s->size) ||
		    lseek(s->fd, 6, SEEK_SET) != 6)
			abort();
	}
	s->input = (struct reader_input){ .fd = s->fd, .name = "name", .bytes = UINT64_MAX };
	s->stream = stream_new(&s->input, max_bytes, 0, &s->read_bytes);
	if (is_packed) {
		const u8 *data;
		const char *name;
		ssize_t n = stream_peek(s->stream, 0, 10, &data);
		enum packing packing = n > 0 ? magic_packing(data, (size_t)n, &name) : PACKING_NONE;
		ok(packing == PACKING_GZIP && !stream_unpack_at(s->stream, 0, packing, name) &&
			   stream_packing(s->stream),
		   "gzip is known");
	}
	return s;
}

static void finish(struct source *s)
{
	stream_close(s->stream);
	close(s->fd);
	if (s->to >= 0)
		pthread_join(s->thread, NULL);
	xfree(s);
}

/* ---- tests ------------------------------------------------------------------------- */

/* At @offset at least @bytes are seen, or all up to the end. */
static bool sees(struct stream *s, u64 offset, size_t bytes)
{
	const u8 *data;
	ssize_t n = stream_peek(s, offset, bytes, &data);
	return n >= (ssize_t)min_u64(bytes, BYTES - offset) && (u64)n <= BYTES - offset &&
	       !memcmp(data, plain + offset, (size_t)n);
}

static void test_steps(enum kind kind, u32 step, u32 look)
{
	struct source *s = start(kind, UINT64_MAX, 0);
	bool good = true;
	for (u64 at = 0; good && at < BYTES; at += step) {
		/* what was not looked at is skipped */
		if (at > stream_bytes(s->stream))
			good = !stream_skip(s->stream, at);
		good = good && sees(s->stream, at, look) && sees(s->stream, at, 1) &&
		       stream_bytes(s->stream) >= min_u64(at + look, BYTES);
	}
	good = good && !stream_skip(s->stream, BYTES) && sees(s->stream, BYTES, 1) &&
	       sees(s->stream, BYTES, 0);
	ok(good && stream_bytes(s->stream) == BYTES, "%s, steps of %u, looking %u ahead",
	   kind_names[kind], step, look);
	/* what is skipped in a file is not read */
	if (look >= step)
		ok(s->read_bytes == (kind < FROM_PACKED_FILE ? BYTES : packed_bytes),
		   "all is counted, once");
	finish(s);
}

static void test_skips(enum kind kind)
{
	static const u64 stops[] = { 1, 512, 100000, 140000, 600000, 600001, BYTES - 3, BYTES };
	struct source *s = start(kind, UINT64_MAX, 0);
	bool good = true;
	for (size_t i = 0; i < sizeof(stops) / sizeof(*stops); i++)
		good = good && !stream_skip(s->stream, stops[i]) && sees(s->stream, stops[i], 100);
	ok(good, "%s: skipping", kind_names[kind]);
	ok(kind == FROM_FILE ? s->read_bytes < BYTES / 2 : s->read_bytes > BYTES / 3,
	   "%s: %llu bytes are read", kind_names[kind], (unsigned long long)s->read_bytes);
	finish(s);
	s = start(kind, UINT64_MAX, 0);
	const bool sees_begin = sees(s->stream, 0, 10);
	int err = stream_skip(s->stream, BYTES + 1);
	/* of what is passed over unread, the end shows when it is looked at */
	const u8 *data;
	ok(sees_begin && (err == 1 || (!err && stream_peek(s->stream, BYTES + 1, 1, &data) == 0)),
	   "%s: skipping beyond its end", kind_names[kind]);
	finish(s);
}

static void test_zeros(enum kind kind)
{
	struct source *s = start(kind, UINT64_MAX, 0);
	u64 at = 0;
	bool good = stream_skip_zeros(s->stream, &at) == 1 && at == 0;
	good = good && !stream_skip(s->stream, ZEROS_FROM - 1);
	at = ZEROS_FROM - 1;
	good = good && stream_skip_zeros(s->stream, &at) == 1 && at == ZEROS_FROM - 1;
	at = ZEROS_FROM;
	good = good && stream_skip_zeros(s->stream, &at) == 1 && at == ZEROS_TO;
	ok(good && sees(s->stream, at, 1000), "%s: the end of zeros", kind_names[kind]);
	finish(s);
	s = start(kind < FROM_PACKED_FILE ? kind : FROM_FILE, ZEROS_TO - 1, 0);
	good = !stream_skip(s->stream, ZEROS_FROM + 1);
	at = ZEROS_FROM + 1;
	ok(good && stream_skip_zeros(s->stream, &at) == 0 && at == ZEROS_TO - 1,
	   "zeros up to the end");
	finish(s);
}

/* Of a longer file the first bytes alone, as a layer in an image archive. */
static void test_part(u64 read_before)
{
	struct source *s = start(FROM_FILE, UINT64_MAX, 0);
	_Atomic u64 read_bytes = 0;
	const u8 *data;
	s->input.bytes = 600000;
	struct stream *part = stream_new(&s->input, 0, 0, &read_bytes);
	bool good = stream_peek(part, 0, read_before, &data) >= (ssize_t)read_before;
	good = good && !stream_skip(part, 599990);
	ok(good && stream_peek(part, 599990, 1000, &data) == 10 &&
		   !memcmp(data, plain + 599990, 10),
	   "a part of a file, %llu bytes of it read: ends where it shall",
	   (unsigned long long)read_before);
	ok(stream_skip(part, 600001) == 1 && stream_bytes(part) == 600000, "and nothing is behind");
	stream_close(part);
	finish(s);
	s = start(FROM_FILE, UINT64_MAX, 0);
	s->input.bytes = 600000;
	part = stream_new(&s->input, 0, 0, &read_bytes);
	good = stream_peek(part, 0, read_before, &data) >= (ssize_t)read_before;
	ok(good && stream_skip(part, 600001) == 1, "nor can it be skipped");
	stream_close(part);
	finish(s);
}

/* Behind an end marker: zeros are nothing, other bytes are told of. */
static void test_drain(enum kind kind)
{
	struct source *s = start(kind, UINT64_MAX, 0);
	const bool sees_begin = sees(s->stream, 0, 1);
	lines = 0;
	ok(sees_begin && !stream_skip(s->stream, ZEROS_FROM) &&
		   !stream_drain(s->stream, ZEROS_FROM) && lines == 1 &&
		   strstr(line, "500000 bytes"),
	   "%s, drained: %s", kind_names[kind], line);
	ok(stream_bytes(s->stream) == BYTES, "to its end");
	finish(s);
}

static void test_limit(enum kind kind)
{
	const u8 *data;
	struct source *s = start(kind, UINT64_MAX, BYTES);
	ok(!stream_skip(s->stream, BYTES - 1) && sees(s->stream, BYTES - 1, 1),
	   "%s: as many bytes as are allowed", kind_names[kind]);
	finish(s);
	s = start(kind, UINT64_MAX, BYTES - 1);
	lines = 0;
	int err = 0;
	for (u64 at = 0; at <= BYTES && err >= 0; at += 1000)
		err = (int)stream_peek(s->stream, at, 1000, &data);
	ok(err == -EFBIG && lines == 1 && strstr(line, "1499999"), "%s: one more: %s",
	   kind_names[kind], line);
	finish(s);
}

static void test_cut(void)
{
	const u8 *data;
	u64 at = 0;
	int err = 0;
	struct source *s = start(FROM_PACKED_PIPE, packed_bytes - 10, 0);
	lines = 0;
	for (; err >= 0 && at < BYTES + 1000; at += 1000)
		err = (int)stream_peek(s->stream, at, 1000, &data);
	ok(err < 0 && lines == 1, "a packed archive that is cut: %s", line);
	finish(s);
	packed[packed_bytes / 2] ^= 0x55;
	s = start(FROM_PACKED_FILE, UINT64_MAX, 0);
	lines = 0;
	for (at = 0, err = 0; err >= 0 && at < BYTES + 1000; at += 1000)
		err = (int)stream_peek(s->stream, at, 1000, &data);
	ok(err < 0 && lines == 1, "or damaged: %s", line);
	packed[packed_bytes / 2] ^= 0x55;
	finish(s);
}

/* A packed archive behind a plain one, as initramfs images have it. */
static void test_packed_behind_plain(void)
{
	u8 *joined = malloc(1000 + packed_bytes);
	const u8 *data;
	_Atomic u64 read_bytes = 0;
	memcpy(joined, plain, 1000);
	memcpy(joined + 1000, packed, packed_bytes);
	int fd = test_file(joined, 1000 + packed_bytes);
	ok(fd >= 0, "two archives");
	const struct reader_input input = { .fd = fd, .name = "name", .bytes = UINT64_MAX };
	struct stream *s = stream_new(&input, 0, 0, &read_bytes);
	bool good = stream_peek(s, 0, 1000, &data) >= 1000 && !memcmp(data, plain, 1000);
	good = good && stream_peek(s, 1000, 10, &data) >= 10 &&
	       !stream_unpack_at(s, 1000, PACKING_GZIP, "gzip");
	for (u64 at = 0; good && at < BYTES; at += 777) {
		ssize_t n = stream_peek(s, 1000 + at, 900, &data);
		good = n >= (ssize_t)min_u64(900, BYTES - at) &&
		       !memcmp(data, plain + at, (size_t)n);
	}
	ok(good && stream_bytes(s) == 1000 + BYTES && read_bytes == 1000 + packed_bytes,
	   "the bytes of the packed one follow those before it");
	stream_close(s);
	close(fd);
	free(joined);
}

int main(void)
{
	static const struct {
		u32 step, look;
	} steps[] = { { 1000, 1 },      { 512, 512 },       { 777, 5000 },
		      { 4096, 300000 }, { 130000, 131072 }, { 250000, 1400000 } };
	signal(SIGPIPE, SIG_IGN);
	checksum_init();
	diag_set_sink(gather);
	fill();
	for (enum kind kind = 0; kind < KINDS; kind++) {
		for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
			test_steps(kind, steps[i].step, steps[i].look);
		test_skips(kind);
		test_zeros(kind);
		test_drain(kind);
		test_limit(kind);
	}
	test_part(1);
	test_part(300000);
	test_part(590000);
	test_cut();
	test_packed_behind_plain();
	free(packed);
	return done();
}
