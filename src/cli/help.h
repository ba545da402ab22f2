/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --help and --version print to standard output; errors are the caller's to find. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "option_row.h"

/* help_print_rows - a paragraph for each option; @defaults: the struct with what holds without it */
void help_print_rows(const struct option_row *table, const void *defaults);

/* help_print_codecs - the versions of their libraries, a line each */
void help_print_codecs(void);

/* of tar2btrfs */
void print_help(const struct option_row *table, bool all);
void print_version(const struct option_row *table, bool all); /* which it does not need */

#endif
