/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer of commands. It counts them only, or writes them.
 *
 * The functions for attributes report nothing: command_end() returns the first error of the
 * command, or of the stream before it.
 */
#ifndef SEND_COMMAND_STREAM_H
#define SEND_COMMAND_STREAM_H

#include "disk/send_format.h"
#include "send/send.h"

struct command_stream;

/* command_stream_new - begin an empty stream; @output: NULL to count only, else copied */
struct command_stream *command_stream_new(u32 version, const struct send_output *output);
void command_stream_free(struct command_stream *stream);

/* command_stream_bytes - so far, buffered ones too */
u64 command_stream_bytes(const struct command_stream *stream);

bool command_stream_counts_only(const struct command_stream *stream);

/* command_stream_header - write what each subvolume's stream begins with */
int command_stream_header(struct command_stream *stream);

/* command_stream_finish - write what is buffered; returns 0 or a negative errno after printing */
int command_stream_finish(struct command_stream *stream);

/* command_begin - attributes follow, then command_end() */
void command_begin(struct command_stream *stream, enum btrfs_send_cmd command);
void command_u32(struct command_stream *stream, enum btrfs_send_attr attr, u32 value);
void command_u64(struct command_stream *stream, enum btrfs_send_attr attr, u64 value);
void command_time(struct command_stream *stream, enum btrfs_send_attr attr, struct timestamp time);
/* command_bytes - @len bytes, at most 65535; both may be 0 */
void command_bytes(struct command_stream *stream, enum btrfs_send_attr attr, const void *data,
		   size_t len);

/*
 * command_data - BTRFS_SEND_A_DATA, the last attribute of a command
 * Returns where the caller writes the @len bytes, at most 128 KiB; NULL if they are only counted.
 */
u8 *command_data(struct command_stream *stream, u32 len);

/* command_fail - the data could not be read: @err is what command_end() returns */
void command_fail(struct command_stream *stream, int err);

/* command_end - returns 0 or a negative errno after printing */
int command_end(struct command_stream *stream);

#endif
