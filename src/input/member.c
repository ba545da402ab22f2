/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages about members. */
#include "member.h"

#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

const char *member_quote(char *out, const struct member *member)
{
	return quote(out, member->path.bytes, member->path.len);
}

int unsupported(const struct reader_options *options, const char *format, ...)
{
	char text[4 * QUOTE_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!options->skip_unsupported)
		return fail(-ENOTSUP, "%s (--skip-unsupported drops it)", text);
	warning("%s; dropped", text);
	return 0;
}
