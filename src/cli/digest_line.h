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

#endif
