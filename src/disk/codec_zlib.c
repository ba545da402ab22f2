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

/* Memory never lacks: an error is that of another version at run time than the header says. */
static void check_version(int ret, const char *function)
{
	if (ret == Z_OK)
		return;
	fail(-ENOTSUP, "zlib %s: %s: error %d", zlibVersion(), function, ret);
	_exit(1);
}

static void *zlib_new(int level)
{
	z_stream *stream = xzalloc(sizeof(*stream));
	stream->zalloc = zlib_allocate;
	stream->zfree = zlib_release;
	int ret = deflateInit2(stream, level, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
			       Z_DEFAULT_STRATEGY);
	check_version(ret, "deflateInit2");
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

static void *zlib_unpacker_new(void)
{
	z_stream *stream = xzalloc(sizeof(*stream));
	stream->zalloc = zlib_allocate;
	stream->zfree = zlib_release;
	check_version(inflateInit2(stream, WINDOW_BITS), "inflateInit2");
	return stream;
}

static void zlib_unpacker_free(void *unpacker)
{
	inflateEnd(unpacker);
	xfree(unpacker);
}

static size_t inflate_frame(z_stream *stream, const void *in, size_t in_bytes, void *out,
			    size_t out_bytes)
{
	stream->next_in = in;
	stream->avail_in = u32_from_u64(in_bytes);
	stream->next_out = out;
	stream->avail_out = u32_from_u64(out_bytes);
	const bool is_whole =
		inflateReset(stream) == Z_OK && inflate(stream, Z_FINISH) == Z_STREAM_END;
	return is_whole ? stream->total_out : 0;
}

static size_t zlib_decompress(void *unpacker, const void *in, size_t in_bytes, void *out,
			      size_t out_bytes)
{
	void *once = unpacker ? NULL : zlib_unpacker_new();
	const size_t n = inflate_frame(once ? once : unpacker, in, in_bytes, out, out_bytes);
	if (once)
		zlib_unpacker_free(once);
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
	.unpacker_new = zlib_unpacker_new,
	.unpacker_free = zlib_unpacker_free,
	.decompress = zlib_decompress,
};
