/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Temporary names must not outlive us. A handler for signals would need a
 * global variable; instead INT, TERM and HUP are blocked, and a thread waits
 * for them, removes the names, and lets the signal end the process.
 */
#ifndef CLI_GUARD_H
#define CLI_GUARD_H

#include "base/types.h"

#include <pthread.h>
#include <signal.h>

#define GUARD_NAME_BYTES 32

struct guarded_name {
	int dir_fd;                   /* its directory, set by the owner */
	char bytes[GUARD_NAME_BYTES]; /* the name there, empty if there is none */
	struct guarded_name *next;
};

struct guard {
	pthread_mutex_t lock; /* to be held while a name and its directory change */
	struct guarded_name *names;
	bool is_running;
	int wake_signal; /* one of @signals: ends the thread when it comes from ourselves */
	pthread_t thread;
	sigset_t signals;
	sigset_t old_mask;
};

/* guard_init - nothing to guard yet; @guard stays where it is until guard_stop() */
void guard_init(struct guard *guard);

/*
 * guard_add - guard @name as well; it stays where it is until guard_remove()
 * The first one blocks the signals and starts the thread: before any other thread starts, so that
 * all inherit the mask. Returns 0, or a negative errno after printing.
 */
int guard_add(struct guard *guard, struct guarded_name *name);

/* guard_remove - remove the file of that name if there is one, and guard it no longer; a name that
 * was never added is fine */
void guard_remove(struct guard *guard, struct guarded_name *name);

/* guard_renew - replace the thread by one that is bound by what the caller is bound by now; 0, or a
 * negative errno after printing */
int guard_renew(struct guard *guard);

/* guard_stop - end the thread, and let signals come again; all names were removed before */
void guard_stop(struct guard *guard);

#endif
