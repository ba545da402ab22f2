/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libarchive, reading the members that a guard has found good, and held against what the guard
 * read. */
#ifndef INPUT_SECOND_READER_H
#define INPUT_SECOND_READER_H

#include "member.h"
#include "stream.h"

enum input_format {
	FORMAT_TAR,
	FORMAT_CPIO,
};

struct second_reader;

/*
 * second_reader_new - for one archive, which begins at @offset; release with second_reader_free()
 * @source: of the content, where the input's bytes can be found again (content_add_archive())
 */
struct second_reader *second_reader_new(struct stream *stream, enum input_format format, u64 offset,
					u16 source);
void second_reader_free(struct second_reader *reader);

/*
 * second_reader_next - let libarchive read the header of @member
 * Returns 0, or a negative errno after printing: libarchive finds fault with it, or reads
 * another type or size.
 */
int second_reader_next(struct second_reader *reader, const struct member *member);

/* second_reader_has_data - whether a hard link of tar comes with data; there is no telling but by
 * looking */
bool second_reader_has_data(const struct second_reader *reader);

/*
 * second_reader_data - the data of @member into @file_data, which was begun
 * @sum: result: the bytes' sum, if member->has_sum
 * Each block must lie where the guard's map says, and nothing may lack.
 * Returns 0, or a negative errno after printing.
 */
int second_reader_data(struct second_reader *reader, const struct member *member,
		       struct file_data *file_data, u32 *sum);

/*
 * second_reader_finish - skip what is left of @member
 * @offset: result: where the next one begins
 * Returns 0, or a negative errno after printing: cut, or the readers disagree on where it ends.
 */
int second_reader_finish(struct second_reader *reader, const struct member *member, u64 *offset);

#endif
