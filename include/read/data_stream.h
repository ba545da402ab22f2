/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One stream of bytes in which data of files lie between bytes of the caller's. The caller goes
 * ahead and only says which data come where; other threads read, verify and unpack them meanwhile.
 * What leaves is in order, also with respect to messages: before one is printed, all that was put
 * into the stream before it has been written. So neither bytes nor messages depend on the number of
 * threads. Memory does not depend on what is written.
 */
#ifndef READ_DATA_STREAM_H
#define READ_DATA_STREAM_H

#include "read/file_reader.h"

struct data_stream;

/*
 * data_stream_new - a stream to @fd
 * @name:    of that, for messages; stays valid
 * @threads: at least 1, the caller's included
 * Only one at a time, as all messages pass by it. All functions below return 0, or a negative errno
 * after printing: after the first one nothing more is written or printed until data_stream_free().
 */
struct data_stream *data_stream_new(struct filesystem *fs, int fd, const char *name, u32 threads);
void data_stream_free(struct data_stream *stream); /* NULL is fine */

/* data_stream_bytes - @len bytes of the caller's */
int data_stream_bytes(struct data_stream *stream, const void *bytes, size_t len);

/* data_stream_runs - all runs of @file, just opened or rewound, one behind the other; @bytes: how many
 */
int data_stream_runs(struct data_stream *stream, struct file_reader *file, u64 *bytes);

/* data_stream_whole - all of @file, just opened or rewound, of @size bytes: holes are zeros */
int data_stream_whole(struct data_stream *stream, struct file_reader *file, u64 size);

/* data_stream_flush - write all that was put into the stream */
int data_stream_flush(struct data_stream *stream);

#endif
