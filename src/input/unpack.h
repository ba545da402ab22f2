/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks a compressed stream. gzip goes through zlib, so that its checksum
 * and length count; xz, zstd, bzip2 and lz4 through libarchive's filters.
 *
 * Packed streams may follow each other, zeros may come between and behind;
 * anything else behind packed data is refused.
 */
#ifndef INPUT_UNPACK_H
#define INPUT_UNPACK_H

#include "magic.h"
#include "raw_input.h"

struct unpacker {
	const char *packing; /* name of the packing */
	/* as raw_input_read(), unpacked */
	ssize_t (*read)(struct unpacker *unpacker, void *buf, size_t bytes);
	void (*free)(struct unpacker *unpacker);
};

/*
 * unpack_open - start to unpack what @source gives; it must outlive the result
 * Returns 0, or a negative errno after printing.
 */
int unpack_open(struct raw_input *source, enum packing packing, const char *name,
		struct unpacker **unpacker);

/* unpack_gzip_open, unpack_filter_open - behind unpack_open(): one for gzip, one for the others */
int unpack_gzip_open(struct raw_input *source, struct unpacker **unpacker);
int unpack_filter_open(struct raw_input *source, enum packing packing, const char *name,
		       struct unpacker **unpacker);

#endif
