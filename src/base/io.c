/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole reads and writes. Each call of the kernel is repeated after EINTR and,
 * on a non-blocking descriptor, once poll() says that it can proceed: standard
 * streams may be shared with a program that made them non-blocking.
 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* After a failed call: 0 if it is to be repeated, else negative errno. */
static int wait_or_error(int fd, short events)
{
	if (errno == EINTR)
		return 0;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return -errno;
	struct pollfd wanted = { .fd = fd, .events = events };
	if (poll(&wanted, 1, -1) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

ssize_t io_read_some(int fd, void *buf, size_t bytes)
{
	for (;;) {
		ssize_t n = read(fd, buf, bytes);
		if (n >= 0)
			return n;
		int err = wait_or_error(fd, POLLIN);
		if (err)
			return err;
	}
}

ssize_t io_read_full(int fd, void *buf, size_t bytes)
{
	u8 *p = buf;
	size_t done = 0;
	while (done < bytes) {
		ssize_t n = io_read_some(fd, p + done, bytes - done);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int io_pread_full(int fd, void *buf, size_t bytes, u64 pos)
{
	u8 *p = buf;
	while (bytes) {
		ssize_t n = pread(fd, p, bytes, (off_t)pos);
		if (n == 0)
			return -ENODATA;
		if (n < 0) {
			int err = wait_or_error(fd, POLLIN);
			if (err)
				return err;
			continue;
		}
		p += n;
		pos += (u64)n;
		bytes -= (size_t)n;
	}
	return 0;
}

/* Write all, by pwrite() at *@pos or, if that is NULL, by write(). */
static int write_all(int fd, const u8 *p, size_t bytes, u64 *pos)
{
	while (bytes) {
		ssize_t n = pos ? pwrite(fd, p, bytes, (off_t)*pos) : write(fd, p, bytes);
		if (n == 0)
			return -EIO; /* never seen; to go on would be an endless loop */
		if (n < 0) {
			int err = wait_or_error(fd, POLLOUT);
			if (err)
				return err;
			continue;
		}
		p += n;
		bytes -= (size_t)n;
		if (pos)
			*pos += (u64)n;
	}
	return 0;
}

int io_write_full(int fd, const void *buf, size_t bytes)
{
	return write_all(fd, buf, bytes, NULL);
}

int io_pwrite_full(int fd, const void *buf, size_t bytes, u64 pos)
{
	return write_all(fd, buf, bytes, &pos);
}

u64 io_clock_nsec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

bool io_file_rest(int fd, u64 *at, u64 *rest)
{
	const off_t position = lseek(fd, 0, SEEK_CUR);
	struct stat st;
	if (position < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < position)
		return false;
	*at = (u64)position;
	*rest = (u64)(st.st_size - position);
	return true;
}

ssize_t io_copy_in_kernel(int in, u64 pos, int out, size_t bytes)
{
	off_t from = (off_t)pos;
	ssize_t n = copy_file_range(in, &from, out, NULL, bytes, 0);
	/* not between these file systems, or @out is no regular file */
	if (n < 0)
		n = sendfile(out, in, &from, bytes);
	return n < 0 ? -errno : n;
}

int io_tmpfile(const char *dir)
{
	/* O_EXCL: nobody can give the file a name later. */
	int fd = open(dir, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;

	/*
	 * File systems and kernels without O_TMPFILE differ in their error, so try the other
	 * way after any; its error is the one to report.
	 */
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/tar2btrfs.XXXXXX", dir);
	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (unlink(path)) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}
