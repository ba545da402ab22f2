/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The progress of the work. If stderr is a terminal, its last line is drawn ten times a second;
 * otherwise a line is printed each second.
 *
 * The work only counts. A thread, which sleeps most of the time, reads the counters.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "options.h"

struct progress;

/* One part of the work. The counters must outlive it. */
struct progress_phase {
	const char *name;           /* "reading" */
	const _Atomic u64 *bytes;   /* done so far */
	u64 total_bytes;            /* 0: not known */
	const _Atomic u64 *members; /* or NULL */
	/* bytes that this part has written so far for the next one, and the nanoseconds that this took:
	 * the next one will write as fast; or NULL: there is no next one */
	const _Atomic u64 *later_bytes, *later_nsec;
};

/*
 * progress_start - begin with @phase
 * Returns NULL if @mode says that nothing is shown, or if no thread can be started; all functions
 * accept NULL. The thread blocks the signals that the caller blocks.
 */
struct progress *progress_start(enum progress_mode mode, const struct progress_phase *phase);

/* progress_next - go on with @phase */
void progress_next(struct progress *p, const struct progress_phase *phase);

/* progress_stop - take the line away, and end the thread */
void progress_stop(struct progress *p);

#endif
