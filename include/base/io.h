/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole reads and writes: they repeat after EINTR and after short counts.
 * Nothing is printed here; the caller knows what the descriptor is.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include "base/types.h"

#include <sys/types.h>

/*
 * io_read_some - one successful read() of at most @bytes
 * Returns the count (0 at end of file) or negative errno. Repeats on EINTR; waits on
 * EAGAIN of a non-blocking descriptor.
 */
ssize_t io_read_some(int fd, void *buf, size_t bytes);

/* io_read_full - read until @bytes or end of file; returns the count or negative errno */
ssize_t io_read_full(int fd, void *buf, size_t bytes);

/* io_pread_full - @bytes at @pos; returns 0, negative errno, or -ENODATA when the file ends
 * before */
int io_pread_full(int fd, void *buf, size_t bytes, u64 pos);

/* io_write_full - all @bytes; returns 0 or negative errno (waits on EAGAIN) */
int io_write_full(int fd, const void *buf, size_t bytes);

/* io_pwrite_full - all @bytes at @pos; returns 0 or negative errno */
int io_pwrite_full(int fd, const void *buf, size_t bytes, u64 pos);

/* io_clock_nsec - nanoseconds of a clock that goes forward, from any beginning */
u64 io_clock_nsec(void);

/*
 * io_file_rest - whether @fd is a regular file whose position is not behind its end
 * @at:   result: the position in bytes; unchanged if false is returned
 * @rest: result: bytes from the position to the end; unchanged if false is returned
 */
bool io_file_rest(int fd, u64 *at, u64 *rest);

/*
 * io_copy_in_kernel - copy up to @bytes from @pos of file @in to the position of @out
 * Shares blocks where the file system can. Returns the count, or 0 or a negative errno if the
 * kernel copied nothing: the caller then reads and writes, which succeeds or shows the reason.
 */
ssize_t io_copy_in_kernel(int in, u64 pos, int out, size_t bytes);

/*
 * io_tmpfile - an unnamed read-write file in @dir, mode 0600, gone when closed
 * Uses O_TMPFILE, else a name that is unlinked at once. Close-on-exec.
 * Returns the descriptor or negative errno.
 */
int io_tmpfile(const char *dir);

#endif
