/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digits are read here one by one: strtoull() and its family would accept white space and signs,
 * too.
 */
#include "cli/value.h"

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

static bool read_suffix(char c, u64 *factor)
{
	switch (c) {
	case 'k':
	case 'K':
		*factor = 1ull << 10;
		return true;
	case 'm':
	case 'M':
		*factor = 1ull << 20;
		return true;
	case 'g':
	case 'G':
		*factor = 1ull << 30;
		return true;
	case 't':
	case 'T':
		*factor = 1ull << 40;
		return true;
	default:
		return false;
	}
}

bool value_size(const char *text, u64 min, u64 max, u64 *size)
{
	u64 n, factor = 1;
	if (!read_digits(&text, &n))
		return false;
	if (*text && (!read_suffix(*text, &factor) || text[1]))
		return false;
	if (mul_overflows(n, factor, &n) || n < min || n > max)
		return false;
	*size = n;
	return true;
}

/* Read ".FRACTION" as nanoseconds; an empty text is 0. */
static bool read_fraction(const char *text, u32 *nsec)
{
	u32 unit = NSEC_PER_SEC;
	*nsec = 0;
	if (!*text)
		return true;
	if (*text++ != '.' || !*text)
		return false;
	for (; *text >= '0' && *text <= '9' && unit > 1; text++) {
		unit /= 10;
		*nsec += (u32)(*text - '0') * unit;
	}
	return !*text;
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
	return read_fraction(text, &nsec) && make_time(is_negative, sec, nsec, time);
}

bool value_seconds(const char *text, struct timestamp *time)
{
	return read_time(text, false, time);
}

bool value_time(const char *text, struct timestamp *time)
{
	return *text == '@' && read_time(text + 1, true, time);
}
