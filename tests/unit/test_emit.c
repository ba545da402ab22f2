/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output against an image made in memory: positions, zeros, superblock copies, bytes of a spool;
 * into files with and without holes, through a pipe that takes little at a time, onto full disks.
 */
#include "image/emit.h"

#include "disk/checksum.h"
#include "messages.h"
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGE_BYTES (70u << 20) /* the second superblock is in it, at 64 MiB */
#define SPOOL_BYTES (2u << 20)

static u8 *image; /* what must come out */
static u8 bytes[SPOOL_BYTES];
static struct spool *spool;
static struct btrfs_super_block supers[2];

/* What an image consists of, in order of position; the last one is its end. */
struct step {
	u64 position;
	u32 bytes;
	bool from_spool;
};

static const struct step steps[] = {
	{ 1 << 20, 16384, false },
	{ (1 << 20) + 16384, 16384, false },
	{ (1 << 20) + 65536, 1, false },
	{ (1 << 20) + 65538, 4097, false },
	{ 2 << 20, 700000, false },
	{ 3 << 20, 100, true },
	{ (3 << 20) + 4096, 262143, true },
	{ (3 << 20) + 266240, 1 << 20, true },
	{ 5 << 20, SPOOL_BYTES - 1000, true },
	{ 7 << 20, 262144, true },
	{ 30 << 20, 4096, false },
	{ (64 << 20) - 4096, 4096, false },
	{ (64 << 20) + 65536, 9000, true },
};
#define NR_STEPS (sizeof(steps) / sizeof(*steps))

/* Steps have bytes of their own: those of the spool from here on. */
static u32 offset_of(size_t i)
{
	return (u32)i * 11;
}

static void make_image(void)
{
	u32 x = 1;
	image = calloc(IMAGE_BYTES, 1);
	for (u32 i = 0; i < SPOOL_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (u8)(x >> 24);
	}
	for (int i = 0; i < 2; i++) {
		memset(&supers[i], 0x51 + i, sizeof(supers[i]));
		supers[i].bytenr = to_le64(i ? 64 << 20 : 64 << 10);
		memcpy(image + from_le64(supers[i].bytenr), &supers[i], 4096);
	}
	for (size_t i = 0; i < NR_STEPS; i++)
		memcpy(image + steps[i].position, bytes + offset_of(i), steps[i].bytes);
	ok(spool_new("/tmp", &spool) == 0 && !spool_append(spool, bytes, SPOOL_BYTES), "a spool");
}

static int take_step(struct emit *e, size_t i)
{
	int err = emit_at(e, steps[i].position);
	if (err)
		return err;
	return steps[i].from_spool ? emit_spool(e, spool, offset_of(i), steps[i].bytes)
				   : emit_bytes(e, bytes + offset_of(i), steps[i].bytes);
}

static int write_forward(const struct image_output *output)
{
	struct emit *e = emit_new(output, supers, 2);
	int err = 0;
	for (size_t i = 0; i < NR_STEPS && !err; i++)
		err = take_step(e, i);
	if (!err)
		err = emit_finish(e, IMAGE_BYTES);
	emit_free(e);
	return err;
}

static bool is_image(int fd)
{
	struct stat st;
	if (fstat(fd, &st) || st.st_size != IMAGE_BYTES)
		return false;
	void *found = mmap(NULL, IMAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	bool equal = found != MAP_FAILED && !memcmp(found, image, IMAGE_BYTES);
	munmap(found, IMAGE_BYTES);
	return equal;
}

static void test_files(void)
{
	for (u32 i = 0; i < 4; i++) {
		_Atomic u64 written = 0;
		u8 digest[32], expected[32];
		struct stat st;
		struct image_output output = {
			.fd = test_file("", 0),
			.sparse = i & 1,
			.digest = i & 2 ? sha256_new() : NULL,
			.written = &written,
		};
		lines = 0;
		int err = write_forward(&output);
		/* before it is looked at, which fills holes */
		fstat(output.fd, &st);
		ok(!err && is_image(output.fd) && !lines, "a file%s%s",
		   output.sparse ? " with holes" : "", output.digest ? ", with its digest" : "");
		ok(written == IMAGE_BYTES, "all is counted: %llu", (unsigned long long)written);
		ok(output.sparse ? st.st_blocks < 24 << 11 : st.st_blocks >= IMAGE_BYTES / 512,
		   "it takes %lld KiB", (long long)st.st_blocks / 2);
		if (output.digest) {
			sha256_finish(output.digest, digest);
			checksum(BTRFS_CSUM_TYPE_SHA256, image, IMAGE_BYTES, expected);
			ok(!memcmp(digest, expected, 32), "the digest is that of the bytes");
		}
		close(output.fd);
	}
}

/* A reader that takes what it gets in odd amounts. */
struct sink {
	int fd;
	u64 nr;
	bool equal;
};

static void *drain(void *arg)
{
	static u8 buf[50000];
	struct sink *sink = arg;
	ssize_t n;
	sink->equal = true;
	while ((n = read(sink->fd, buf, 1 + sink->nr % 49999)) > 0) {
		sink->equal = sink->equal && sink->nr + (u64)n <= IMAGE_BYTES &&
			      !memcmp(buf, image + sink->nr, (size_t)n);
		sink->nr += (u64)n;
	}
	return NULL;
}

/* With @flags O_NONBLOCK each write is short, and many write nothing. */
static void test_pipe(int flags, const char *name)
{
	int ends[2];
	pthread_t thread;
	struct sink sink = { .nr = 0 };
	ok(!pipe(ends), "a pipe");
	fcntl(ends[1], F_SETFL, flags);
	sink.fd = ends[0];
	pthread_create(&thread, NULL, drain, &sink);
	int err = write_forward(&(struct image_output){ .fd = ends[1] });
	close(ends[1]);
	pthread_join(thread, NULL);
	close(ends[0]);
	ok(!err && sink.equal && sink.nr == IMAGE_BYTES, "a pipe%s", name);
}

static void test_closed_pipe(void)
{
	int ends[2];
	ok(!pipe(ends) && !close(ends[0]), "a pipe that nobody reads");
	lines = 0;
	ok(write_forward(&(struct image_output){ .fd = ends[1] }) == -EPIPE && lines == 1,
	   "says: %s", line);
	close(ends[1]);
}

/* Data first, from the last to the first, then trees; what is written already is passed over. */
static void test_backward(void)
{
	struct image_output output = { .fd = test_file("", 0), .sparse = true, .seekable = true };
	int err = 0;
	struct emit *e = emit_new(&output, NULL, 0);
	for (size_t i = NR_STEPS; i > 5 && !err; i--) {
		err = emit_seek(e, steps[i - 1].position);
		err = err ? err : take_step(e, i - 1);
	}
	err = err ? err : emit_seek(e, 0);
	emit_free(e);
	e = emit_new(&output, supers, 2);
	for (size_t i = 0; i < 5 && !err; i++)
		err = take_step(e, i);
	err = err ? err : emit_at(e, steps[5].position);
	err = err ? err : emit_skip(e, IMAGE_BYTES);
	err = err ? err : emit_finish(e, IMAGE_BYTES);
	emit_free(e);
	ok(!err && is_image(output.fd), "backward, with superblock copies put between");
	close(output.fd);
}

/* A superblock copy at the very end is written, one that would begin there is not. */
static void test_ends(void)
{
	static const struct {
		u64 total;
		bool has_copy;
	} cases[] = { { (64 << 20) + 4096, true },
		      { 64 << 20, false },
		      { (64 << 20) - 4096, false } };
	for (size_t i = 0; i < 3; i++) {
		u8 found[4096];
		struct stat st;
		struct image_output output = { .fd = test_file("", 0), .sparse = true };
		struct emit *e = emit_new(&output, supers, 2);
		int err = emit_finish(e, cases[i].total);
		emit_free(e);
		fstat(output.fd, &st);
		ok(!err && st.st_size == (off_t)cases[i].total &&
			   pread(output.fd, found, 4096, 65536) == 4096 &&
			   !memcmp(found, &supers[0], 4096) &&
			   (!cases[i].has_copy ||
			    (pread(output.fd, found, 4096, 64 << 20) == 4096 &&
			     !memcmp(found, &supers[1], 4096))),
		   "an image of %llu bytes", (unsigned long long)cases[i].total);
		close(output.fd);
	}
}

/* A disk that is full at @limit: the message names a position before it, or its end. */
static void test_full(u64 limit, bool sparse)
{
	struct rlimit before, full;
	char path[] = "/tmp/test-emit-XXXXXX";
	struct image_output output = { .fd = mkostemp(path, O_CLOEXEC), .sparse = sparse };
	unlink(path);
	getrlimit(RLIMIT_FSIZE, &before);
	full = before;
	full.rlim_cur = limit;
	setrlimit(RLIMIT_FSIZE, &full);
	lines = 0;
	int err = write_forward(&output);
	setrlimit(RLIMIT_FSIZE, &before);
	const char *at = strstr(line, "at byte ");
	const u64 position = at ? strtoull(at + 8, NULL, 10) : UINT64_MAX;
	ok(err == -EFBIG && lines == 1 && position <= limit + 1, "full at %llu: %s",
	   (unsigned long long)limit, line);
	close(output.fd);
}

static void test_dev_full(void)
{
	struct image_output output = { .fd = open("/dev/full", O_WRONLY | O_CLOEXEC) };
	lines = 0;
	ok(write_forward(&output) == -ENOSPC && lines == 1 && strstr(line, "at byte 0"), "says: %s",
	   line);
	close(output.fd);
}

int main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	checksum_init();
	diag_set_sink(gather);
	make_image();
	test_files();
	test_pipe(0, "");
	test_pipe(O_NONBLOCK, " that takes what it has room for");
	test_closed_pipe();
	test_backward();
	test_ends();
	test_full(0, false);
	test_full(66000, false);
	test_full((2 << 20) + 300000, true);
	test_full((5 << 20) + 100001, false);
	test_full(IMAGE_BYTES - 1, true);
	test_dev_full();
	spool_free(spool);
	free(image);
	return done();
}
