/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000ull
#define TERMINAL_PERIOD (NSEC_PER_SEC / 10)
#define LINES_PERIOD NSEC_PER_SEC
#define MAX_COLUMNS 200
/* Of the bytes read, the least part that was left for writing if that is to be foreseen. */
#define FORESEEN_PART 64

struct progress {
	bool is_terminal;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	bool stopping;
	struct progress_phase phase;
	u64 began; /* of the phase, in nanoseconds */
};

/* ---- the text ----------------------------------------------------------------- */

struct status_line {
	char bytes[MAX_COLUMNS + 1];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void status_add(struct status_line *t,
							     const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(t->bytes + t->len, sizeof(t->bytes) - t->len, format, args);
	va_end(args);
	t->len = min_u64(t->len + (u64)n, sizeof(t->bytes) - 1);
}

static void add_size(struct status_line *t, u64 bytes)
{
	static const char units[] = "KMGTPE";
	double value = (double)bytes / 1024;
	size_t unit = 0;
	while (value >= 1000 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	status_add(t, "%.1f %ciB", value, units[unit]);
}

static void add_bar(struct status_line *t, u64 done, u64 total)
{
	static const char cells[] = "##########";
	const int nr = sizeof(cells) - 1;
	const double part = (double)done / (double)total;
	const int filled = (int)(part * nr);
	status_add(t, "[%.*s%*s] %3d%%  ", filled, cells, nr - filled, "", (int)(part * 100));
}

static void add_time(struct status_line *t, double seconds)
{
	const u64 s = seconds < 1e9 ? (u64)seconds : (u64)1e9;
	if (s >= 3600)
		status_add(t, "%llu:", (unsigned long long)(s / 3600));
	status_add(t, s >= 3600 ? "%02llu:%02llu" : "%llu:%02llu",
		   (unsigned long long)(s / 60 % 60), (unsigned long long)(s % 60));
}

/* Seconds that the next part will take; false: that cannot be foreseen, since what it will write is not
 * what this part wrote. */
static bool foresee(const struct progress_phase *phase, u64 bytes, u64 total, double *seconds)
{
	*seconds = 0;
	if (!phase->later_bytes)
		return true;
	const u64 later = *phase->later_bytes;
	*seconds =
		(double)*phase->later_nsec / (double)NSEC_PER_SEC * (double)total / (double)bytes;
	return later >= bytes / FORESEEN_PART;
}

static void add_time_left(struct status_line *t, const struct progress_phase *phase, u64 bytes,
			  u64 total, double rate)
{
	double later;
	const bool is_all = foresee(phase, bytes, total, &later);
	status_add(t, "  ");
	add_time(t, (double)(total - bytes) / rate + (is_all ? later : 0));
	if (is_all)
		status_add(t, " left");
	else
		status_add(t, " of %s left", phase->name);
}

/* Call with the lock held. */
static void describe(const struct progress *p, struct status_line *t)
{
	const struct progress_phase *phase = &p->phase;
	const double seconds = (double)(io_clock_nsec() - p->began) / (double)NSEC_PER_SEC;
	const u64 bytes = *phase->bytes;
	/* --input-size may be too small */
	const u64 total = phase->total_bytes > bytes ? phase->total_bytes : bytes;
	const double rate = seconds > 0 ? (double)bytes / seconds : 0;
	t->len = 0;
	status_add(t, "%s  ", phase->name);
	if (phase->total_bytes)
		add_bar(t, bytes, total);
	add_size(t, bytes);
	if (phase->members)
		status_add(t, "  %llu members", (unsigned long long)*phase->members);
	status_add(t, "  ");
	add_size(t, (u64)rate);
	status_add(t, "/s");
	if (phase->total_bytes && bytes)
		add_time_left(t, phase, bytes, total, rate);
}

/* ---- where it goes -------------------------------------------------------------- */

static size_t terminal_columns(void)
{
	struct winsize size;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

/* A job in the background leaves the terminal alone. */
static bool is_background(void)
{
	const pid_t group = tcgetpgrp(STDERR_FILENO);
	return group >= 0 && group != getpgrp();
}

static void show(const struct progress *p)
{
	struct status_line t;
	describe(p, &t);
	if (!p->is_terminal) {
		notice("%s", t.bytes);
	} else if (!is_background()) {
		/* A line that fills the last column would begin another. */
		t.bytes[min_u64(t.len, terminal_columns() - 1)] = '\0';
		diag_status(t.bytes);
	}
}

static void *show_regularly(void *arg)
{
	struct progress *p = arg;
	const u64 period = p->is_terminal ? TERMINAL_PERIOD : LINES_PERIOD;
	pthread_mutex_lock(&p->lock);
	for (u64 next = io_clock_nsec() + period; !p->stopping;) {
		const struct timespec until = { .tv_sec = (time_t)(next / NSEC_PER_SEC),
						.tv_nsec = (long)(next % NSEC_PER_SEC) };
		if (pthread_cond_timedwait(&p->changed, &p->lock, &until) != ETIMEDOUT)
			continue;
		show(p);
		next = io_clock_nsec() + period;
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* ---- the interface ---------------------------------------------------------------- */

struct progress *progress_start(enum progress_mode mode, const struct progress_phase *phase)
{
	const bool is_terminal = isatty(STDERR_FILENO);
	pthread_condattr_t attr;
	if (mode == PROGRESS_NEVER || (mode == PROGRESS_AUTO && !is_terminal))
		return NULL;
	struct progress *p = xzalloc(sizeof(*p));
	p->is_terminal = is_terminal;
	p->phase = *phase;
	p->began = io_clock_nsec();
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (!pthread_create(&p->thread, NULL, show_regularly, p))
		return p;
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	xfree(p);
	return NULL;
}

void progress_next(struct progress *p, const struct progress_phase *phase)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->phase = *phase;
	p->began = io_clock_nsec();
	pthread_mutex_unlock(&p->lock);
}

void progress_stop(struct progress *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	if (p->is_terminal)
		diag_status("");
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	xfree(p);
}
