/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zlib: one stream of RFC 1950 with the largest window, as the kernel writes it. */
#define ZLIB_CONST /* next_in points to const */

#include "codec_table.h"
#include "randomness.h"

#include "base/diag.h"
#include "base/mem.h"

#include <errno.h>
#include <unistd.h>
#include <zlib.h>

#define WINDOW_BITS 15
#define MEMORY_LEVEL 8

/* Zeroed, so that bytes never depend on what the heap held before. */
static voidpf zlib_allocate(voidpf opaque, uInt items, uInt size)
{
	(void)opaque;
	return xzalloc((size_t)items * size);
}

static void zlib_release(voidpf opaque, voidpf p)
{
	(void)opaque;
	xfree(p);
}

static void *zlib_new(int level)
{
	z_stream *stream = xzalloc(sizeof(*stream));
	stream->zalloc = zlib_allocate;
	stream->zfree = zlib_release;
	int ret = deflateInit2(stream, level, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
			       Z_DEFAULT_STRATEGY);
	if (ret != Z_OK) { /* another version at run time than the header says */
		fail(-ENOTSUP, "zlib %s: deflateInit2: error %d", zlibVersion(), ret);
		_exit(1);
	}
	return stream;
}

static void zlib_free(void *ctx)
{
	z_stream *stream = ctx;
	deflateEnd(stream);
	xfree(stream);
}

static size_t zlib_compress(void *ctx, const void *in, size_t in_bytes, void *out, size_t out_bytes)
{
	z_stream *stream = ctx;
	assert(in_bytes >= 1 && in_bytes <= BTRFS_MAX_COMPRESSED);
	if (cannot_shrink(in, in_bytes, out_bytes)) /* slow at any level: 45 MB/s */
		return 0;
	deflateReset(stream);
	stream->next_in = in;
	stream->avail_in = (uInt)in_bytes;
	stream->next_out = out;
	stream->avail_out = u32_from_u64(min_u64(out_bytes, UINT32_MAX));
	if (deflate(stream, Z_FINISH) != Z_STREAM_END)
		return 0;
	return stream->total_out;
}

static size_t zlib_decompress(const void *in, size_t in_bytes, void *out, size_t out_bytes)
{
	z_stream stream = { .zalloc = zlib_allocate, .zfree = zlib_release };
	size_t n = 0;
	stream.next_in = in;
	stream.avail_in = u32_from_u64(in_bytes);
	stream.next_out = out;
	stream.avail_out = u32_from_u64(out_bytes);
	if (inflateInit2(&stream, WINDOW_BITS) == Z_OK) {
		if (inflate(&stream, Z_FINISH) == Z_STREAM_END)
			n = stream.total_out;
		inflateEnd(&stream);
	}
	return n;
}

static bool zlib_level_exists(int level)
{
	return level >= 1 && level <= 9;
}

const struct codec codec_zlib = {
	.name = "zlib",
	.type = BTRFS_COMPRESS_ZLIB,
	.level_min = 1,
	.level_max = 9,
	.level_default = 3, /* the kernel's */
	.level_exists = zlib_level_exists,
	.library = zlibVersion,
	.context_new = zlib_new,
	.context_free = zlib_free,
	.compress = zlib_compress,
	.decompress = zlib_decompress,
};
