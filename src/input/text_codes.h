/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The codes of xattr names and values in pax records. @out may be the text itself. */
#ifndef INPUT_TEXT_CODES_H
#define INPUT_TEXT_CODES_H

#include "base/types.h"

/*
 * base64_decode - @len bytes of text; padding may be missing, as libarchive writes it
 * @out: at least @len bytes
 * Returns false for foreign characters, an impossible length or non-zero spare bits.
 */
bool base64_decode(const char *text, size_t len, u8 *out, size_t *out_len);

/* url_decode - %XX for any byte; @out: at least @len bytes; false for an incomplete escape */
bool url_decode(const char *text, size_t len, char *out, size_t *out_len);

/* gnu_keyword_decode - GNU tar's escapes in names: %3D is '=', %25 is '%'; other text is copied */
size_t gnu_keyword_decode(const char *text, size_t len, char *out);

#endif
