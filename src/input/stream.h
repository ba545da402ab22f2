/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain bytes of an archive, unpacked if need be, behind a window that moves forward.
 *
 * An archive may have several parts, each plain or packed in its own way. The stream ends where a
 * packed part does, until it is told to go on.
 *
 * Offsets count plain bytes from the start of the archive. Of an archive that is a regular file
 * and not packed, bytes can be passed over unread.
 */
#ifndef INPUT_STREAM_H
#define INPUT_STREAM_H

#include "magic.h"
#include "raw_input.h"

struct stream;

/*
 * stream_new - the bytes of @input as they are; it must stay valid; release with stream_close()
 * @max_bytes:  an error is met when more plain bytes were passed; 0: any number
 * @before:     plain bytes of other streams, which count too
 * @read_bytes: the number of bytes read from the descriptor is added as they are read
 */
struct stream *stream_new(const struct reader_input *input, u64 max_bytes, u64 before,
			  _Atomic u64 *read_bytes);
void stream_close(struct stream *stream);

/* stream_bytes - how many plain bytes were read or passed over */
u64 stream_bytes(const struct stream *stream);

/* stream_name - of the archive, for messages */
const char *stream_name(const struct stream *stream);
/* stream_packing - name of the packing of what is read now, or NULL */
const char *stream_packing(const struct stream *stream);

/* stream_is_in_place - whether nothing was unpacked so far: then offsets in the stream are offsets
 * in the archive, from where its descriptor was */
bool stream_is_in_place(const struct stream *stream);

/*
 * stream_peek - look at the bytes at @offset
 * @offset: not before that of an earlier call: bytes before it are forgotten
 * @bytes:  wanted: at least this many, in one buffer
 * @data:   result; valid until the next call for this stream
 * Returns how many bytes there are: more than @bytes if they were read already, fewer at the end
 * of the part only. Or a negative errno after printing.
 */
ssize_t stream_peek(struct stream *stream, u64 offset, size_t bytes, const u8 **data);

/* stream_is_whole - whether the archive may end without an end marker, as reader_input says */
bool stream_is_whole(const struct stream *stream);

/* stream_allow_missing_end - from now on it may */
void stream_allow_missing_end(struct stream *stream);

/* stream_check_end - that the archive may end here, without @what; 0, or an errno after printing */
int stream_check_end(const struct stream *stream, const char *what);

/* stream_unread - how many of the bytes before @end nobody has read yet, if they can be passed over
 * unread; else 0 */
u64 stream_unread(const struct stream *stream, u64 end);

/*
 * stream_skip - go on at @offset; if possible the bytes before it are passed over unread
 * Returns 0, 1 if the archive ends before @offset, or a negative errno after printing.
 */
int stream_skip(struct stream *stream, u64 offset);

/*
 * stream_skip_zeros - find the first byte at or after @*offset that is not zero
 * Moves @*offset there. Returns 1 if there is one, 0 at the end, or a negative errno.
 */
int stream_skip_zeros(struct stream *stream, u64 *offset);

/*
 * stream_unpack_at - a packed stream begins at @offset, where the last stream_peek() was
 * @packing, @name: what magic_packing() found there
 * Its plain bytes follow the bytes before @offset. Returns 0, or a negative errno after printing.
 */
int stream_unpack_at(struct stream *stream, u64 offset, enum packing packing, const char *name);

/* stream_end_part - go on behind a packed part, with plain bytes; false if it is a plain one */
bool stream_end_part(struct stream *stream);

/*
 * stream_join_parts - from now on, packed parts are read as one
 * Only zeros may come between and behind.
 */
void stream_join_parts(struct stream *stream);

/*
 * stream_drain - behind a tar's end marker: read all, so that the writer of a pipe sees no error
 * and the checksums of packed data are verified
 * Warns of bytes that are not zero. Returns 0, or a negative errno after printing.
 */
int stream_drain(struct stream *stream, u64 offset);

#endif
