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

#endif
