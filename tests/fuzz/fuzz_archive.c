/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an archive, or as several. */
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
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max_size);
	if (seed % 16 && size > FUZZ_HEADER_BYTES)
		fuzz_fix_sums(data + FUZZ_HEADER_BYTES, size - FUZZ_HEADER_BYTES);
	return size;
}
#endif
