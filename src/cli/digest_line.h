/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_DIGEST_LINE_H
#define CLI_DIGEST_LINE_H

#include "base/types.h"

/*
 * digest_line - a SHA-256 of the file @name as sha256sum prints it
 * Special characters in names are escaped, which a backslash says in front. Returns @len bytes with
 * a newline at the end; release with xfree().
 */
char *digest_line(const u8 digest[32], const char *name, size_t *len);

/*
 * digest_name_is_escaped - whether a line with this name begins with a backslash
 * digest_name_put - the @len bytes of a name, escaped where needed, and a newline, to @to, which
 * has room for 2 * @len + 1 bytes. Returns what is behind them.
 */
bool digest_name_is_escaped(const char *name, size_t len);
char *digest_name_put(const char *name, size_t len, char *to);

#endif
