/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EXTENT_DATA items: what they say, checked. */
#ifndef READ_EXTENT_H
#define READ_EXTENT_H

#include "cursor.h"

/* Bytes of a file from @offset to @end. */
struct extent {
	u64 offset, end;
	bool is_hole; /* or preallocated: zeros; nothing below is set */
	u8 compression;
	u64 ram_bytes;    /* uncompressed, of the whole extent */
	u64 skip;         /* bytes of the uncompressed extent before the file's */
	u64 disk_bytenr;  /* stored bytes, unless is_inline: where */
	u64 disk_bytes;   /* and how many; at most BTRFS_MAX_COMPRESSED if compressed */
	bool is_inline;   /* ram_bytes are at most a sector: */
	const u8 *stored; /* disk_bytes of them, until the cursor moves */
};

/* extent_read - the item where the cursor is; 0, or a negative errno after printing */
int extent_read(const struct cursor *cursor, struct extent *extent);

#endif
