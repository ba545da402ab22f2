/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options for fs-verity. Each function returns 0, or -EINVAL after printing. */
#ifndef CLI_VERITY_OPTIONS_H
#define CLI_VERITY_OPTIONS_H

#include "options.h"

/* verity_parse - [ALGORITHM][:PATH], for all files or as a rule; NULL: sha256 for all files */
int verity_parse(struct options *options, const char *text);

/* verity_salt_parse - hex digits, of 1 to 32 bytes */
int verity_salt_parse(struct options *options, const char *text);

/* verity_check - whether other options say what fs-verity is like, and no option asks for it */
int verity_check(const struct options *options);

#endif
