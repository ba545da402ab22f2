/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in archive headers, read strictly: text, garbage and overflow are told apart from
 * numbers. */
#ifndef INPUT_NUMBER_H
#define INPUT_NUMBER_H

#include "base/types.h"

/*
 * number_tar_field - a number field of a tar header
 * Octal digits; before them a NUL and spaces are allowed, behind them spaces and NULs; all blank is
 * 0. Or, top bit set, GNU's base-256 two's complement. False for anything else and for what 64 bits
 * do not hold.
 */
bool number_tar_field(const u8 *field, size_t len, s64 *value);

/* number_digits - all @len bytes are digits of @base (8, 10 or 16), at least one, and the value
 * fits */
bool number_digits(const u8 *text, size_t len, u32 base, u64 *value);

/*
 * number_time - decimal seconds, maybe negative, maybe with a fraction
 * Digits beyond the nanosecond round down, towards the past.
 */
bool number_time(const u8 *text, size_t len, struct timestamp *time);

#endif
