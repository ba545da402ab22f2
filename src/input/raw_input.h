/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of the archive's descriptor as they are: packed or not. */
#ifndef INPUT_RAW_INPUT_H
#define INPUT_RAW_INPUT_H

#include "base/types.h"
#include "input/reader.h"

#include <sys/types.h>

#define SOURCE_BLOCK_BYTES (1u << 20)

struct raw_input {
	int fd;
	const char *name; /* for messages */
	u8 *pushed;       /* bytes that come before the descriptor's */
	size_t pushed_len;
	size_t pushed_pos;
	u64 left;                /* bytes that the descriptor may still be asked for */
	u64 passable;            /* of these, the bytes that a regular file is known to hold */
	struct sha256 *digest;   /* or NULL */
	_Atomic u64 *read_bytes; /* the count of bytes from the descriptor is added here */
};

/*
 * raw_input_init - @input must stay valid, its descriptor is the caller's; release with
 * raw_input_release()
 * @read_bytes: the number of bytes read from the descriptor is added to it
 */
void raw_input_init(struct raw_input *source, const struct reader_input *input,
		    _Atomic u64 *read_bytes);
void raw_input_release(struct raw_input *source);

/*
 * raw_input_read - at most @bytes into @buf, with one system call
 * Returns the count, 0 at the end, or a negative errno after printing.
 */
ssize_t raw_input_read(struct raw_input *source, void *buf, size_t bytes);

/*
 * raw_input_can_skip - whether the next @bytes can be left out without reading them
 * True only if a regular file holds them, and if no digest of the bytes is wanted.
 */
bool raw_input_can_skip(const struct raw_input *source, u64 bytes);

/* raw_input_skip - leave them out; false if they must be read */
bool raw_input_skip(struct raw_input *source, u64 bytes);

/* raw_input_push_back - @bytes at @data, which are copied, are read next */
void raw_input_push_back(struct raw_input *source, const void *data, size_t bytes);

#endif
