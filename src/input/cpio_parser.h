/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the raw header of each cpio member before libarchive does: libarchive
 * searches for something like a header where there is none, and takes what is no
 * digit as the end of a number.
 */
#ifndef INPUT_CPIO_PARSER_H
#define INPUT_CPIO_PARSER_H

#include "member.h"
#include "stream.h"

struct cpio_parser;

/* cpio_parser_new - @stream must outlive the result; release with cpio_parser_free() */
struct cpio_parser *cpio_parser_new(struct stream *stream);
void cpio_parser_free(struct cpio_parser *parser);

/*
 * cpio_parser_next - the member whose header begins at @offset
 * The link count in the stream becomes 1: libarchive keeps a list of all linked members,
 * directories too, that it walks for each; the reader groups links itself. Returns 0, 1 for the
 * trailer (member->end is behind it), or a negative errno after printing.
 */
int cpio_parser_next(struct cpio_parser *parser, u64 offset, struct member *member);

#endif
