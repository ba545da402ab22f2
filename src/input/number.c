/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict number parsing. */
#include "number.h"

static int digit_value(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

bool number_digits(const u8 *text, size_t len, u32 base, u64 *value)
{
	u64 v = 0;
	if (!len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int d = digit_value(text[i]);
		if (d >= (int)base || mul_overflows(v, base, &v) || add_overflows(v, (u64)d, &v))
			return false;
	}
	*value = v;
	return true;
}

/* The first bit is the marker, the second the sign. */
static bool base256(const u8 *field, size_t len, s64 *value)
{
	bool negative = field[0] & 0x40;
	u8 fill = negative ? 0xff : 0;
	u64 v = negative ? UINT64_MAX : 0;
	for (size_t i = 0; i < len; i++) {
		u8 c = i ? field[i] : (u8)((field[0] & 0x7f) | (negative ? 0x80 : 0));
		if ((u8)(v >> 56) != fill)
			return false;
		v = v << 8 | c;
	}
	if (negative != (bool)(v >> 63))
		return false;
	*value = (s64)v;
	return true;
}

bool number_tar_field(const u8 *field, size_t len, s64 *value)
{
	if (field[0] & 0x80)
		return base256(field, len, value);
	const u8 *end = field + len;
	u64 v = 0;
	assert(len <= 20); /* the longest field has 12 digits, so 63 bits are enough */
	if (len && !*field)
		field++; /* as GNU tar does: AIX leaves one where the field before is full */
	while (field < end && *field == ' ')
		field++;
	for (u32 digit; field < end && (digit = (u32)*field - '0') < 8; field++)
		v = v << 3 | digit;
	for (; field < end; field++) {
		if (*field != ' ' && *field != 0)
			return false;
	}
	*value = (s64)v;
	return true;
}

bool number_time(const u8 *text, size_t len, struct timestamp *time)
{
	bool negative = len && *text == '-';
	text += negative;
	len -= negative;
	size_t whole = 0;
	while (whole < len && text[whole] != '.')
		whole++;
	u64 sec;
	if (!number_digits(text, whole, 10, &sec) || sec > (u64)INT64_MAX + negative)
		return false;
	u32 nsec = 0;
	bool beyond = false;
	for (size_t i = whole + 1, place = 100000000; i < len; i++, place /= 10) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		nsec += (u32)(text[i] - '0') * (u32)place;
		beyond |= !place && text[i] != '0';
	}
	*time = (struct timestamp){ .sec = (s64)sec, .nsec = nsec };
	if (!negative)
		return true;
	/* -1.25 is second -2 and 0.75; what lies beyond the nanosecond rounds down too */
	nsec += beyond;
	sec += nsec != 0;
	if (sec > (u64)INT64_MAX + 1)
		return false;
	time->sec = (s64)(0 - sec);
	time->nsec = nsec ? 1000000000 - nsec : 0;
	return true;
}
