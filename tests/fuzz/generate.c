/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate SEED [mild] - an archive of the generator, from pseudo-random decisions, to standard
 * output A mild one is to be accepted, most of the time.
 */
#include "fuzz.h"

#include <string.h>

int main(int argc, char **argv)
{
	static u8 bytes[4096], archive[256u << 10];
	if (argc != 2 && (argc != 3 || strcmp(argv[2], "mild")))
		return 2;
	u64 x = strtoull(argv[1], NULL, 10) * 2 + 1;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		bytes[i] = (u8)(x >> 56);
	}
	struct decisions d = { .bytes = bytes, .left = sizeof(bytes), .is_mild = argc == 3 };
	size_t len = generate_archive(&d, archive, sizeof(archive));
	return fwrite(archive, 1, len, stdout) == len ? 0 : 1;
}
