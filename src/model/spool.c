/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/spool.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <sys/stat.h>
#include <unistd.h>

#define WRITE_BUFFER (256u << 10)
#define COPY_BUFFER (256u << 10)
#define READ_WINDOW (64u << 10)

struct spool {
	int fd;
	const char *dir;    /* or NULL: the file is an archive, and not ours */
	const char *name;   /* of the archive */
	struct stat before; /* of the archive */
	u64 begin;          /* file offset of the spool's first byte */
	u8 *buffer;         /* bytes from written on, not yet in the file */
	size_t buffered;
	u64 written; /* bytes in the file */
	u64 cut;     /* bytes that spool_cut() freed */
	u8 *copy_buffer;
	u8 *window; /* READ_WINDOW bytes, allocated when first needed */
	u64 window_off;
	size_t window_bytes;
	u64 last_end; /* behind the last small read */
	struct spool_written figures;
};

int spool_new(const char *dir, struct spool **spool)
{
	int fd = io_tmpfile(dir);
	if (fd < 0) {
		errno = -fd;
		return fail_errno_hint(HINT_SPOOL_DIR, "cannot create a spool file in '%s'", dir);
	}
	struct spool *s = xzalloc(sizeof(*s));
	s->fd = fd;
	s->dir = dir;
	s->buffer = xaligned(WRITE_BUFFER);
	*spool = s;
	return 0;
}

struct spool *spool_over(int fd, const char *name)
{
	struct stat st;
	u64 begin, bytes;
	if (!io_file_rest(fd, &begin, &bytes) || !bytes || fstat(fd, &st))
		return NULL;
	struct spool *s = xzalloc(sizeof(*s));
	s->fd = fd;
	s->name = name;
	s->before = st;
	s->begin = begin;
	s->written = bytes;
	return s;
}

int spool_check(const struct spool *spool)
{
	const struct stat *before = &spool->before;
	struct stat now;
	if (fstat(spool->fd, &now))
		return fail_errno("%s: cannot look at it", spool->name);
	if (now.st_size != before->st_size || now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
		return fail(-EBUSY, "%s: it was changed while it was read", spool->name);
	return 0;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	if (spool->dir)
		close(spool->fd);
	xfree(spool->buffer);
	xfree(spool->copy_buffer);
	xfree(spool->window);
	xfree(spool);
}

u64 spool_size(const struct spool *spool)
{
	return spool->written + spool->buffered;
}

u64 spool_peak(const struct spool *spool)
{
	return spool_size(spool) + spool->cut;
}

const struct spool_written *spool_written(const struct spool *spool)
{
	return &spool->figures;
}

int spool_fd(const struct spool *spool)
{
	return spool->fd;
}

int spool_flush(struct spool *s)
{
	if (!s->buffered)
		return 0;
	const u64 begin = io_clock_nsec();
	int err = io_pwrite_full(s->fd, s->buffer, s->buffered, s->written);
	if (err) {
		errno = -err;
		return fail_errno_hint(HINT_SPOOL_DIR,
				       "cannot write the spool file in '%s' after %llu bytes",
				       s->dir, (unsigned long long)s->written);
	}
	s->figures.bytes += s->buffered;
	s->figures.nsec += io_clock_nsec() - begin;
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
			int err = spool_flush(spool);
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

int spool_read_any(const struct spool *s, u64 offset, void *buf, size_t bytes)
{
	return io_pread_full(s->fd, buf, bytes, s->begin + offset);
}

int spool_read_failed(const struct spool *s, u64 offset, int err)
{
	errno = -err;
	if (!s->dir)
		return fail_errno("%s: cannot read again at %llu", s->name,
				  (unsigned long long)offset);
	return fail_errno("cannot read the spool file in '%s' at %llu", s->dir,
			  (unsigned long long)offset);
}

static int read_file(const struct spool *s, u64 offset, void *buf, size_t bytes)
{
	int err = spool_read_any(s, offset, buf, bytes);
	return err ? spool_read_failed(s, offset, err) : 0;
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
	int err = offset + bytes > spool->written ? spool_flush(spool) : 0;
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

void spool_cut(struct spool *spool, u64 bytes)
{
	/* What cannot be given back now is when the file is closed. */
	if (spool->dir && bytes < spool->written && !ftruncate(spool->fd, (off_t)bytes)) {
		spool->cut += spool->written - bytes;
		spool->written = bytes;
	}
}

static int copy_through_buffer(struct spool *s, u64 offset, size_t bytes, int fd, bool *write_error)
{
	if (!s->copy_buffer)
		s->copy_buffer = xaligned(COPY_BUFFER);
	int err = read_file(s, offset, s->copy_buffer, bytes);
	if (err)
		return err;
	err = io_write_full(fd, s->copy_buffer, bytes);
	*write_error = err != 0;
	return err;
}

int spool_copy(struct spool *spool, u64 offset, u64 bytes, int fd, bool *write_error)
{
	assert(offset + bytes <= spool_size(spool));
	*write_error = false;
	int err = spool_flush(spool);
	while (!err && bytes) {
		u64 n = min_u64(bytes, COPY_BUFFER);
		ssize_t copied = io_copy_in_kernel(spool->fd, spool->begin + offset, fd,
						   (size_t)min_u64(bytes, 1u << 30));
		if (copied > 0)
			n = (u64)copied;
		else
			err = copy_through_buffer(spool, offset, (size_t)n, fd, write_error);
		offset += n;
		bytes -= n;
	}
	return err;
}
