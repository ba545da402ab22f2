/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where xz and lz4 data end, told by the lengths that they consist of: libarchive reads on behind
 * them. Nothing is verified here; what makes no sense is libarchive's to refuse.
 */
#ifndef INPUT_FRAMING_H
#define INPUT_FRAMING_H

#include "magic.h"

struct framing {
	/* looks at what is at @p; false if @len bytes are too few for it */
	bool (*step)(struct framing *framing, const u8 *p, size_t len);
	u64 pass; /* bytes up to what is looked at next */
	bool at_end;
	bool may_end;             /* lz4's legacy frames: the input may end here */
	u32 sum_bytes, end_bytes; /* of checksums behind each block, and behind the last */
	u64 block_bytes;          /* xz: of the block, or the index, so far */
	bool is_count;            /* xz: the next number of the index is that of records: */
	u64 count;
	u64 numbers; /* that are left */
};

/* framing_begin - @framing of a part; false if @packing has none here */
bool framing_begin(struct framing *framing, enum packing packing);

/*
 * framing_take - how many of the @len bytes at @p, which come next, belong to the part
 * Before its end fewer than all only if the rest is shorter than 12 bytes.
 */
size_t framing_take(struct framing *framing, const u8 *p, size_t len);

#endif
