/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of options and environment variables. The whole text must be a number, a size or a time.
 * Nothing is printed here: the caller knows where the text comes from.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include "base/types.h"

/* value_number - decimal digits only; false if @text is anything else, or not in @min..@max */
bool value_number(const char *text, u64 min, u64 max, u64 *number);

/*
 * value_size - the same with an optional suffix k, m, g or t (powers of 1024, either case)
 * KiB and so on are suffixes too. Before a suffix a fraction may stand (1.5g), if that is a whole
 * number of bytes.
 */
bool value_size(const char *text, u64 min, u64 max, u64 *size);

/* value_decimal_size - where @text is a size like 1GB, which is none of ours: bytes of it before the
 * B, which alone are a size (1G, of powers of 1024); otherwise 0 */
size_t value_decimal_size(const char *text);

/* value_seconds - a decimal integer, which may be negative */
bool value_seconds(const char *text, struct timestamp *time);

/*
 * value_time - @SECONDS[.FRACTION], or a date and time in UTC as ISO 8601 writes them:
 * YYYY-MM-DD or YYYY-MM-DDThh:mm:ss[.FRACTION]Z; a fraction has up to nine digits
 * A minus sign holds for both parts: @-1.5 is one and a half seconds before 1970.
 */
bool value_time(const char *text, struct timestamp *time);

#endif
