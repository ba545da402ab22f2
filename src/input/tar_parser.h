/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the raw headers of each tar member before libarchive does, strictly:
 * what libarchive would forgive, guess or read as 0 is refused here.
 */
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
 * Returns 0, 1 for the end marker (member->end is behind it), or a negative errno after printing.
 */
int tar_parser_next(struct tar_parser *parser, u64 offset, struct member *member);

/* tar_is_header - whether the block of @len bytes (512 are needed) is a tar header with a good sum
 */
bool tar_is_header(const u8 *block, size_t len);

/* tar_is_end - whether the block of @len bytes (512 are needed) is an end marker */
bool tar_is_end(const u8 *block, size_t len);

#endif
