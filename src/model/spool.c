/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/spool.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <unistd.h>

#define WRITE_BUFFER (1u << 20)
#define READ_WINDOW (64u << 10)

struct spool {
	int fd;
	const char *dir;
	u8 *buffer; /* bytes from written on, not yet in the file */
	size_t buffered;
	u64 written; /* bytes in the file */
	u8 *window;  /* READ_WINDOW bytes, allocated when first needed */
	u64 window_off;
	size_t window_bytes;
	u64 last_end; /* behind the last small read */
};

int spool_new(const char *dir, struct spool **spool)
{
	int fd = io_tmpfile(dir);
	if (fd < 0) {
		errno = -fd;
		return fail_errno("cannot create a spool file in '%s' (see --spool-dir)", dir);
	}
	struct spool *s = xzalloc(sizeof(*s));
	s->fd = fd;
	s->dir = dir;
	s->buffer = xaligned(WRITE_BUFFER);
	*spool = s;
	return 0;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	close(spool->fd);
	xfree(spool->buffer);
	xfree(spool->window);
	xfree(spool);
}

u64 spool_size(const struct spool *spool)
{
	return spool->written + spool->buffered;
}

static int flush(struct spool *s)
{
	int err = io_pwrite_full(s->fd, s->buffer, s->buffered, s->written);
	if (err) {
		errno = -err;
		return fail_errno(
			"cannot write the spool file in '%s' after %llu bytes (see --spool-dir)",
			s->dir, (unsigned long long)s->written);
	}
	s->written += s->buffered;
	s->buffered = 0;
	return 0;
}

int spool_append(struct spool *spool, const void *data, size_t bytes)
{
	const u8 *from = data;
	while (bytes) {
		size_t room = WRITE_BUFFER - spool->buffered;
		size_t n = bytes < room ? bytes : room;
		memcpy(spool->buffer + spool->buffered, from, n);
		spool->buffered += n;
		from += n;
		bytes -= n;
		if (spool->buffered == WRITE_BUFFER) {
			int err = flush(spool);
			if (err)
				return err;
		}
	}
	return 0;
}

int spool_append_zeros(struct spool *spool, size_t bytes)
{
	static const u8 zeros[4096];
	while (bytes) {
		size_t n = bytes < sizeof(zeros) ? bytes : sizeof(zeros);
		int err = spool_append(spool, zeros, n);
		if (err)
			return err;
		bytes -= n;
	}
	return 0;
}

static int read_file(struct spool *s, u64 offset, void *buf, size_t bytes)
{
	int err = io_pread_full(s->fd, buf, bytes, offset);
	if (!err)
		return 0;
	errno = -err;
	return fail_errno("cannot read the spool file in '%s' at %llu", s->dir,
			  (unsigned long long)offset);
}

/* The window pays only for reads in ascending order; others would fetch it for a few bytes. */
static bool is_sequential(const struct spool *s, u64 offset)
{
	return offset >= s->last_end && offset - s->last_end < READ_WINDOW / 8;
}

static int read_window(struct spool *s, u64 offset)
{
	if (!s->window)
		s->window = xaligned(READ_WINDOW);
	size_t n = (size_t)min_u64(READ_WINDOW, s->written - offset);
	s->window_bytes = 0;
	int err = read_file(s, offset, s->window, n);
	if (err)
		return err;
	s->window_off = offset;
	s->window_bytes = n;
	return 0;
}

int spool_read(struct spool *spool, u64 offset, void *buf, size_t bytes)
{
	assert(offset + bytes <= spool_size(spool));
	int err = offset + bytes > spool->written ? flush(spool) : 0;
	if (err || !bytes)
		return err;
	bool in_window = offset >= spool->window_off &&
			 offset + bytes <= spool->window_off + spool->window_bytes;
	bool sequential = is_sequential(spool, offset);
	spool->last_end = offset + bytes;
	if (!in_window && (bytes > READ_WINDOW / 2 || !sequential))
		return read_file(spool, offset, buf, bytes);
	if (!in_window)
		err = read_window(spool, offset);
	if (!err)
		memcpy(buf, spool->window + (offset - spool->window_off), bytes);
	return err;
}

int spool_copy(struct spool *spool, u64 offset, u64 bytes, int fd, bool *write_error)
{
	assert(offset + bytes <= spool_size(spool));
	*write_error = false;
	/* With nothing buffered the write buffer is free to copy through. */
	int err = flush(spool);
	while (!err && bytes) {
		size_t n = (size_t)min_u64(WRITE_BUFFER, bytes);
		err = read_file(spool, offset, spool->buffer, n);
		if (err)
			break;
		err = io_write_full(fd, spool->buffer, n);
		if (err)
			*write_error = true;
		offset += n;
		bytes -= n;
	}
	return err;
}
