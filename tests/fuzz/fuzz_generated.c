/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives whose structure is mostly right and whose values are nasty: one, or layers of several. */
#include "fuzz.h"

#define ARCHIVE_BYTES (256u << 10)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 archives[FUZZ_MAX_INPUTS][ARCHIVE_BYTES];
	struct fuzz_run run = { .nr = 0 };
	fuzz_take_header(&run, &data, &size);
	run.nr = 1 + (run.header[3] >> 6);
	for (size_t i = 0; i < run.nr; i++) {
		const size_t n = size / (run.nr - i);
		struct decisions d = { .bytes = data,
				       .left = n,
				       .has_whiteouts = run.nr > 1 && run.header[3] & 3 };
		run.inputs[i] = (struct fuzz_input){ archives[i], generate_archive(&d, archives[i],
										   ARCHIVE_BYTES) };
		data += n;
		size -= n;
	}
	fuzz_convert(&run);
	return 0;
}
