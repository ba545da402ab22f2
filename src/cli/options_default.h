/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds without options, and how far two of them reach. */
#ifndef CLI_OPTIONS_DEFAULT_H
#define CLI_OPTIONS_DEFAULT_H

#include "options.h"

#define OPTIONS_MAX_THREADS 1024
#define OPTIONS_MAX_INLINE 4096

/* options_default - what holds without any option; TMPDIR counts */
void options_default(struct options *options);

/* options_usable_cpus - the default of --threads: 1 to OPTIONS_MAX_THREADS */
unsigned options_usable_cpus(void);

#endif
