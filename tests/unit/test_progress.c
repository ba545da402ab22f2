/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time that is left: of reading and of the writing that can be foreseen. */
#include "test.h"

#include "../../src/cli/progress.h"

#include "base/diag.h"

#include <pthread.h>
#include <stdlib.h>

static _Atomic u64 bytes, members, later_bytes, later_nsec;
static char shown[256];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void keep(enum diag_level level, const char *line, size_t len)
{
	(void)level;
	pthread_mutex_lock(&lock);
	if (len < sizeof(shown)) {
		memcpy(shown, line, len);
		shown[len] = '\0';
	}
	pthread_mutex_unlock(&lock);
}

/* The next line; "" if none comes. It comes once a second, or ten times as often on a terminal. */
static void await_line(char line[sizeof(shown)])
{
	pthread_mutex_lock(&lock);
	*shown = '\0';
	pthread_mutex_unlock(&lock);
	*line = '\0';
	for (int tries = 0; tries < 2000 && !*line; tries++) {
		usleep(10000);
		pthread_mutex_lock(&lock);
		strcpy(line, shown);
		pthread_mutex_unlock(&lock);
	}
}

/* The seconds in front of @words at the end of @line; -1 without them. */
static int seconds_before(const char *line, const char *words)
{
	const char *end = strstr(line, words);
	const char *at = end;
	char *rest;
	if (!end || strcmp(end, words))
		return -1;
	while (at > line && at[-1] != ' ')
		at--;
	const long minutes = strtol(at, &rest, 10);
	return *rest == ':' ? (int)(60 * minutes + strtol(rest + 1, NULL, 10)) : -1;
}

int main(void)
{
	struct progress_phase phase = {
		.name = "reading",
		.bytes = &bytes,
		.total_bytes = 1000,
		.members = &members,
		.later_bytes = &later_bytes,
		.later_nsec = &later_nsec,
	};
	char line[sizeof(shown)];
	if (!freopen("/dev/null", "w", stderr)) /* no terminal */
		return 1;
	diag_set_sink(keep);
	bytes = 500;
	later_bytes = 200;
	later_nsec = 1000ull * 1000000000;
	struct progress *p = progress_start(PROGRESS_ALWAYS, &phase);
	await_line(line);
	/* as much to read as was read in a second or a few, and twice the 1000 seconds to write */
	const int all = seconds_before(line, " left\n");
	ok(all >= 2000 && all < 2060, "reading and writing: %s", strtok(line, "\n"));
	later_bytes = 5;
	await_line(line);
	const int reading = seconds_before(line, " of reading left\n");
	ok(reading >= 0 && reading < 60, "too little was written to foresee more: %s",
	   strtok(line, "\n"));
	phase = (struct progress_phase){ .name = "writing", .bytes = &bytes, .total_bytes = 1000 };
	progress_next(p, &phase);
	await_line(line);
	const int writing = seconds_before(line, " left\n");
	ok(writing >= 0 && writing < 60, "nothing follows: %s", strtok(line, "\n"));
	progress_stop(p);
	return done();
}
