/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A temporary name must not outlive us. A handler for signals would need a
 * global variable; instead INT, TERM and HUP are blocked, and a thread waits
 * for them, removes the name, and lets the signal end the process.
 */
#ifndef CLI_GUARD_H
#define CLI_GUARD_H

#include "base/types.h"

#include <pthread.h>
#include <signal.h>

#define GUARD_NAME_BYTES 32

struct guard {
	int dir_fd;                  /* set by the owner */
	char temp[GUARD_NAME_BYTES]; /* name in that directory, empty if there is none */
	pthread_mutex_t lock;        /* to be held while @temp and the directory change */
	bool is_running;
	int wake_signal; /* one of @signals: ends the thread when it comes from ourselves */
	pthread_t thread;
	sigset_t signals;
	sigset_t old_mask;
};

/*
 * guard_start - block the signals and start the thread
 * Called before any other thread starts, so that all inherit the mask. @guard is zeroed but for
 * dir_fd, and stays where it is until guard_stop(). Returns 0, or a negative errno after printing.
 */
int guard_start(struct guard *guard);

/* guard_stop - end the thread, remove @temp if there is one, and let signals come again */
void guard_stop(struct guard *guard);

#endif
