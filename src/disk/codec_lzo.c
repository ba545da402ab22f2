/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lzo, in the kernel's frame (fs/btrfs/lzo.c):
 *
 *   le32 bytes of the frame, this word included
 *   for each sector of input: le32 bytes of the segment, LZO1X data
 *
 * A segment's word does not cross a multiple of 4096 in the frame: up to three zero bytes come
 * before it. Nothing follows the last segment: the kernel checks the frame's length.
 */
#include "codec_table.h"
#include "randomness.h"

#include "base/diag.h"
#include "base/mem.h"

#include <errno.h>
#include <lzo/lzo1x.h>
#include <unistd.h>

/* The most bytes that LZO1X makes of a sector. */
#define SEGMENT_MAX (BTRFS_SECTORSIZE + BTRFS_SECTORSIZE / 16 + 64 + 3)
#define LEVEL_FAST 1
#define LEVEL_BEST 9

struct lzo_context {
	int level;
	u8 segment[SEGMENT_MAX];
	void *work;
};

static void *lzo_new(int level)
{
	struct lzo_context *lzo = xzalloc(sizeof(*lzo));
	if (lzo_init() != LZO_E_OK) {
		fail(-ENOTSUP, "lzo %s: built for another machine", lzo_version_string());
		_exit(1);
	}
	lzo->level = level;
	lzo->work = xzalloc(level == LEVEL_BEST ? LZO1X_999_MEM_COMPRESS : LZO1X_1_MEM_COMPRESS);
	return lzo;
}

static void lzo_free(void *ctx)
{
	struct lzo_context *lzo = ctx;
	xfree(lzo->work);
	xfree(lzo);
}

/* Compress up to one sector into lzo->segment. */
static size_t make_segment(struct lzo_context *lzo, const u8 *in, size_t in_bytes)
{
	lzo_uint n = SEGMENT_MAX;
	int ret;
	if (lzo->level == LEVEL_BEST)
		ret = lzo1x_999_compress(in, in_bytes, lzo->segment, &n, lzo->work);
	else
		ret = lzo1x_1_compress(in, in_bytes, lzo->segment, &n, lzo->work);
	/* By contract the library cannot fail. */
	assert(ret == LZO_E_OK && n > 0 && n <= SEGMENT_MAX);
	return n;
}

static void put_word(u8 *p, size_t value)
{
	const le32 word = to_le32(u32_from_u64(value));
	memcpy(p, word.bytes, sizeof(word));
}

static size_t lzo_compress(void *ctx, const void *in, size_t in_bytes, void *out, size_t out_bytes)
{
	struct lzo_context *lzo = ctx;
	const u8 *p = in;
	u8 *frame = out;
	size_t len = sizeof(le32);
	assert(in_bytes >= 1 && in_bytes <= BTRFS_MAX_COMPRESSED);
	if (lzo->level == LEVEL_BEST && cannot_shrink(in, in_bytes, out_bytes))
		return 0;
	while (in_bytes) {
		const size_t piece = min_u64(in_bytes, BTRFS_SECTORSIZE);
		const size_t segment = make_segment(lzo, p, piece);
		const size_t to_border = align_up(len, BTRFS_SECTORSIZE) - len;
		const size_t pad = to_border < sizeof(le32) ? to_border : 0;
		const size_t end = len + pad + sizeof(le32) + segment;
		if (end > out_bytes)
			return 0;
		memset(frame + len, 0, pad);
		put_word(frame + len + pad, segment);
		memcpy(frame + end - segment, lzo->segment, segment);
		len = end;
		p += piece;
		in_bytes -= piece;
	}
	put_word(frame, len);
	return len;
}

static size_t get_word(const u8 *p)
{
	le32 word;
	memcpy(word.bytes, p, sizeof(word));
	return from_le32(word);
}

static size_t lzo_decompress(void *unpacker, const void *in, size_t in_bytes, void *out,
			     size_t out_bytes)
{
	(void)unpacker;
	const u8 *frame = in;
	const size_t end = in_bytes >= sizeof(le32) ? get_word(frame) : 0;
	size_t at = sizeof(le32), done = 0;
	if (end > in_bytes)
		return 0;
	while (at < end) {
		const size_t to_border = align_up(at, BTRFS_SECTORSIZE) - at;
		at += to_border < sizeof(le32) ? to_border : 0;
		if (at > end || end - at < sizeof(le32))
			return 0;
		const size_t segment = get_word(frame + at);
		lzo_uint n = out_bytes - done;
		at += sizeof(le32);
		if (segment > end - at ||
		    lzo1x_decompress_safe(frame + at, segment, (u8 *)out + done, &n, NULL) !=
			    LZO_E_OK)
			return 0;
		at += segment;
		done += n;
	}
	return done;
}

static bool lzo_level_exists(int level)
{
	return level == LEVEL_FAST || level == LEVEL_BEST;
}

const struct codec codec_lzo = {
	.name = "lzo",
	.type = BTRFS_COMPRESS_LZO,
	.incompat_flag = BTRFS_FEATURE_INCOMPAT_COMPRESS_LZO,
	.level_min = LEVEL_FAST,
	.level_max = LEVEL_BEST,
	.level_default = LEVEL_FAST,
	.level_exists = lzo_level_exists,
	.library = lzo_version_string,
	.context_new = lzo_new,
	.context_free = lzo_free,
	.compress = lzo_compress,
	.decompress = lzo_decompress,
};
