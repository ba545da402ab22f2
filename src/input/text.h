/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of an archive: bytes of any kind, with a length. */
#ifndef INPUT_TEXT_H
#define INPUT_TEXT_H

#include "base/diag.h"
#include "base/types.h"

/* Not terminated. The bytes belong to somebody else. */
struct text {
	const char *bytes;
	size_t len;
};

static inline struct text text_of(const char *string)
{
	return (struct text){ string, strlen(string) };
}

static inline bool text_equals(struct text text, const char *string)
{
	return strlen(string) == text.len && !memcmp(string, text.bytes, text.len);
}

/* text_begins - whether @text has @prefix and more */
static inline bool text_begins(struct text text, const char *prefix)
{
	return text.len > strlen(prefix) && !memcmp(prefix, text.bytes, strlen(prefix));
}

/* A text as quote() prints it. */
struct printable {
	char text[QUOTE_BYTES];
};

/* printable - for the arguments of one message: fail(err, "%s: cut", printable(name).text) */
static inline struct printable printable(struct text text)
{
	struct printable p;
	quote(p.text, text.bytes, text.len);
	return p;
}

#endif
