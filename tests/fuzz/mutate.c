/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With libFuzzer: the sums of tar headers are put right after a mutation, so that what is behind
 * them is reached. */
#include "fuzz.h"

#define BLOCK 512u
#define SUM_OFFSET 148u

static u32 sum_of(const u8 *block)
{
	u32 sum = 0;
	for (u32 i = 0; i < BLOCK; i++)
		sum += i >= SUM_OFFSET && i < SUM_OFFSET + 8 ? ' ' : block[i];
	return sum;
}

void fuzz_fix_sums(u8 *data, size_t size)
{
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK)
		if (!memcmp(data + at + 257, "ustar", 5)) {
			char text[16];
			snprintf(text, sizeof(text), "%06o", sum_of(data + at) & 0777777);
			memcpy(data + at + SUM_OFFSET, text, 7);
			data[at + SUM_OFFSET + 7] = ' ';
		}
}
