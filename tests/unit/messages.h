/* SPDX-License-Identifier: GPL-2.0-or-later */
/* After diag_set_sink(gather): how many messages came, and the last one without its newline. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "base/diag.h"

#include <stdio.h>

static char line[4096];
static int lines;

static inline void gather(enum diag_level level, const char *text, size_t len)
{
	(void)level;
	snprintf(line, sizeof(line), "%.*s", (int)len - 1, text);
	lines++;
}

#endif
