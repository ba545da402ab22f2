/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/usage.h"

#include "base/diag.h"

#include <errno.h>

int usage_refuse(const char *option, const char *found, size_t len, const char *allowed)
{
	char quoted[QUOTE_BYTES];
	return fail(-EINVAL, "--%s: found '%s', allowed: %s", option, quote(quoted, found, len),
		    allowed);
}
