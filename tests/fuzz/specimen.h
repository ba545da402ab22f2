/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images that fuzz_read and fuzz_onto damage: small ones of ours, each of which has one of everything. */
#ifndef SPECIMEN_H
#define SPECIMEN_H

#include "fuzz.h"

#include "disk/format.h"

#define NR_SPECIMENS 8

struct specimen {
	int fd; /* of the bytes at @image, a memory file */
	u8 *image;
	u8 *good; /* the bytes before any damage */
	u64 bytes;
	u32 nodesize;
	enum btrfs_csum_type csum;
	u64 *blocks; /* where tree blocks are, ascending; physical is logical, second copies left out */
	u32 nr_blocks;
	u64 data; /* where file data begin, which end with the image */
};

/* specimen_get - the image @nr, which is below NR_SPECIMENS; made when it is first asked for */
struct specimen *specimen_get(u32 nr);

/* specimen_archive - the archive that all of them are made of, in a memory file at its beginning */
int specimen_archive(void);

/* specimen_block - the tree block at @at, or NULL if none was there */
u8 *specimen_block(const struct specimen *specimen, u64 at);

/*
 * specimen_damage - change what the @nr records at @records say, and put sums right
 * @mends: parents get the first keys and generations of their children, too
 */
struct damage;
void specimen_damage(struct specimen *specimen, const struct damage *records, u32 nr, bool mends);

/* specimen_restore - undo the damage */
void specimen_restore(struct specimen *specimen);

/* One change. What is too large is taken modulo what there is. */
struct damage {
	u8 kind; /* damage.c has the list */
	u8 mode; /* 0x07: bytes of the value less 1; 0xf8: what it means */
	le16 block;
	le16 slot; /* of the item or pointer */
	le16 at;   /* byte in what the kind changes */
	le64 value;
};
static_assert(sizeof(struct damage) == 16, "damage");

/*
 * An input: SPECIMEN_OPTION_BYTES of options, then records of damage. Byte 0 has the number of the
 * specimen in the bits of a mask, modulo their number; 0x40 in byte 1 says that parents are not
 * mended. What is missing is zero.
 */
#define SPECIMEN_OPTION_BYTES 2

/* specimen_of_input - the specimen with its damage done, and the input's options */
struct specimen *specimen_of_input(const u8 *data, size_t size, u8 number_mask,
				   u8 options[SPECIMEN_OPTION_BYTES]);

/* specimen_mutate_input - for libFuzzer's LLVMFuzzerCustomMutator(): records begin where they began */
size_t specimen_mutate_input(u8 *data, size_t size, size_t max_size, unsigned seed);

/* damage_shuffle - another list of records, from the @nr at @records; returns how many it has */
u32 damage_shuffle(struct damage *records, u32 nr, u32 max, u32 seed);

#endif
