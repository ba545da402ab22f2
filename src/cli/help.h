/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --help and --version print to standard output; errors are the caller's to find. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "option_row.h"

void print_help(const struct option_row *table);
void print_version(const struct option_row *table); /* which it does not need */

#endif
