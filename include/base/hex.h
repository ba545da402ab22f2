/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/types.h"

/* hex_encode - @bytes as 2 * @nr lower case digits and a NUL, to @text; returns where the NUL is */
static inline char *hex_encode(const u8 *bytes, size_t nr, char *text)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < nr; i++) {
		*text++ = digits[bytes[i] >> 4];
		*text++ = digits[bytes[i] & 15];
	}
	*text = '\0';
	return text;
}

/* hex_value - of a digit of either case: 0..15, or -1 for what is none */
static inline int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
