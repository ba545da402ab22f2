/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain bytes of the input, unpacked if need be, behind a window that two
 * readers share: the guards look at headers first (stream_peek), then
 * libarchive gets the same bytes, without a copy (stream_lend).
 *
 * Offsets count plain bytes from the start of the input.
 */
#ifndef INPUT_STREAM_H
#define INPUT_STREAM_H

#include "magic.h"
#include "raw_input.h"

struct stream;

/*
 * stream_new - the bytes of @input as they are; it must stay valid; release with stream_close()
 * @max_bytes:  more plain bytes are an error; 0: any number
 * @before:     plain bytes of other streams, which count too
 * @read_bytes: what is read from its descriptor is added as it is read
 */
struct stream *stream_new(const struct reader_input *input, u64 max_bytes, u64 before,
			  _Atomic u64 *read_bytes);
void stream_close(struct stream *stream);

/* stream_bytes - how many plain bytes were read or skipped */
u64 stream_bytes(const struct stream *stream);

/* stream_name - of the archive, for messages */
const char *stream_name(const struct stream *stream);
/* stream_packing - name of the packing, or NULL */
const char *stream_packing(const struct stream *stream);
/*
 * stream_offset - where the @bytes at @data, lent by stream_lend(), stand in the input
 * Returns false if they are elsewhere (a copy of libarchive's) or were packed.
 */
bool stream_offset(const struct stream *stream, const void *data, size_t bytes, u64 *offset);

/* stream_error - of the input, already printed, or 0 */
int stream_error(const struct stream *stream);

/*
 * stream_peek - the @bytes at @offset, in one piece
 * @offset: not before what libarchive has consumed
 * @got:    result: @bytes, or less at the end of the input or on error (see stream_error())
 * The bytes stay where they are until the next call here.
 */
u8 *stream_peek(struct stream *stream, u64 offset, size_t bytes, size_t *got);

/* stream_has - whether all bytes before @end have been seen; false if the input ended before */
bool stream_has(const struct stream *stream, u64 end);

/* stream_restart - the next stream_lend() begins at @offset */
void stream_restart(struct stream *stream, u64 offset);
/* stream_set_limit - libarchive shall get bytes before @limit first, and others only if it insists
 */
void stream_set_limit(struct stream *stream, u64 limit);

/*
 * stream_lend - the next block for libarchive
 * Returns its length, 0 at the end, or a negative errno after printing. The block stays until the
 * next stream_lend(), whatever is peeked at between.
 */
ssize_t stream_lend(struct stream *stream, const void **block);

/* stream_unread - how many of the bytes before @end nobody has read yet, if they can be passed over
 * unread; else 0 */
u64 stream_unread(const struct stream *stream, u64 end);

/*
 * stream_pass - libarchive passes over @bytes behind the last block lent
 * Returns @bytes, or 0 if it must be lent them.
 */
u64 stream_pass(struct stream *stream, u64 bytes);

/*
 * stream_unpack_at - a packed stream begins at @offset, which is 0 or behind a plain archive
 * (initramfs)
 * @packing, @name: what magic_packing() found there
 * Its bytes follow the plain ones from @offset on. Returns 0, or a negative errno after printing.
 */
int stream_unpack_at(struct stream *stream, u64 offset, enum packing packing, const char *name);

/*
 * stream_skip_zeros - find the first byte at or after @*offset that is not zero
 * Moves @*offset there. Returns 1 if there is one, 0 at the end, or a negative errno.
 */
int stream_skip_zeros(struct stream *stream, u64 *offset);

/*
 * stream_skip - the next to be looked at is @offset, which may lie far ahead
 * What lies between is not read where the input allows; that it ends before is then seen by the
 * next stream_peek(). Returns 0, or a negative errno after printing.
 */
int stream_skip(struct stream *stream, u64 offset);

/*
 * stream_drain - behind a tar's end marker: read all, so that the writer sees no broken pipe and
 * packed data are verified
 * Warns of bytes that are not zero. Returns 0, or a negative errno after printing.
 */
int stream_drain(struct stream *stream, u64 offset);

#endif
