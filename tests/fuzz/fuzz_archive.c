/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as an archive, or as several. With libFuzzer, sums of tar headers are put right after a mutation, so
 * that what is behind them is reached.
 */
#include "fuzz.h"

/* Archives: the bytes in as many parts, the first of them as large as the header says. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_run run = { .nr = 0 };
	fuzz_take_header(&run, &data, &size);
	const size_t parts = 1 + (run.header[3] >> 6);
	for (size_t i = 0; i < parts; i++) {
		size_t n = size;
		if (i + 1 < parts)
			n = size * (run.header[5] >> i) / 256 & ~(size_t)511;
		run.inputs[run.nr++] = (struct fuzz_input){ data, n };
		data += n;
		size -= n;
	}
	fuzz_convert(&run);
	return 0;
}

#ifdef LIBFUZZER
#define BLOCK 512u
#define SUM_OFFSET 148u

size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed);

static u32 sum_of(const u8 *block)
{
	u32 sum = 0;
	for (u32 i = 0; i < BLOCK; i++)
		sum += i >= SUM_OFFSET && i < SUM_OFFSET + 8 ? ' ' : block[i];
	return sum;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max_size);
	for (size_t at = FUZZ_HEADER_BYTES; seed % 16 && at + BLOCK <= size; at += BLOCK)
		if (!memcmp(data + at + 257, "ustar", 5)) {
			char text[16];
			snprintf(text, sizeof(text), "%06o", sum_of(data + at) & 0777777);
			memcpy(data + at + SUM_OFFSET, text, 7);
			data[at + SUM_OFFSET + 7] = ' ';
		}
	return size;
}
#endif
