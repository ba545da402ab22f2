/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The format of an archive, told by its first bytes. */
#ifndef INPUT_DETECT_H
#define INPUT_DETECT_H

#include "stream.h"

enum input_format {
	FORMAT_TAR,
	FORMAT_TAR_END, /* a tar without a member: its end marker, or nothing if it is whole */
	FORMAT_CPIO,
};

/*
 * detect_next_part - find what follows zeros, and packed parts that have ended, and unpack it
 * @offset: in and out: where it is
 * @p:      result: its first @len bytes, as of MAGIC_BYTES
 * Returns 1 if there is something, 0 at the end, or a negative errno after printing.
 */
int detect_next_part(struct stream *stream, u64 *offset, const u8 **p, size_t *len);

/*
 * detect_format - tell the format of @stream, of which nothing was read, and unpack it
 * @offset: result: where the archive begins: a cpio may have zeros before it; of an end marker, its
 *          end, or where a tar header follows
 * Returns 0, or a negative errno after printing: no archive, or packed twice.
 */
int detect_format(struct stream *stream, enum input_format *format, u64 *offset);

#endif
