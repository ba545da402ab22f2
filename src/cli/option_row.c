/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "option_row.h"
#include "value.h"

#include "base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <uuid/uuid.h>

#define ALLOWED_BYTES 128
#define CONTEXT_BYTES 40
#define NAME_LETTERS 40 /* of an option, at most */

int option_refuse_part(const char *found, size_t len, const char *allowed)
{
	char quoted[QUOTE_BYTES];
	return fail(-EINVAL, "found '%s', allowed: %s", quote(quoted, found, len), allowed);
}

int option_refuse(const char *found, const char *allowed)
{
	return option_refuse_part(found, strlen(found), allowed);
}

bool option_find_word(const struct option_word *words, const char *text, size_t len, u64 *value)
{
	while (words->name && (strlen(words->name) != len || memcmp(words->name, text, len)))
		words++;
	if (!words->name)
		return false;
	*value = words->value;
	return true;
}

/* ---- numbers in fields of different sizes ------------------------------------------ */

static void store_number(void *options, const struct option_row *row, u64 value)
{
	const u32 value32 = (u32)value;
	const bool flag = value;
	const void *from = row->bytes == sizeof(value)     ? (const void *)&value
			   : row->bytes == sizeof(value32) ? (const void *)&value32
							   : (const void *)&flag;
	if (row->bytes)
		memcpy((char *)options + row->offset, from, row->bytes);
}

static u64 load_number(const void *options, const struct option_row *row)
{
	const char *field = (const char *)options + row->offset;
	u64 value;
	u32 value32;
	if (row->bytes == sizeof(bool))
		return *(const bool *)field;
	memcpy(&value32, field, sizeof(value32));
	if (row->bytes == sizeof(value32))
		return value32;
	memcpy(&value, field, sizeof(value));
	return value;
}

/* ---- values ------------------------------------------------------------------------ */

static bool read_signed(const char *text, u64 max, u64 *value)
{
	const bool is_negative = *text == '-';
	if (!value_number(text + is_negative, 0, max, value))
		return false;
	*value = is_negative ? 0 - *value : *value;
	return true;
}

/* What is stored for @text; false if it is not allowed. */
static bool read_number(const struct option_row *row, const char *text, u64 *value)
{
	switch ((int)row->type) {
	case OPTION_WORD:
		return option_find_word(row->words, text, strlen(text), value);
	case OPTION_NUMBER:
		return value_number(text, row->min, row->max, value);
	case OPTION_SIGNED:
		return read_signed(text, row->max, value);
	case OPTION_SIZE:
		return value_size(text, row->min, row->max, value) &&
		       (!row->step || *value % row->step == 0);
	default: /* OPTION_POWER */
		return value_size(text, row->min, row->max, value) && !(*value & (*value - 1));
	}
}

/* @value as the user may write it: small sizes of any number of bytes have no suffix. */
static void print_number(const struct option_row *row, u64 value, char *text, size_t bytes)
{
	static const char suffixes[] = "\0kmgt";
	const bool has_suffix = row->type == OPTION_POWER ||
				(row->type == OPTION_SIZE && (row->step || value >= 1 << 20));
	size_t i = 0;
	while (has_suffix && value && value % 1024 == 0 && suffixes[i + 1]) {
		value /= 1024;
		i++;
	}
	snprintf(text, bytes, "%llu%.1s", (unsigned long long)value, &suffixes[i]);
}

static void describe_range(const struct option_row *row, char text[ALLOWED_BYTES])
{
	const bool is_size = row->type == OPTION_SIZE || row->type == OPTION_POWER;
	char kind[48] = "", min[24], max[24];
	if (row->type == OPTION_POWER)
		snprintf(kind, sizeof(kind), "a power of two from ");
	else if (row->type == OPTION_SIGNED)
		snprintf(kind, sizeof(kind), "-%llu to -1, or ", (unsigned long long)row->max);
	else if (row->step)
		snprintf(kind, sizeof(kind), "a multiple of %llu from ",
			 (unsigned long long)row->step);
	print_number(row, row->min, min, sizeof(min));
	print_number(row, row->max, max, sizeof(max));
	if (row->min == row->max) {
		snprintf(text, ALLOWED_BYTES, "%s", min);
		return;
	}
	snprintf(text, ALLOWED_BYTES, "%s%s %s%s%s", kind, min,
		 row->max == UINT64_MAX ? "or more" : "to ", row->max == UINT64_MAX ? "" : max,
		 is_size ? ", with suffix k, m, g or t" : "");
}

/* What to write instead of 1GB; false if @value is wrong in another way. */
static bool respell_size(const char *value, char text[ALLOWED_BYTES])
{
	const int len = (int)value_decimal_size(value);
	snprintf(text, ALLOWED_BYTES, "%.*s or %.*siB, of powers of 1024", len, value, len, value);
	return len && len < ALLOWED_BYTES / 4;
}

/* "a, b or c" */
static void describe_words(const struct option_word *words, char text[ALLOWED_BYTES])
{
	size_t len = 0;
	for (const struct option_word *w = words; w->name; w++)
		len += (size_t)snprintf(text + len, ALLOWED_BYTES - len, "%s%s",
					w == words  ? ""
					: w[1].name ? ", "
						    : " or ",
					w->name);
}

/* What is written when an optional argument is empty. */
static void describe_text(const struct option_row *row, char text[ALLOWED_BYTES])
{
	if (option_is_optional(row))
		snprintf(text, ALLOWED_BYTES, "--%s or --%s%.*s", row->name, row->name,
			 (int)strlen(row->argument) - 2, row->argument + 1);
	else
		snprintf(text, ALLOWED_BYTES, "%s", row->argument);
}

static int refuse_value(const struct option_row *row, const char *value)
{
	char allowed[ALLOWED_BYTES];
	switch (row->type) {
	case OPTION_WORD:
		describe_words(row->words, allowed);
		break;
	case OPTION_SIZE:
	case OPTION_POWER:
		if (!respell_size(value, allowed))
			describe_range(row, allowed);
		break;
	case OPTION_NUMBER:
	case OPTION_SIGNED:
		describe_range(row, allowed);
		break;
	case OPTION_PATH:
		snprintf(allowed, sizeof(allowed), "%s, with ./ in front if it begins with -",
			 option_is_optional(row) ? "FILE" : row->argument);
		break;
	case OPTION_UUID:
		snprintf(allowed, sizeof(allowed), "a UUID as 36 hex digits and dashes");
		break;
	case OPTION_TIME:
		snprintf(allowed, sizeof(allowed),
			 "@SECONDS[.FRACTION], YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ");
		break;
	case OPTION_SET:
	case OPTION_TEXT:
	case OPTION_CALL:
	case OPTION_PRINT:
	case OPTION_REFUSE:
		describe_text(row, allowed);
		break;
	}
	return option_refuse(value, allowed);
}

static int store_value(void *options, const struct option_row *row, const char *value)
{
	void *field = (char *)options + row->offset;
	u64 number = row->value;
	bool is_good = true;
	switch (row->type) {
	case OPTION_CALL:
		return row->parse(options, value);
	case OPTION_PRINT:
		return value && strcmp(value, "all") ? option_refuse(value, "all") : 1;
	case OPTION_REFUSE:
		return fail(-EINVAL, "%s", row->help);
	case OPTION_TEXT:
	case OPTION_PATH:
		is_good = !value || *value;
		if (row->type == OPTION_PATH && value)
			is_good = *value && (*value != '-' || !value[1]);
		if (is_good && row->parse)
			return row->parse(options, value);
		memcpy(field, &value, sizeof(value));
		break;
	case OPTION_UUID:
		is_good = !uuid_parse(value, field);
		break;
	case OPTION_TIME:
		is_good = value_time(value, field);
		break;
	case OPTION_SET:
	case OPTION_WORD:
	case OPTION_NUMBER:
	case OPTION_SIGNED:
	case OPTION_SIZE:
	case OPTION_POWER:
		is_good = !value || read_number(row, value, &number);
		store_number(options, row, number);
		break;
	}
	return is_good ? 0 : refuse_value(row, value);
}

int option_store(void *options, const struct option_row *row, const char *value)
{
	char name[CONTEXT_BYTES];
	snprintf(name, sizeof(name), "--%s", row->name);
	diag_set_context(name);
	int result = store_value(options, row, value);
	diag_set_context(NULL);
	if (!result && row->given)
		*(bool *)((char *)options + row->given) = true;
	if (!result && row->noted)
		*(const char **)((char *)options + row->noted) = row->name;
	return result;
}

void option_default(const struct option_row *row, const void *defaults, char *text, size_t bytes)
{
	const u64 value = option_is_optional(row) ? row->value : load_number(defaults, row);
	print_number(row, value, text, bytes);
	for (const struct option_word *w = row->words; w && w->name; w++)
		if (w->value == value)
			snprintf(text, bytes, "%s", w->name);
}

/* ---- names that are none ------------------------------------------------------------ */

static u32 min3(u32 a, u32 b, u32 c)
{
	const u32 least = a < b ? a : b;
	return least < c ? least : c;
}

/* How many letters must be changed, put in or taken out to make @b of @len letters at @a. */
static u32 edit_distance(const char *a, size_t len, const char *b)
{
	u32 row[NAME_LETTERS + 1];
	const size_t columns = strlen(b);
	assert(columns <= NAME_LETTERS);
	for (u32 j = 0; j <= columns; j++)
		row[j] = j;
	for (u32 i = 0; i < len; i++) {
		u32 diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < columns; j++) {
			const u32 above = row[j + 1];
			row[j + 1] = min3(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	return row[columns];
}

const struct option_row *option_nearest(const struct option_row *table, const char *name,
					size_t len)
{
	const struct option_row *nearest = NULL;
	u32 least = 2 + (u32)(len / 4);
	for (const struct option_row *row = table; row->name && len <= NAME_LETTERS; row++) {
		const u32 distance = edit_distance(name, len, row->name);
		if (distance < least) {
			least = distance;
			nearest = row;
		}
	}
	return nearest;
}
