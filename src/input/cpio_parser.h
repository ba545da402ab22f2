/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the headers of cpio members: newc, crc, odc and the old binary format. */
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
 * @member: result; its strings are the parser's
 * Returns 0, 1 for the trailer (member->end is behind it), or a negative errno after printing.
 */
int cpio_parser_next(struct cpio_parser *parser, u64 offset, struct member *member);

#endif
