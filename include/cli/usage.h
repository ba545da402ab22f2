/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an option with a wrong value is refused. */
#ifndef CLI_USAGE_H
#define CLI_USAGE_H

#include "base/types.h"

/*
 * usage_refuse - say which option it is, what was found and what is allowed
 * @option:  its long name, without dashes
 * @found:   @len bytes; the value, or the part of it that is wrong
 * Returns -EINVAL.
 */
int usage_refuse(const char *option, const char *found, size_t len, const char *allowed);

#endif
