/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The .xz file format 1.2.0, sections 2 to 4, with the chunks of LZMA2 (liblzma's lzma2_decoder.c);
 * lz4_Frame_format.md of lz4, whose legacy frames end where no length of a block follows.
 */
#include "framing.h"

#define XZ_HEADER_BYTES 12u
#define XZ_FOOTER_BYTES 12u
#define XZ_CRC_BYTES 4u
#define LZ4_LEGACY_MAX 8421520u /* a packed block of 8 MiB: LZ4_compressBound() */

static u32 get_be16(const u8 *p)
{
	return (u32)p[0] << 8 | p[1];
}

static u32 get_le32(const u8 *p)
{
	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static bool end(struct framing *f, const u8 *p, size_t len)
{
	(void)p;
	(void)len;
	f->at_end = f->may_end = true;
	return true;
}

/* ---- xz ----------------------------------------------------------------------------------- */

static bool xz_block(struct framing *f, const u8 *p, size_t len);

/* One byte of the index: the number of records, then two numbers for each; 7 bits in a byte. */
static bool xz_index(struct framing *f, const u8 *p, size_t len)
{
	if (len < 1)
		return false;
	if (f->is_count && f->block_bytes <= 9)
		f->count |= (u64)(*p & 0x7f) << (7 * (f->block_bytes - 1));
	f->block_bytes++;
	f->pass = 1;
	if (*p & 0x80)
		return true;
	f->numbers = f->is_count ? 2 * f->count : f->numbers - 1;
	f->is_count = false;
	if (f->numbers)
		return true;
	f->pass += -f->block_bytes % 4 + XZ_CRC_BYTES + XZ_FOOTER_BYTES;
	f->step = end;
	return true;
}

static bool xz_chunk(struct framing *f, const u8 *p, size_t len)
{
	if (len < 6)
		return false;
	if (p[0] >= 0x80)
		f->pass = 5 + (p[0] >= 0xc0) + get_be16(p + 3) + 1;
	else if (p[0])
		f->pass = 3 + get_be16(p + 1) + 1;
	else
		f->pass = 1;
	f->block_bytes += f->pass;
	if (p[0])
		return true;
	f->pass += -f->block_bytes % 4 + f->sum_bytes;
	f->step = xz_block;
	return true;
}

static bool xz_block(struct framing *f, const u8 *p, size_t len)
{
	if (len < 1)
		return false;
	f->pass = *p ? (*p + 1) * 4u : 1;
	f->block_bytes = *p ? 0 : 1;
	f->is_count = true;
	f->count = 0;
	f->step = *p ? xz_chunk : xz_index;
	return true;
}

static bool xz_header(struct framing *f, const u8 *p, size_t len)
{
	/* the id of the check */
	static const u8 sum_bytes[16] = { 0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64 };
	if (len < XZ_HEADER_BYTES)
		return false;
	f->sum_bytes = sum_bytes[p[7] & 15];
	f->pass = XZ_HEADER_BYTES;
	f->step = xz_block;
	return true;
}

/* ---- lz4 ---------------------------------------------------------------------------------- */

static bool lz4_block(struct framing *f, const u8 *p, size_t len)
{
	if (len < 4)
		return false;
	const u32 bytes = get_le32(p);
	f->pass = 4 + (u64)(bytes & 0x7fffffff) + f->sum_bytes;
	if (bytes)
		return true;
	f->pass = 4 + f->end_bytes;
	f->step = end;
	return true;
}

static bool lz4_legacy_block(struct framing *f, const u8 *p, size_t len)
{
	f->may_end = true;
	if (len < 4)
		return false;
	const u32 bytes = get_le32(p);
	f->at_end = !bytes || bytes > LZ4_LEGACY_MAX;
	if (!f->at_end && len < 5)
		return false;
	/* a block that begins without literals would copy from before itself: 1f 8b 08 00 is gzip */
	f->at_end = f->at_end || (bytes > 1 && p[4] < 0x10);
	f->pass = f->at_end ? 0 : 4 + (u64)bytes;
	return true;
}

static bool lz4_header(struct framing *f, const u8 *p, size_t len)
{
	if (len < 5)
		return false;
	const u8 flags = p[4];
	if (p[0] == 2) {
		f->pass = 4;
		f->step = lz4_legacy_block;
		return true;
	}
	f->sum_bytes = flags & 0x10 ? 4 : 0;
	f->end_bytes = flags & 0x04 ? 4 : 0;
	f->pass = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
	f->step = lz4_block;
	return true;
}

/* ---- both --------------------------------------------------------------------------------- */

bool framing_begin(struct framing *f, enum packing packing)
{
	*f = (struct framing){ .step = packing == PACKING_XZ ? xz_header : lz4_header };
	return packing == PACKING_XZ || packing == PACKING_LZ4;
}

size_t framing_take(struct framing *f, const u8 *p, size_t len)
{
	size_t done = 0;
	for (;;) {
		const size_t n = (size_t)min_u64(f->pass, len - done);
		done += n;
		f->pass -= n;
		if (f->pass || f->at_end || !f->step(f, p + done, len - done))
			return done;
	}
}
