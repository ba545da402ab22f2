/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread sleeps all the time: it takes no CPU from the others. */
#include "guard.h"

#include "base/diag.h"

#include <errno.h>
#include <unistd.h>

static void remove_file(struct guarded_name *name)
{
	if (*name->bytes)
		unlinkat(name->dir_fd, name->bytes, 0);
	*name->bytes = '\0';
}

/* Wait for a signal from outside; 0 when guard_stop() sent one. */
static int guard_wait(const struct guard *guard)
{
	siginfo_t info = { 0 };
	int number;

	do
		number = sigwaitinfo(&guard->signals, &info);
	while (number < 0 && errno == EINTR);
	/* glibc makes SI_USER of SI_TKILL. */
	bool is_sent = info.si_code == SI_USER || info.si_code == SI_TKILL;
	return number > 0 && is_sent && info.si_pid == getpid() ? 0 : number;
}

static void *guard_run(void *arg)
{
	struct guard *guard = arg;
	sigset_t one;
	int number = guard_wait(guard);
	if (number <= 0)
		return NULL;
	pthread_mutex_lock(&guard->lock);
	for (struct guarded_name *name = guard->names; name; name = name->next)
		remove_file(name);
	signal(number, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, number);
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	raise(number);
	_exit(1);
}

/* Signals that are ignored (nohup) stay ignored; wake_signal is 0 if all are. */
static void guard_choose_signals(struct guard *guard)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	sigemptyset(&guard->signals);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (sigaction(numbers[i], NULL, &action) || action.sa_handler == SIG_IGN)
			continue;
		sigaddset(&guard->signals, numbers[i]);
		guard->wake_signal = numbers[i];
	}
}

static int start_thread(struct guard *guard)
{
	int err = pthread_create(&guard->thread, NULL, guard_run, guard);
	if (err) {
		errno = err;
		return fail_errno("cannot start a thread");
	}
	guard->is_running = true;
	return 0;
}

static void stop_thread(struct guard *guard)
{
	/* Not pthread_cancel(): the sanitizers do not understand it. */
	pthread_kill(guard->thread, guard->wake_signal);
	pthread_join(guard->thread, NULL);
	guard->is_running = false;
}

static int guard_start(struct guard *guard)
{
	guard_choose_signals(guard);
	if (!guard->wake_signal)
		return 0;
	pthread_sigmask(SIG_BLOCK, &guard->signals, &guard->old_mask);
	return start_thread(guard);
}

int guard_renew(struct guard *guard)
{
	if (!guard->is_running)
		return 0;
	stop_thread(guard);
	return start_thread(guard);
}

void guard_init(struct guard *guard)
{
	*guard = (struct guard){ .is_running = false };
	pthread_mutex_init(&guard->lock, NULL);
}

int guard_add(struct guard *guard, struct guarded_name *name)
{
	if (!guard->is_running) {
		int err = guard_start(guard);
		if (err)
			return err;
	}
	pthread_mutex_lock(&guard->lock);
	name->next = guard->names;
	guard->names = name;
	pthread_mutex_unlock(&guard->lock);
	return 0;
}

void guard_remove(struct guard *guard, struct guarded_name *name)
{
	pthread_mutex_lock(&guard->lock);
	remove_file(name);
	for (struct guarded_name **at = &guard->names; *at; at = &(*at)->next) {
		if (*at == name) {
			*at = name->next;
			break;
		}
	}
	pthread_mutex_unlock(&guard->lock);
}

void guard_stop(struct guard *guard)
{
	if (!guard->is_running)
		return;
	stop_thread(guard);
	pthread_sigmask(SIG_SETMASK, &guard->old_mask, NULL);
}
