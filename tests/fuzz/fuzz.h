/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz harnesses: each file fuzz_NAME.c is a program with one LLVMFuzzerTestOneInput(). `make fuzz`
 * links it with libFuzzer; for all else replay.c is main() and takes the corpus as input.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/types.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* must - a promise of the program's that holds for all inputs; ends the process if it is broken */
#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Input that is read as a row of decisions; at its end each is 0. */
struct decisions {
	const u8 *bytes;
	size_t left;
	bool is_mild; /* for the generator: nothing that must be refused */
};

static inline u8 decide_byte(struct decisions *d)
{
	if (!d->left)
		return 0;
	d->left--;
	return *d->bytes++;
}

/* decide - a number below @n, which is 1..256 */
static inline u32 decide(struct decisions *d, u32 n)
{
	return decide_byte(d) % n;
}

/* rarely - true for one byte of @n */
static inline bool rarely(struct decisions *d, u32 n)
{
	return decide(d, n) == n - 1;
}

/* nasty - rarely(), but never in a mild archive */
static inline bool nasty(struct decisions *d, u32 n)
{
	return !d->is_mild && rarely(d, n);
}

/*
 * convert.c: fuzz_convert - the archive of @size bytes becomes an image, or is refused
 * Options follow from @size. What is promised of both outcomes is checked.
 */
void fuzz_convert(const u8 *archive, size_t size);

/* generator.c: generate_archive - an archive that is often good, with nasty values
 * @room: bytes at @out; returns the archive's length */
size_t generate_archive(struct decisions *d, u8 *out, size_t room);

#endif
