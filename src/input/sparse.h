/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sparse maps of tar members, read from the raw bytes. libarchive reads them
 * too, and places the data; but it believes maps that overlap, exceed the file or
 * differ from the stored bytes, and grows its own list without bound.
 */
#ifndef INPUT_SPARSE_H
#define INPUT_SPARSE_H

#include "member.h"
#include "stream.h"

/* More segments are refused: they cost memory before any data has been seen. */
#define SPARSE_SEGMENTS_MAX (1u << 20)

/* sparse_map_add - false if there are too many */
bool sparse_map_add(struct sparse_map *map, u64 offset, u64 bytes);

/*
 * sparse_read_old - the map of an old GNU header and the extension headers behind it
 * @header: 512 bytes, a copy
 * @offset: in: stream offset behind the header, out: behind the extensions
 * All sparse_ functions that return int: 0, or a negative errno after printing a line about @who.
 */
int sparse_read_old(struct stream *stream, const u8 *header, const char *who, u64 *offset,
		    struct sparse_map *map);

/* sparse_read_01 - pax format 0.1: "offset,bytes,offset,bytes..." */
int sparse_read_01(struct text text, const char *who, struct sparse_map *map);

/*
 * sparse_read_10 - pax format 1.0: decimal lines in front of the data, padded to 512 bytes
 * @stored: bytes from @offset on that belong to the member
 * @map_bytes: result, with padding
 */
int sparse_read_10(struct stream *stream, u64 offset, u64 stored, const char *who,
		   struct sparse_map *map, u64 *map_bytes);

/* sparse_check - @map ascends, lies within @size and holds exactly @stored bytes */
int sparse_check(const struct sparse_map *map, u64 size, u64 stored, const char *who);

#endif
