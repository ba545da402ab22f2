/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "digest_line.h"

#include "base/hex.h"
#include "base/mem.h"

#include <string.h>

bool digest_name_is_escaped(const char *name, size_t len)
{
	return memchr(name, '\\', len) || memchr(name, '\n', len);
}

char *digest_name_put(const char *name, size_t len, char *to)
{
	for (; len--; name++) {
		if (*name == '\\' || *name == '\n')
			*to++ = '\\';
		*to++ = *name == '\n' ? 'n' : *name;
	}
	*to++ = '\n';
	return to;
}

char *digest_line(const u8 digest[32], const char *name, size_t *len)
{
	const size_t name_len = strlen(name);
	char *line = xmalloc(1 + 64 + 2 + 2 * name_len + 1), *p = line;
	if (digest_name_is_escaped(name, name_len))
		*p++ = '\\';
	p = hex_encode(digest, 32, p);
	*p++ = ' ';
	*p++ = ' ';
	p = digest_name_put(name, name_len, p);
	*len = (size_t)(p - line);
	return line;
}
