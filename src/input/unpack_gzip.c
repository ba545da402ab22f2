/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gzip by zlib: libarchive skips the trailer, zlib checks its CRC and length. */
#include "unpack.h"

#include "base/diag.h"
#include "base/mem.h"

#include <errno.h>
#define ZLIB_CONST
#include <zlib.h>

struct gzip {
	struct unpacker unpacker;
	struct raw_input *source;
	z_stream z;
	bool at_end;
};

/* Unpack as much as the next bytes give. */
static int unpack_some(struct gzip *g)
{
	const u8 *in;
	const ssize_t n = raw_input_peek(g->source, 1, &in);
	if (n < 0)
		return (int)n;
	if (n == 0)
		return fail(-EINVAL, "%s: %s are cut", g->source->name, g->unpacker.what);
	g->z.next_in = in;
	g->z.avail_in = (uInt)min_u64((u64)n, SOURCE_BLOCK_BYTES);
	const int z = inflate(&g->z, Z_NO_FLUSH);
	raw_input_take(g->source, (size_t)(g->z.next_in - in));
	g->at_end = z == Z_STREAM_END;
	if (z != Z_OK && z != Z_BUF_ERROR && z != Z_STREAM_END)
		return fail(-EINVAL, "%s: %s are damaged: %s", g->source->name, g->unpacker.what,
			    g->z.msg ? g->z.msg : "zlib gives no reason");
	return 0;
}

static ssize_t gzip_read(struct unpacker *unpacker, void *buf, size_t bytes)
{
	struct gzip *g = (struct gzip *)unpacker;
	const uInt room = (uInt)min_u64(bytes, SOURCE_BLOCK_BYTES);
	int err = 0;
	g->z.next_out = buf;
	g->z.avail_out = room;
	while (g->z.avail_out == room && !g->at_end && !err)
		err = unpack_some(g);
	return err ? err : (ssize_t)(room - g->z.avail_out);
}

static void gzip_free(struct unpacker *unpacker)
{
	struct gzip *g = (struct gzip *)unpacker;
	inflateEnd(&g->z);
	xfree(g);
}

int unpack_gzip_open(struct raw_input *source, struct unpacker **unpacker)
{
	struct gzip *g = xzalloc(sizeof(*g));
	g->unpacker = **unpacker;
	g->unpacker.read = gzip_read;
	g->unpacker.free = gzip_free;
	g->source = source;
	/* 16: a gzip head and trailer are expected, and verified */
	if (inflateInit2(&g->z, 15 + 16) != Z_OK) {
		xfree(g);
		return fail(-ENOMEM, "%s: zlib cannot start", source->name);
	}
	*unpacker = &g->unpacker;
	return 0;
}
