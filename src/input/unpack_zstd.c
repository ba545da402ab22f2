/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zstd by its library, which tells where a frame ends, and what is wrong with it. */
#include "unpack.h"

#include "base/diag.h"
#include "base/mem.h"

#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

struct zstd {
	struct unpacker unpacker;
	struct raw_input *source;
	ZSTD_DCtx *context;
	bool at_end;
	u64 window; /* bytes of it that the frame claims */
};

/* The frame header's window, RFC 8878 section 3.1.1.1.2; 0 if it has none, being a single segment. */
static u64 window_bytes(const u8 *frame, size_t len)
{
	if (len < 6 || frame[4] & 0x20)
		return 0;
	const u64 base = UINT64_C(1) << (10 + (frame[5] >> 3));
	return base + base / 8 * (frame[5] & 7);
}

static int damaged_frame(const struct zstd *z, size_t code)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
		return fail(-EFBIG,
			    "%s: %s have a window of %llu MiB, allowed are 128 MiB; this unpacks "
			    "it: zstd -dc --long=31 | tar2btrfs",
			    z->source->name, z->unpacker.what,
			    (unsigned long long)(z->window >> 20));
	return fail(-EINVAL, "%s: %s are damaged: %s", z->source->name, z->unpacker.what,
		    ZSTD_getErrorName(code));
}

/* Unpack as much as the next bytes give. */
static int unpack_frames(struct zstd *z, ZSTD_outBuffer *out)
{
	const u8 *data;
	const ssize_t n = raw_input_peek(z->source, 1, &data);
	if (n < 0)
		return (int)n;
	ZSTD_inBuffer in = { data, (size_t)n, 0 };
	const size_t left = ZSTD_decompressStream(z->context, out, &in);
	if (ZSTD_isError(left))
		return damaged_frame(z, left);
	raw_input_take(z->source, in.pos);
	z->at_end = left == 0;
	if (n == 0 && !z->at_end && !out->pos)
		return fail(-EINVAL, "%s: %s are cut", z->source->name, z->unpacker.what);
	return 0;
}

static ssize_t zstd_read(struct unpacker *unpacker, void *buf, size_t bytes)
{
	struct zstd *z = (struct zstd *)unpacker;
	ZSTD_outBuffer out = { buf, bytes, 0 };
	int err = 0;
	while (!out.pos && !z->at_end && !err)
		err = unpack_frames(z, &out);
	return err ? err : (ssize_t)out.pos;
}

static void free_zstd(struct unpacker *unpacker)
{
	struct zstd *z = (struct zstd *)unpacker;
	ZSTD_freeDCtx(z->context);
	xfree(z);
}

int unpack_zstd_open(struct raw_input *source, struct unpacker **unpacker)
{
	const u8 *frame;
	const ssize_t n = raw_input_peek(source, 6, &frame);
	if (n < 0)
		return (int)n;
	struct zstd *z = xzalloc(sizeof(*z));
	z->unpacker = **unpacker;
	z->unpacker.read = zstd_read;
	z->unpacker.free = free_zstd;
	z->source = source;
	z->window = window_bytes(frame, (size_t)n);
	z->context = ZSTD_createDCtx();
	if (!z->context) {
		xfree(z);
		return fail(-ENOMEM, "%s: zstd cannot start", source->name);
	}
	*unpacker = &z->unpacker;
	return 0;
}
