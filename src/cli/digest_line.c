/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "digest_line.h"

#include "base/hex.h"
#include "base/mem.h"

char *digest_line(const u8 digest[32], const char *name, size_t *len)
{
	char *line = xmalloc(1 + 64 + 2 + 2 * strlen(name) + 1 + 1), *p = line;
	if (strpbrk(name, "\\\n"))
		*p++ = '\\';
	p = hex_encode(digest, 32, p);
	*p++ = ' ';
	*p++ = ' ';
	for (; *name; name++) {
		if (*name == '\\' || *name == '\n')
			*p++ = '\\';
		*p++ = *name;
		if (*name == '\n')
			p[-1] = 'n';
	}
	*p++ = '\n';
	*len = (size_t)(p - line);
	return line;
}
