/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of the archive's descriptor as they are: packed or not. */
#ifndef INPUT_RAW_INPUT_H
#define INPUT_RAW_INPUT_H

#include "base/types.h"
#include "input/reader.h"

#include <sys/types.h>

#define SOURCE_BLOCK_BYTES (1u << 20)

/* As many bytes can be looked at before they are taken, and given back afterwards. */
#define RAW_LOOK_BYTES 64u

struct raw_input {
	int fd;
	const char *name; /* for messages */
	u8 *buffer;       /* NULL, or bytes that come before the descriptor's: from @pos on; */
	size_t pos, len;  /* those before it were taken */
	size_t capacity;
	u64 left;                /* bytes that the descriptor may still be asked for */
	u64 passable;            /* of these, the bytes that a regular file is known to hold */
	struct sha256 *digest;   /* or NULL */
	u64 taken;               /* bytes from the descriptor, or passed over */
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

/* raw_input_offset - of the next byte, from where the descriptor was */
u64 raw_input_offset(const struct raw_input *source);

/*
 * raw_input_read - at most @bytes into @buf, with one system call
 * Returns the count, 0 at the end, or a negative errno after printing.
 */
ssize_t raw_input_read(struct raw_input *source, void *buf, size_t bytes);

/*
 * raw_input_peek - look at what comes next, without taking it
 * @bytes: 1 to RAW_LOOK_BYTES: at least as many, unless the end comes before
 * @data:  result; valid until the next call for this source, but for raw_input_take()
 * Returns how many bytes there are, 0 at the end, or a negative errno after printing.
 */
ssize_t raw_input_peek(struct raw_input *source, size_t bytes, const u8 **data);

/* raw_input_take - the first @bytes of those that were looked at are done with */
void raw_input_take(struct raw_input *source, size_t bytes);

/* raw_input_give_back - the last bytes that were taken come again; @bytes: see RAW_LOOK_BYTES */
void raw_input_give_back(struct raw_input *source, size_t bytes);

/* raw_input_push_back - the last bytes that raw_input_read() gave come again: @data, copied */
void raw_input_push_back(struct raw_input *source, const void *data, size_t bytes);

/*
 * raw_input_can_skip - whether the next @bytes can be left out without reading them
 * True only if a regular file holds them, and if no digest of the bytes is wanted.
 */
bool raw_input_can_skip(const struct raw_input *source, u64 bytes);

/* raw_input_skip - leave them out; false if they must be read */
bool raw_input_skip(struct raw_input *source, u64 bytes);

#endif
