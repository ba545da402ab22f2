/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the raw headers of each tar member before libarchive does, strictly:
 * what libarchive would forgive, guess or read as 0 is refused here.
 */
#ifndef INPUT_TAR_GUARD_H
#define INPUT_TAR_GUARD_H

#include "member.h"
#include "stream.h"

struct tar_guard;

/* tar_guard_new - @stream and @options must outlive the result; release with tar_guard_free() */
struct tar_guard *tar_guard_new(struct stream *stream, const struct reader_options *options);
void tar_guard_free(struct tar_guard *guard);

/*
 * tar_guard_next - the member whose headers begin at @offset
 * Returns 0, 1 for the end marker (member->end is behind it), or a negative errno after printing.
 */
int tar_guard_next(struct tar_guard *guard, u64 offset, struct member *member);

/* tar_is_header - whether the block of @len bytes (512 are needed) is a tar header with a good sum
 */
bool tar_is_header(const u8 *block, size_t len);

/* tar_is_end - whether the block of @len bytes (512 are needed) is an end marker */
bool tar_is_end(const u8 *block, size_t len);

#endif
