/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the headers of tar members, of all dialects, strictly. */
#ifndef INPUT_TAR_PARSER_H
#define INPUT_TAR_PARSER_H

#include "member.h"
#include "stream.h"

struct tar_parser;

/* tar_parser_new - @stream and @options must outlive the result; release with tar_parser_free() */
struct tar_parser *tar_parser_new(struct stream *stream, const struct reader_options *options);
void tar_parser_free(struct tar_parser *parser);

/*
 * tar_parser_next - the member whose headers begin at @offset
 * @member: result; its strings and map are the parser's
 * Returns 0, 1 for the end (member->end is behind its marker), or a negative errno after printing.
 */
int tar_parser_next(struct tar_parser *parser, u64 offset, struct member *member);

/* tar_is_header - whether a tar header with a good sum is at @block; @len: less than 512 is none */
bool tar_is_header(const u8 *block, size_t len);

/* tar_is_end - whether an end marker is at @block; @len: less than 512 is none */
bool tar_is_end(const u8 *block, size_t len);

#endif
