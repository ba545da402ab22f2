/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run of the program. Every file is opened first, then the sandbox is entered. Nothing is
 * written before all input was read and every address is known.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "options.h"

/* run - convert and report as @options say; 0, or a negative errno after printing */
int run(const struct options *options);

#endif
