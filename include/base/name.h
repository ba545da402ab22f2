/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include "base/types.h"

#include <string.h>

/* name_compare - the order of names of @a_len and @b_len bytes: by memcmp, a name before what it begins.
 * Returns what is below, equal to or above 0. */
static inline int name_compare(const char *a, u32 a_len, const char *b, u32 b_len)
{
	const int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return order ? order : (a_len > b_len) - (a_len < b_len);
}

#endif
