/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines, words and values of an mtree specification. */
#ifndef INPUT_MTREE_WORDS_H
#define INPUT_MTREE_WORDS_H

#include "member.h"

/* A text that grows; zeroed by the user at first. */
struct text_buffer {
	char *bytes;
	size_t len;
	size_t capacity;
};

void words_append(struct text_buffer *buffer, const char *bytes, size_t len);
void words_free(struct text_buffer *buffer);

/*
 * words_line - take one line off the front of @rest
 * @number:      of the first line that was joined, from 1
 * @next_number: in and out, 0 at first
 * A line that ends in a backslash is joined with the next one, in place; not a comment, nor a line
 * whose last backslash is escaped. Returns false at the end.
 */
bool words_line(struct text *rest, struct text *line, u64 *number, u64 *next_number);

/* words_next - take the next word, between blanks, off the front of @line; false at its end */
bool words_next(struct text *line, struct text *word);

/* words_until - take the text before the first @c, and @c, off the front of @rest; without a @c
 * take all of it */
struct text words_until(struct text *rest, char c);

bool words_equal(struct text word, const char *text);

/* words_number - @base: 8 or 10; 0: a leading 0x or 0 tells the base */
bool words_number(struct text word, u32 base, u64 *number);

/* words_time - seconds, which may be negative; a point and a number of nanoseconds to add may
 * follow: a quarter of a second before 1970 is -1.750000000 */
bool words_time(struct text word, struct timestamp *time);

/*
 * words_decode - the bytes that a name or target stands for: \ooo, and one-letter escapes as in C
 * @out: at least word.len bytes
 * Returns false for other escapes.
 */
bool words_decode(struct text word, char *out, size_t *len);

/* words_add_xattr_record - append a pax record SCHILY.xattr.NAME=VALUE */
void words_add_xattr_record(struct text_buffer *records, struct text name, struct text value);

/* words_refuse - print what was found and what is allowed (the context says where); -EINVAL */
int words_refuse(struct text found, const char *allowed);

#endif
