/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mtree_words.h"

#include "number.h"

#include "base/diag.h"
#include "base/mem.h"

#include <stdio.h>

void words_append(struct text_buffer *buffer, const char *bytes, size_t len)
{
	buffer->bytes = mem_grow(buffer->bytes, &buffer->capacity, buffer->len + len + 1, 1);
	if (len)
		memcpy(buffer->bytes + buffer->len, bytes, len);
	buffer->len += len;
}

void words_free(struct text_buffer *buffer)
{
	xfree(buffer->bytes);
	*buffer = (struct text_buffer){ .len = 0 };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_comment(struct text rest)
{
	while (rest.len && is_blank(rest.bytes[0])) {
		rest.bytes++;
		rest.len--;
	}
	return rest.len && rest.bytes[0] == '#';
}

/* A backslash behind another one is that one's. */
static bool ends_in_backslash(struct text part)
{
	size_t nr = 0;
	while (nr < part.len && part.bytes[part.len - 1 - nr] == '\\')
		nr++;
	return nr % 2;
}

bool words_line(struct text *rest, struct text *line, u64 *number, u64 *next_number)
{
	char *to = (char *)(uintptr_t)rest->bytes;
	const bool may_go_on = !is_comment(*rest);
	bool goes_on = true;
	if (!rest->len)
		return false;
	*line = (struct text){ .bytes = to };
	*number = *next_number + 1;
	while (goes_on && rest->len) {
		struct text part = words_until(rest, '\n');
		++*next_number;
		if (part.len && part.bytes[part.len - 1] == '\r')
			part.len--;
		goes_on = may_go_on && ends_in_backslash(part);
		memmove(to, part.bytes, part.len);
		to += part.len;
		if (goes_on)
			to[-1] = ' ';
	}
	line->len = (size_t)(to - line->bytes);
	return true;
}

bool words_next(struct text *line, struct text *word)
{
	while (line->len && is_blank(line->bytes[0])) {
		line->bytes++;
		line->len--;
	}
	word->bytes = line->bytes;
	while (line->len && !is_blank(line->bytes[0])) {
		line->bytes++;
		line->len--;
	}
	word->len = (size_t)(line->bytes - word->bytes);
	return word->len;
}

struct text words_until(struct text *rest, char c)
{
	const char *at = rest->len ? memchr(rest->bytes, c, rest->len) : NULL;
	struct text before = *rest;
	if (at)
		before.len = (size_t)(at - rest->bytes);
	rest->bytes += before.len + (at ? 1 : 0);
	rest->len -= before.len + (at ? 1 : 0);
	return before;
}

bool words_equal(struct text word, const char *text)
{
	return word.len == strlen(text) && !memcmp(word.bytes, text, word.len);
}

bool words_number(struct text word, u32 base, u64 *number)
{
	if (!base && word.len > 2 && !memcmp(word.bytes, "0x", 2)) {
		word.bytes += 2;
		word.len -= 2;
		base = 16;
	}
	if (!base)
		base = word.len > 1 && word.bytes[0] == '0' ? 8 : 10;
	return number_digits((const u8 *)word.bytes, word.len, base, number);
}

bool words_time(struct text word, struct timestamp *time)
{
	const struct text sec = words_until(&word, '.');
	u64 nsec = 0;
	if (word.len && (!words_number(word, 10, &nsec) || word.len > 9))
		return false;
	if (!number_time((const u8 *)sec.bytes, sec.len, time))
		return false;
	time->nsec = (u32)nsec;
	return true;
}

static bool octal(struct text rest, char *c)
{
	u64 value;
	if (rest.len < 3 || !number_digits((const u8 *)rest.bytes, 3, 8, &value) || value > 0xff)
		return false;
	*c = (char)value;
	return true;
}

static bool letter(char escaped, char *c)
{
	static const char letters[] = "abfnrstv\\#", meant[] = "\a\b\f\n\r \t\v\\#";
	const char *at = escaped ? strchr(letters, escaped) : NULL;
	if (at)
		*c = meant[at - letters];
	return at;
}

bool words_decode(struct text word, char *out, size_t *len)
{
	*len = 0;
	while (word.len) {
		size_t n = 1;
		char c = word.bytes[0];
		if (c == '\\') {
			struct text escape = { word.bytes + 1, word.len - 1 };
			if (octal(escape, &c))
				n = 4;
			else if (escape.len && letter(escape.bytes[0], &c))
				n = 2;
			else
				return false;
		}
		out[(*len)++] = c;
		word.bytes += n;
		word.len -= n;
	}
	return true;
}

void words_add_xattr_record(struct text_buffer *records, struct text name, struct text value)
{
	static const char key[] = "SCHILY.xattr.";
	const size_t body = 1 + strlen(key) + name.len + 1 + value.len + 1;
	char number[32];
	int digits = 1;
	/* the length counts its own digits */
	while (snprintf(number, sizeof(number), "%zu", body + (size_t)digits) > digits)
		digits++;
	words_append(records, number, (size_t)digits);
	words_append(records, " ", 1);
	words_append(records, key, strlen(key));
	/* as GNU tar writes it */
	for (size_t i = 0; i < name.len; i++) {
		if (name.bytes[i] == '=' || name.bytes[i] == '%')
			words_append(records, name.bytes[i] == '=' ? "%3D" : "%25", 3);
		else
			words_append(records, name.bytes + i, 1);
	}
	words_append(records, "=", 1);
	words_append(records, value.bytes, value.len);
	words_append(records, "\n", 1);
}

int words_refuse(struct text found, const char *allowed)
{
	char q[QUOTE_BYTES];
	return fail(-EINVAL, "found '%s', allowed: %s", quote(q, found.bytes, found.len), allowed);
}
