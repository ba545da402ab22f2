/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread sleeps all the time: it takes no CPU from the others. */
#include "guard.h"

#include "base/diag.h"

#include <errno.h>
#include <unistd.h>

static void remove_temp(struct guard *guard)
{
	if (*guard->temp)
		unlinkat(guard->dir_fd, guard->temp, 0);
	*guard->temp = '\0';
}

static void *guard_run(void *arg)
{
	struct guard *guard = arg;
	sigset_t one;
	int number;

	if (sigwait(&guard->signals, &number))
		return NULL;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_mutex_lock(&guard->lock);
	remove_temp(guard);
	signal(number, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, number);
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	raise(number);
	_exit(1);
}

/* Signals that are ignored (nohup) stay ignored. */
static void guard_choose_signals(sigset_t *signals)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	sigemptyset(signals);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (!sigaction(numbers[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(signals, numbers[i]);
	}
}

int guard_start(struct guard *guard)
{
	guard_choose_signals(&guard->signals);
	pthread_mutex_init(&guard->lock, NULL);
	pthread_sigmask(SIG_BLOCK, &guard->signals, &guard->old_mask);
	int err = pthread_create(&guard->thread, NULL, guard_run, guard);
	if (err) {
		pthread_sigmask(SIG_SETMASK, &guard->old_mask, NULL);
		errno = err;
		return fail_errno("cannot start a thread");
	}
	guard->is_running = true;
	return 0;
}

void guard_stop(struct guard *guard)
{
	if (!guard->is_running)
		return;
	pthread_cancel(guard->thread);
	pthread_join(guard->thread, NULL);
	remove_temp(guard);
	pthread_sigmask(SIG_SETMASK, &guard->old_mask, NULL);
}
