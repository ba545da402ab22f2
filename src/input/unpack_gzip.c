/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gzip by zlib, which verifies the CRC and the length in the trailer; libarchive skips the trailer.
 * gzip members follow each other; zeros may come between them (tapes, initramfs).
 */
#include "unpack.h"

#include "base/diag.h"
#include "base/mem.h"

#include <errno.h>
#include <zlib.h>

struct gzip {
	struct unpacker unpacker;
	struct raw_input *source;
	z_stream z;
	bool between; /* gzip members: the next byte is padding, a magic or the end */
	bool at_end;
	u8 in[SOURCE_BLOCK_BYTES];
};

/* Returns 1 if there is input, 0 at the end, or a negative errno. */
static int fill(struct gzip *g)
{
	if (g->z.avail_in)
		return 1;
	ssize_t n = raw_input_read(g->source, g->in, sizeof(g->in));
	if (n < 0)
		return (int)n;
	g->z.next_in = g->in;
	g->z.avail_in = (uInt)n;
	return n > 0;
}

/* Between gzip members: skip zeros, then note the end or begin the next member. */
static int next_member(struct gzip *g)
{
	for (;;) {
		int r = fill(g);
		if (r <= 0) {
			g->at_end = r == 0;
			return r;
		}
		while (g->z.avail_in && !*g->z.next_in) {
			g->z.next_in++;
			g->z.avail_in--;
		}
		if (g->z.avail_in)
			break;
	}
	if (*g->z.next_in != 0x1f)
		return fail(-EINVAL, "%s: there are other bytes behind the gzip data",
			    g->source->name);
	g->between = false;
	inflateReset(&g->z);
	return 0;
}

static ssize_t gzip_read(struct unpacker *unpacker, void *buf, size_t bytes)
{
	struct gzip *g = (struct gzip *)unpacker;
	uInt room = (uInt)min_u64(bytes, SOURCE_BLOCK_BYTES);
	g->z.next_out = buf;
	g->z.avail_out = room;
	while (g->z.avail_out == room && !g->at_end) {
		int r = g->between ? next_member(g) : fill(g);
		if (r < 0)
			return r;
		if (g->between || g->at_end)
			continue;
		if (!g->z.avail_in)
			return fail(-EINVAL, "%s: the gzip data are cut", g->source->name);
		int z = inflate(&g->z, Z_NO_FLUSH);
		if (z == Z_STREAM_END)
			g->between = true;
		else if (z != Z_OK && z != Z_BUF_ERROR)
			return fail(-EINVAL, "%s: the gzip data are damaged: %s", g->source->name,
				    g->z.msg ? g->z.msg : "zlib gives no reason");
	}
	return (ssize_t)(room - g->z.avail_out);
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
	g->unpacker = (struct unpacker){ "gzip", gzip_read, gzip_free };
	g->source = source;
	/* 16: a gzip head and trailer are expected, and verified */
	if (inflateInit2(&g->z, 15 + 16) != Z_OK) {
		xfree(g);
		return fail(-ENOMEM, "%s: zlib cannot start", source->name);
	}
	*unpacker = &g->unpacker;
	return 0;
}
