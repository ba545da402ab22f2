/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of any program: descriptors, signals, messages. */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include "base/types.h"

enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

/*
 * process_begin - called first in main()
 * @program: its name in messages
 * @hints:   what messages end with (base/diag.h)
 * False if the standard descriptors are not to be had: nothing can be printed.
 */
bool process_begin(const char *program, const char *const *hints);

#endif
