/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks one packed stream: a gzip member, a zstd or lz4 frame, a stream of xz, or several of
 * bzip2. gzip goes through zlib, so that its checksum and length count, zstd through its library;
 * xz, bzip2 and lz4 through libarchive's filters.
 *
 * At its end the next byte of the source is the one behind it.
 */
#ifndef INPUT_UNPACK_H
#define INPUT_UNPACK_H

#include "magic.h"
#include "raw_input.h"

struct unpacker {
	const char *packing; /* name of the packing */
	char what[48]; /* for messages: "the gzip data", with their place if not at the start */
	/* as raw_input_read(), unpacked; 0 at the end, and whenever asked again */
	ssize_t (*read)(struct unpacker *unpacker, void *buf, size_t bytes);
	void (*free)(struct unpacker *unpacker);
};

/*
 * unpack_open - start to unpack what @source gives; it must outlive the result
 * @packing, @name: as magic_packing() found them there
 * Returns 0, or a negative errno after printing, with @unpacker NULL.
 */
int unpack_open(struct raw_input *source, enum packing packing, const char *name,
		struct unpacker **unpacker);

/* unpack_gzip_open and others - behind unpack_open(); @unpacker: in: @packing and @what alone */
int unpack_gzip_open(struct raw_input *source, struct unpacker **unpacker);
int unpack_zstd_open(struct raw_input *source, struct unpacker **unpacker);
int unpack_filter_open(struct raw_input *source, enum packing packing, struct unpacker **unpacker);

#endif
