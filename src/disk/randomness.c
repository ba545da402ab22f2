/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two measures, each as cheap as reading the bytes a few times:
 *
 * - How even the byte counts of each sector are (chi square). Random bytes score 255 with a
 *   standard deviation of 23. A code of bytes gains about (score - 255) / (2 ln 2) bits, at EVEN
 *   less than 0.6 % of a sector, and a piece must shrink by a sector of 32 to count.
 * - How often strings of 8 bytes repeat. Only strings that begin with one byte value count. In data
 *   that has passed the first measure that is about each 256th position. Positions are chosen by
 *   content, so both ends of a repeat are found at any distance.
 */
#include "randomness.h"

#include <string.h>

#define EVEN 512u
#define MARK 0xa7      /* any value does */
#define STRING_BYTES 8 /* from the mark on */
#define SLOTS 1024u    /* twice the marks in a piece */
#define REPEATS_MAX 4u /* a sector's length has 16 marks */

/* Four counters by turns, so that adjacent equal bytes do not wait for each other. */
static bool is_even(const u8 *data, u32 bytes)
{
	u16 counts[4][256] = { { 0 } };
	u64 squares = 0;
	u32 i = 0;
	for (; i + 4 <= bytes; i += 4) {
		counts[0][data[i]]++;
		counts[1][data[i + 1]]++;
		counts[2][data[i + 2]]++;
		counts[3][data[i + 3]]++;
	}
	for (; i < bytes; i++)
		counts[0][data[i]]++;
	for (u32 b = 0; b < 256; b++) {
		const u32 n = (u32)counts[0][b] + counts[1][b] + counts[2][b] + counts[3][b];
		squares += n * n;
	}
	/* chi square = sum of (count - bytes / 256)^2 / (bytes / 256) */
	return squares * 256 <= (u64)bytes * (bytes + EVEN);
}

static bool repeats(const u8 *data, size_t bytes)
{
	u64 seen[SLOTS] = {
		0
	}; /* the last string of each slot; 0: none, since strings begin with MARK */
	const u8 *end = data + bytes, *p = data;
	u32 nr = 0;
	while ((p = memchr(p, MARK, (size_t)(end - p))) && end - p >= STRING_BYTES) {
		le64 bytes_there;
		memcpy(bytes_there.bytes, p++, STRING_BYTES);
		const u64 string = from_le64(bytes_there);
		u64 *slot = &seen[(string * 0x9e3779b97f4a7c15u >> 32) % SLOTS];
		if (*slot == string && ++nr > REPEATS_MAX)
			return true;
		*slot = string;
	}
	return false;
}

bool cannot_shrink(const void *data, size_t bytes, size_t room)
{
	const u8 *p = data;
	assert(bytes <= BTRFS_MAX_COMPRESSED);
	if (bytes <= BTRFS_SECTORSIZE || room >= bytes)
		return false;
	for (size_t at = 0; at < bytes; at += BTRFS_SECTORSIZE)
		if (!is_even(p + at, (u32)min_u64(bytes - at, BTRFS_SECTORSIZE)))
			return false;
	return !repeats(p, bytes);
}
