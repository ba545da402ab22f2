/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --help and --version print to standard output; errors are the caller's to find. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

void print_help(void);
void print_version(void);

#endif
