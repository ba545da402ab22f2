/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives whose structure is mostly right and whose values are nasty. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 archive[256u << 10];
	struct decisions d = { data, size, false };
	fuzz_convert(archive, generate_archive(&d, archive, sizeof(archive)));
	return 0;
}
