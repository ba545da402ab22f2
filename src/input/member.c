/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages about members. */
#include "member.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define MESSAGE_BYTES (4 * QUOTE_BYTES)

const char *member_quote(char *out, const struct member *m)
{
	return quote(out, m->path.bytes, m->path.len);
}

int member_fail(const struct member *m, int err, const char *format, ...)
{
	char text[MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return fail(err, "%s: %s", printable(m->path).text, text);
}

void member_warning(const struct member *m, const char *format, ...)
{
	char text[MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	warning_of_kind(printable(m->path).text, text);
}

int member_unsupported_hint(const struct member *m, const struct reader_options *options,
			    enum diag_hint hint, const char *format, ...)
{
	char text[MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!options->skip_unsupported && m->is_incomplete) {
		*m->is_incomplete = true;
		return 0;
	}
	if (!options->skip_unsupported)
		return fail_hint(-ENOTSUP, hint, "%s: %s", printable(m->path).text, text);
	member_warning(m, "%s; dropped", text);
	return 0;
}
