/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sparse maps of tar members, in all dialects. A map is untrusted: it may overlap, exceed the
 * file, differ from the stored bytes, or be too long.
 *
 * The functions that return int return 0, or a negative errno after printing.
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
 * sparse_read_old - add the map of an old GNU header and of the extension headers behind it
 * @header: 512 bytes, a copy
 * @offset: in: stream offset behind the header; out: behind the extension headers
 */
int sparse_read_old(struct stream *stream, const u8 *header, struct member *member, u64 *offset);

/* sparse_read_01 - add the map of pax format 0.1: "offset,bytes,offset,bytes..." */
int sparse_read_01(struct text text, struct member *member);

/*
 * sparse_read_10 - add the map of pax format 1.0: decimal lines in front of the data, padded to a
 * multiple of 512 bytes
 * @stored:    bytes from @offset on that belong to the member
 * @map_bytes: result, with padding
 */
int sparse_read_10(struct stream *stream, u64 offset, u64 stored, struct member *member,
		   u64 *map_bytes);

/*
 * sparse_read_solaris - add the data segments of a list " END END ...", where holes and data end in
 * turn, a hole first; the last number is the file's size
 */
int sparse_read_solaris(struct text text, struct member *member);

/* sparse_check - the map ascends, is within the file's size and holds exactly member->data_bytes */
int sparse_check(const struct member *member);

#endif
