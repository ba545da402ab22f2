/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digits are read here one by one: strtoull() and its family would accept white space and signs,
 * too.
 */
#include "value.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define NSEC_PER_SEC 1000000000u

/* Read one or more digits at *@text, which then points after them; false if there is none, or if
 * the number has more than 64 bits. */
static bool read_digits(const char **text, u64 *number)
{
	const char *p = *text;
	u64 n = 0;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (mul_overflows(n, 10, &n) || add_overflows(n, (u64)(*p - '0'), &n))
			return false;
	}
	if (p == *text)
		return false;
	*text = p;
	*number = n;
	return true;
}

bool value_number(const char *text, u64 min, u64 max, u64 *number)
{
	u64 n;
	if (!read_digits(&text, &n) || *text || n < min || n > max)
		return false;
	*number = n;
	return true;
}

/* The factor of a suffix: k, m, g or t, alone or as KiB and so on, in either case. */
static bool read_suffix(const char *text, u64 *factor)
{
	static const char letters[] = "kmgt";
	const char *letter = strchr(letters, *text | 0x20);
	if (!*text || !letter || (text[1] && strcasecmp(text + 1, "ib")))
		return false;
	*factor = 1024ull << (10 * (letter - letters));
	return true;
}

/* Read ".DIGITS" of @factor at *@text; false if it is not a whole number of bytes. */
static bool read_part(const char **text, u64 factor, u64 *bytes)
{
	u64 digits, scale = 1;
	const char *first = ++*text;
	if (!read_digits(text, &digits) || *text - first > 18)
		return false;
	for (; first < *text; first++)
		scale *= 10;
	if (mul_overflows(digits, factor, &digits) || digits % scale)
		return false;
	*bytes = digits / scale;
	return true;
}

bool value_size(const char *text, u64 min, u64 max, u64 *size)
{
	u64 n, part = 0, factor = 1;
	if (!read_digits(&text, &n))
		return false;
	const char *suffix = text + strspn(text, ".0123456789");
	if (*suffix && !read_suffix(suffix, &factor))
		return false;
	if (*text == '.' && (factor == 1 || !read_part(&text, factor, &part)))
		return false;
	if (text != suffix || mul_overflows(n, factor, &n) || add_overflows(n, part, &n) ||
	    n < min || n > max)
		return false;
	*size = n;
	return true;
}

size_t value_decimal_size(const char *text)
{
	const size_t len = strspn(text, ".0123456789");
	const bool is_decimal = len && text[len] && strchr("kKmMgGtT", text[len]) &&
				!strcasecmp(text + len + 1, "b");
	return is_decimal ? len + 1 : 0;
}

/* Read ".FRACTION" as nanoseconds, up to @end, which ends the text; @end alone is 0. */
static bool read_fraction(const char *text, const char *end, u32 *nsec)
{
	u32 unit = NSEC_PER_SEC;
	*nsec = 0;
	if (!strcmp(text, end))
		return true;
	if (*text++ != '.' || !strcmp(text, end))
		return false;
	for (; *text >= '0' && *text <= '9' && unit > 1; text++) {
		unit /= 10;
		*nsec += (u32)(*text - '0') * unit;
	}
	return !strcmp(text, end);
}

/* The time @sec and @nsec after (or before) 1970; false if the seconds have more than 64 bits. */
static bool make_time(bool is_negative, u64 sec, u32 nsec, struct timestamp *time)
{
	const u64 limit = 1ull << 63;
	if (!is_negative) {
		if (sec >= limit)
			return false;
		*time = (struct timestamp){ .sec = (s64)sec, .nsec = nsec };
		return true;
	}
	/* Nanoseconds count forward: -1.5 is -2 seconds and 0.5 seconds. */
	if (nsec) {
		if (sec >= limit)
			return false;
		sec++;
		nsec = NSEC_PER_SEC - nsec;
	}
	if (sec > limit)
		return false;
	*time = (struct timestamp){ .sec = (s64)(0 - sec), .nsec = nsec };
	return true;
}

static bool read_time(const char *text, bool fraction_allowed, struct timestamp *time)
{
	bool is_negative = *text == '-';
	u64 sec;
	u32 nsec = 0;
	text += is_negative;
	if (!read_digits(&text, &sec))
		return false;
	if (!fraction_allowed && *text)
		return false;
	return read_fraction(text, "", &nsec) && make_time(is_negative, sec, nsec, time);
}

bool value_seconds(const char *text, struct timestamp *time)
{
	return read_time(text, false, time);
}

/* @len digits at *@text, a number from @min to @max; then @separator, unless that is 0. */
static bool read_field(const char **text, size_t len, int min, int max, char separator, int *field)
{
	int n = 0;
	for (size_t i = 0; i < len; i++, ++*text) {
		if (**text < '0' || **text > '9')
			return false;
		n = n * 10 + (**text - '0');
	}
	if (separator && *(*text)++ != separator)
		return false;
	*field = n;
	return n >= min && n <= max;
}

/* YYYY-MM-DD, or that and Thh:mm:ss[.FRACTION]Z */
static bool read_date(const char *text, struct timestamp *time)
{
	struct tm tm = { .tm_sec = 0 };
	u32 nsec = 0;
	if (!read_field(&text, 4, 0, 9999, '-', &tm.tm_year) ||
	    !read_field(&text, 2, 1, 12, '-', &tm.tm_mon) ||
	    !read_field(&text, 2, 1, 31, 0, &tm.tm_mday))
		return false;
	if (*text &&
	    (*text++ != 'T' || !read_field(&text, 2, 0, 23, ':', &tm.tm_hour) ||
	     !read_field(&text, 2, 0, 59, ':', &tm.tm_min) ||
	     !read_field(&text, 2, 0, 59, 0, &tm.tm_sec) || !read_fraction(text, "Z", &nsec)))
		return false;
	const int day = tm.tm_mday;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*time = (struct timestamp){ .sec = timegm(&tm), .nsec = nsec };
	return tm.tm_mday == day; /* timegm() makes the 1st of March of the 30th of February */
}

bool value_time(const char *text, struct timestamp *time)
{
	return *text == '@' ? read_time(text + 1, true, time) : read_date(text, time);
}
