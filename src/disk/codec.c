/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of codecs and the parser of ALGO[:LEVEL]. Messages print the allowed values from the
 * list.
 */
#include "codec_table.h"

#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

const struct codec *const codec_table[] = { &codec_zstd, &codec_zlib, &codec_lzo, NULL };

#define NONE "none"
#define ALLOWED_BYTES 160u
/* More digits than any level has; keeps the number in an int. */
#define LEVEL_DIGITS 4u

/* Text that grows in a buffer of ALLOWED_BYTES; too much of it would be a bug. */
__attribute__((format(printf, 2, 3))) static void append(char *text, const char *format, ...)
{
	const size_t len = strlen(text);
	va_list args;
	va_start(args, format);
	const int n = vsnprintf(text + len, ALLOWED_BYTES - len, format, args);
	va_end(args);
	assert(n >= 0 && (size_t)n < ALLOWED_BYTES - len);
}

/* "1..19", or "1|9" if there are gaps. */
static void append_levels(char *text, const struct codec *codec)
{
	bool has_gap = false;
	for (int level = codec->level_min; level <= codec->level_max; level++)
		has_gap |= !codec->level_exists(level);
	if (!has_gap) {
		append(text, "%d..%d", codec->level_min, codec->level_max);
		return;
	}
	for (int level = codec->level_min; level <= codec->level_max; level++) {
		if (codec->level_exists(level))
			append(text, "%s%d", level > codec->level_min ? "|" : "", level);
	}
}

static int fail_algorithm(const char *text, size_t len)
{
	char allowed[ALLOWED_BYTES] = "";
	char quoted[QUOTE_BYTES];
	for (const struct codec *const *c = codec_table; *c; c++) {
		append(allowed, "%s[:", (*c)->name);
		append_levels(allowed, *c);
		append(allowed, "], ");
	}
	return fail(-EINVAL, "unknown algorithm '%s', allowed: %s" NONE, quote(quoted, text, len),
		    allowed);
}

static int fail_level(const struct codec *codec, const char *level)
{
	char allowed[ALLOWED_BYTES] = "";
	char quoted[QUOTE_BYTES];
	append_levels(allowed, codec);
	return fail(-EINVAL, "%s has no level '%s', allowed: %s", codec->name,
		    quote(quoted, level, strlen(level)), allowed);
}

/* The whole of @text as a decimal number; -1 if it is none or has too many digits. */
static int parse_level(const char *text)
{
	const size_t len = strlen(text);
	int level = 0;
	if (len == 0 || len > LEVEL_DIGITS)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		level = level * 10 + (*text - '0');
	}
	return level;
}

static bool is_name(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && memcmp(name, text, len) == 0;
}

const struct codec *codec_of_type(u32 type)
{
	const struct codec *const *codec = codec_table;
	while (*codec && (*codec)->type != type)
		codec++;
	return *codec;
}

const struct codec *codec_of_name(const char *name, size_t len)
{
	const struct codec *const *codec = codec_table;
	while (*codec && !is_name((*codec)->name, name, len))
		codec++;
	return *codec;
}

int codec_parse(const char *text, struct codec_choice *choice)
{
	const size_t len = strcspn(text, ":");
	const char *level_text = text[len] ? text + len + 1 : NULL;
	if (is_name(NONE, text, len)) {
		if (level_text)
			return fail(-EINVAL, "'" NONE "' takes no level");
		*choice = (struct codec_choice){ 0 };
		return 0;
	}
	const struct codec *codec = codec_of_name(text, len);
	if (!codec)
		return fail_algorithm(text, len);

	int level = codec->level_default;
	if (level_text) {
		level = parse_level(level_text);
		if (level < codec->level_min || level > codec->level_max ||
		    !codec->level_exists(level))
			return fail_level(codec, level_text);
	}
	*choice = (struct codec_choice){ .codec = codec, .level = level };
	return 0;
}

struct codec_choice codec_default(void)
{
	return (struct codec_choice){ .codec = &codec_zstd, .level = codec_zstd.level_default };
}

struct codec_choice codec_from_id(u8 id)
{
	for (const struct codec *const *c = codec_table; *c; c++) {
		const struct codec_choice choice = { .codec = *c, .level = id & 63 };
		if (codec_choice_id(&choice) == id)
			return choice;
	}
	return (struct codec_choice){ 0 };
}
