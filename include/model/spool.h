/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A spool: an unnamed temporary file that is appended to while the archive is
 * read, and read back while the image is written. The process's end, however
 * it comes, leaves nothing of it.
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
 * spool_over - a spool to read from only: the bytes of regular file @fd, from its present position
 * Returns NULL if @fd is no regular file or stands at its end. @fd must stay open, @name (for
 * messages) valid.
 */
struct spool *spool_over(int fd, const char *name);

/* spool_check - after spool_over(): whether the file has kept its size and its mtime
 * Returns 0 or a negative errno after printing. */
int spool_check(const struct spool *spool);

/* spool_size - bytes appended so far: the offset that the next spool_append() gets */
u64 spool_size(const struct spool *spool);

/* spool_fd - to read what was flushed, from offset 0; it is the spool's and stays so */
int spool_fd(const struct spool *spool);

/* spool_append - @bytes at the end, buffered; returns 0 or a negative errno after printing */
int spool_append(struct spool *spool, const void *data, size_t bytes);

/* spool_append_zeros - the same with zeros */
int spool_append_zeros(struct spool *spool, size_t bytes);

/* spool_flush - write what is buffered, so that a full disk shows now; 0, or a negative errno after
 * printing */
int spool_flush(struct spool *spool);

/*
 * spool_read - @bytes from @offset
 * The range must lie within spool_size(). Small reads in ascending order are cheap (one window is
 * kept). Returns 0 or a negative errno after printing.
 */
int spool_read(struct spool *spool, u64 offset, void *buf, size_t bytes);

/*
 * spool_read_any - spool_read() by any thread, of what spool_over() made
 * Returns 0 or a negative errno, not printed.
 */
int spool_read_any(const struct spool *spool, u64 offset, void *buf, size_t bytes);

/* spool_read_failed - print that reading at @offset failed with @err, a negative errno; returns it
 */
int spool_read_failed(const struct spool *spool, u64 offset, int err);

/* spool_cut - forget what lies at @bytes and behind, if it is a file of our own; that is the end
 * of appending */
void spool_cut(struct spool *spool, u64 bytes);

/*
 * spool_copy - write @bytes from @offset to descriptor @fd, in the kernel where it can
 * Returns 0, a negative errno after printing if reading fails, or with *@write_error set to true
 * the errno of the failed write, not printed.
 */
int spool_copy(struct spool *spool, u64 offset, u64 bytes, int fd, bool *write_error);

#endif
