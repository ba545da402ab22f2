/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options about owners, and about directories that no member describes. Each function returns 0,
 * or -EINVAL after printing what was found and what is allowed.
 */
#ifndef CLI_OWNER_OPTIONS_H
#define CLI_OWNER_OPTIONS_H

#include "options.h"

/* owner_all_root - everything belongs to user and group 0; @value is NULL */
int owner_all_root(struct options *options, const char *value);

/* owner_defaults_parse - KEY=VALUE[,KEY=VALUE]... with the keys uid, gid, mode, mtime */
int owner_defaults_parse(struct options *options, const char *text);

#endif
