/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far the work is: a line on a terminal's stderr that is drawn anew ten
 * times a second, or a line of text each second where it is no terminal.
 *
 * The work only counts; a thread that sleeps most of the time looks at the counters.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/options.h"

struct progress;

/* One part of the work. The counters must outlive it. */
struct progress_phase {
	const char *name;           /* "reading" */
	const _Atomic u64 *bytes;   /* done so far */
	u64 total_bytes;            /* 0: not known */
	const _Atomic u64 *members; /* or NULL */
};

/*
 * progress_start - begin with @phase
 * Returns NULL if @mode says that nothing is shown, or without threads to be had: all functions
 * take that. Signals are blocked as in the caller.
 */
struct progress *progress_start(enum progress_mode mode, const struct progress_phase *phase);

/* progress_next - go on with @phase */
void progress_next(struct progress *p, const struct progress_phase *phase);

/* progress_stop - take the line away; NULL is fine */
void progress_stop(struct progress *p);

#endif
