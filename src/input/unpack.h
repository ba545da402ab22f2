/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks a packed archive. zlib unpacks gzip, and verifies checksum and length; libarchive's
 * filters unpack xz, zstd, bzip2 and lz4.
 *
 * Several packed streams may follow each other, with zeros between and after them. Any other bytes
 * after packed data are refused.
 */
#ifndef INPUT_UNPACK_H
#define INPUT_UNPACK_H

#include "magic.h"
#include "raw_input.h"

struct unpacker {
	const char *packing; /* name of the packing */
	/* as raw_input_read(), but the bytes are unpacked */
	ssize_t (*read)(struct unpacker *unpacker, void *buf, size_t bytes);
	void (*free)(struct unpacker *unpacker);
};

/*
 * unpack_open - start to unpack the bytes of @source, which must outlive the result
 * Returns 0, or a negative errno after printing.
 */
int unpack_open(struct raw_input *source, enum packing packing, const char *name,
		struct unpacker **unpacker);

/* unpack_gzip_open, unpack_filter_open - for unpack_open() alone: gzip, and the others */
int unpack_gzip_open(struct raw_input *source, struct unpacker **unpacker);
int unpack_filter_open(struct raw_input *source, enum packing packing, const char *name,
		       struct unpacker **unpacker);

#endif
