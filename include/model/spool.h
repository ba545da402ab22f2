/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A spool: an unnamed temporary file. Bytes are appended while the archive is read, and read back
 * while the image is written. The kernel removes the file when the process ends for any reason.
 *
 * One type for both kinds of stores: spool_over() makes one of an archive that is read in place.
 * For it, spool_append(), spool_append_zeros() and spool_fd() are not allowed.
 */
#ifndef MODEL_SPOOL_H
#define MODEL_SPOOL_H

#include "base/types.h"

struct spool;

/*
 * spool_new - open a spool in directory @dir
 * Returns 0, or a negative errno after printing. @dir must stay valid; release with spool_free().
 */
int spool_new(const char *dir, struct spool **spool);
void spool_free(struct spool *spool);

/*
 * spool_over - a read-only one: the bytes of regular file @fd, from its present position on
 * Returns NULL if @fd is no regular file or is at its end. @fd must stay open, @name (for messages)
 * valid.
 */
struct spool *spool_over(int fd, const char *name);

/* spool_check - for spool_over(): whether the file still has its size and its mtime
 * Returns 0 or a negative errno after printing. */
int spool_check(const struct spool *spool);

/* spool_size - bytes appended so far: the offset that the next spool_append() gets */
u64 spool_size(const struct spool *spool);

/* spool_peak - the most bytes that there have been, before spool_cut() */
u64 spool_peak(const struct spool *spool);

/* spool_written - the bytes written to the file so far, and the nanoseconds that this took; any thread may
 * read them */
struct spool_written {
	_Atomic u64 bytes, nsec;
};
const struct spool_written *spool_written(const struct spool *spool);

/* spool_fd - to read the flushed bytes, from offset 0; the spool closes it */
int spool_fd(const struct spool *spool);

/* spool_append - append @bytes, buffered; returns 0 or a negative errno after printing */
int spool_append(struct spool *spool, const void *data, size_t bytes);

/* spool_append_zeros - append @bytes zeros; errors as spool_append() */
int spool_append_zeros(struct spool *spool, size_t bytes);

/* spool_flush - write the buffer, so that a full disk is found now
 * Returns 0, or a negative errno after printing. */
int spool_flush(struct spool *spool);

/*
 * spool_read - @bytes from @offset
 * The range must be within spool_size(). Small reads in ascending order are cheap: one window of
 * the file is in memory. Returns 0 or a negative errno after printing.
 */
int spool_read(struct spool *spool, u64 offset, void *buf, size_t bytes);

/*
 * spool_read_any - spool_read() for spool_over(), by any thread
 * Returns 0 or a negative errno, not printed.
 */
int spool_read_any(const struct spool *spool, u64 offset, void *buf, size_t bytes);

/* spool_read_failed - print that reading at @offset failed with @err, a negative errno
 * Returns @err. */
int spool_read_failed(const struct spool *spool, u64 offset, int err);

/* spool_cut - free the bytes from offset @bytes on, unless it is of spool_over()
 * Nothing is appended afterwards. */
void spool_cut(struct spool *spool, u64 bytes);

/*
 * spool_copy - write @bytes from @offset to descriptor @fd, inside the kernel if possible
 * Returns 0; or a negative errno after printing: reading failed; or, with *@write_error true, that
 * of the failed write, not printed.
 */
int spool_copy(struct spool *spool, u64 offset, u64 bytes, int fd, bool *write_error);

#endif
