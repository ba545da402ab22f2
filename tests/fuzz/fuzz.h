/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz harnesses: each file fuzz_NAME.c is a program with one LLVMFuzzerTestOneInput(). `make fuzz`
 * links it with libFuzzer; for all else replay.c is main() and takes the corpus as input.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/diag.h"
#include "base/types.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* With libFuzzer: its own change of an input, and a harness's, which may use it. */
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed);

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
	bool is_mild;       /* for the generator: nothing that must be refused */
	bool has_whiteouts; /* for the generator: names of layers, too */
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
 * Options of a run, in front of the other bytes of an input; all zero is what the program does
 * without options. By byte and bits, of which enumerations are in convert.c:
 *   0: 0x03 node size, 0x04 skip_unsupported, 0x08 keep_times, 0x10 dup, 0x20 no free space tree,
 *      0x40 no block group tree, 0x80 no seed
 *   1: 0x07 codec, 0x08 no dedupe, 0x30 max_inline, 0x40 hash_files, 0x80 detect_holes
 *   2: 0x03 pack_bytes, 0x0c checksum, 0x30 free_bytes, 0x40 one run is enough, 0x80 the second run
 *      reads from pipes
 *   3: 0x03 whiteouts: 0 no, 1 yes, 2 each layer in a subvolume, 3 yes; 0x04 hard_dereference,
 *      0x08 subvolumes, 0x10 two of them, 0xc0 number of archives less 1
 *   4: 0x01 one image of a container archive, 0x02 one platform, 0x04 with its configuration,
 *      0x08 allow_missing_end, 0x10 ignore_zeros
 *      0x20 version 1 of send streams, 0x40 fs-verity, 0x80 the same with SHA-512 and a salt
 *   5: where archives are cut into several
 * Inputs from before there was a header get one in front: that of `fuzz_NAME` without options is
 * six zeros.
 */
#define FUZZ_HEADER_BYTES 6
#define FUZZ_MAX_INPUTS 4

struct fuzz_input {
	const u8 *bytes;
	size_t size;
};

struct fuzz_run {
	u8 header[FUZZ_HEADER_BYTES];
	struct fuzz_input inputs[FUZZ_MAX_INPUTS];
	size_t nr;
	bool is_oci;      /* the one input is an archive of a container image */
	const char *plan; /* path of an mtree plan, or NULL */
};

/* convert.c: fuzz_take_header - the first of @size bytes at @data are the header; moves both on */
void fuzz_take_header(struct fuzz_run *run, const u8 **data, size_t *size);

/*
 * convert.c: fuzz_convert - the inputs become an image, or are refused
 * By one thread from files, and again by three: the same image. What is promised of both outcomes
 * is checked.
 */
void fuzz_convert(const struct fuzz_run *run);

/* convert.c: fuzz_make_image - the image that the run's one input becomes, in a memory file */
int fuzz_make_image(const struct fuzz_run *run);

/* A send stream, in memory; release bytes with xfree(). */
struct fuzz_stream {
	u8 *bytes; /* NULL: the archives were refused, in one line */
	size_t len;
};

/*
 * convert.c: fuzz_make_stream - the send stream of the run's inputs, by one thread
 * @parent:  a run with the same header, from which it is an update; or NULL
 * @version: of the stream, 1 or 2
 */
struct fuzz_stream fuzz_make_stream(const struct fuzz_run *run, const struct fuzz_run *parent,
				    u32 version);

/* generator.c: generate_archive - an archive that is often good, with nasty values
 * @room: bytes at @out; returns the archive's length */
size_t generate_archive(struct decisions *d, u8 *out, size_t room);

/* mutate.c: fuzz_fix_sums - put right the sums of what looks like tar headers */
void fuzz_fix_sums(u8 *data, size_t size);

/*
 * fuzz_count_message - a sink for diag_set_sink(): each line is whole, begins with the program's
 * name, and errors are counted in fuzz_messages; FUZZ_VERBOSE in the environment prints them
 */
extern unsigned fuzz_messages;
void fuzz_count_message(enum diag_level level, const char *line, size_t len);

#endif
