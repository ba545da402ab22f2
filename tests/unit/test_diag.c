/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages: prefixes, levels, one line in one write, what is cut and replaced; quote(). */
#include "test.h"

#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS 4
#define LINES_EACH 200

static char last[8192];
static size_t last_len;
static enum diag_level last_level;
static int lines;

static void keep(enum diag_level level, const char *line, size_t len)
{
	last_level = level;
	assert(len < sizeof(last));
	memcpy(last, line, len);
	last[len] = '\0';
	last_len = len;
	lines++;
}

static int says(const char *expected)
{
	return strcmp(last, expected) == 0 && last_len == strlen(expected);
}

static void check_lines(void)
{
	ok(fail(-EINVAL, "found %d, allowed 1..%d", 7, 3) == -EINVAL, "fail returns its code");
	ok(says("tar2btrfs: found 7, allowed 1..3\n"), "text of fail");
	fail(-EINVAL, "%s: bad", "warning: name");
	ok(last_level == DIAG_ERROR, "an error about a name like a warning is an error");
	errno = ENOENT;
	ok(fail_errno("%s", "a/b") == -ENOENT, "fail_errno returns -errno");
	ok(says("tar2btrfs: a/b: No such file or directory\n"), "text of fail_errno");
	errno = 0;
	ok(fail_errno("x") == -EIO, "fail_errno without errno is still an error");
	warning("odd %s", "thing");
	ok(says("tar2btrfs: warning: odd thing\n"), "text of warning");
	fail(-EINVAL, "%s", "a\nb\rc\033[1m\177d\xc3\xa4");
	ok(says("tar2btrfs: a?b?c?[1m?d\xc3\xa4\n"), "control bytes are replaced");
	fail(-EINVAL, "%s", "");
	ok(says("tar2btrfs: \n"), "empty message");
}

static void check_levels(void)
{
	static const struct {
		enum diag_level level;
		int expected;
	} cases[] = { { DIAG_ERROR, 1 }, { DIAG_WARNING, 2 }, { DIAG_INFO, 3 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		diag_set_level(cases[i].level);
		lines = 0;
		fail(-1, "error");
		warning("warning");
		info("note");
		ok(lines == cases[i].expected, "level %zu prints %d of 3", i, cases[i].expected);
	}
	ok(says("tar2btrfs: note\n"), "text of info");
	diag_set_level(DIAG_WARNING);
}

static void check_long(void)
{
	static char text[6000];
	static const char prefix[] = "tar2btrfs: ";

	for (size_t len = 4000; len < 4200; len++) {
		memset(text, 'x', len);
		text[len] = '\0';
		fail(-1, "%s", text);
		size_t whole = strlen(prefix) + len + 1;
		int good = whole <= 4096 ? last_len == whole && !strstr(last, "...")
					 : last_len == 4096 && strstr(last, "x...\n") != NULL;
		if (!good || last[last_len - 1] != '\n' ||
		    strchr(last, '\n') != last + last_len - 1)
			ok(0, "message of %zu bytes", len);
	}
	ok(1, "messages around the buffer's size");
	errno = ENOSPC;
	fail_errno("%s", text);
	ok(last_len == 4096 && strstr(last, "x...: No space left on device\n"),
	   "a cut message keeps its reason");
}

static void *print_lines(void *arg)
{
	for (int i = 0; i < LINES_EACH; i++)
		warning("%s", (const char *)arg);
	return NULL;
}

/* A packet pipe as stderr: each read() returns what one write() brought. */
static void check_stderr(void)
{
	static char text[THREADS][300];
	pthread_t threads[THREADS];
	char line[1024];
	int fds[2];

	diag_set_sink(NULL);
	int saved = dup(STDERR_FILENO);
	if (saved < 0 || pipe2(fds, O_DIRECT | O_CLOEXEC)) {
		ok(1, "one write a line # SKIP no packet pipe");
		return;
	}
	fcntl(fds[1], F_SETPIPE_SZ, 1 << 20);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	fail(-1, "one");
	ssize_t n = read(fds[0], line, sizeof(line));
	ok(n == 15 && memcmp(line, "tar2btrfs: one\n", 15) == 0, "a line is one write to stderr");

	for (int t = 0; t < THREADS; t++) {
		memset(text[t], 'a' + t, 100 + 30 * (size_t)t);
		pthread_create(&threads[t], NULL, print_lines, text[t]);
	}
	int bad = 0;
	for (int i = 0; i < THREADS * LINES_EACH; i++) {
		n = read(fds[0], line, sizeof(line) - 1);
		if (n < 22) {
			bad++;
			continue;
		}
		line[n] = '\0';
		char first = line[20];
		bad += first < 'a' || first >= 'a' + THREADS || line[n - 1] != '\n' ||
		       strspn(line + 20, (char[]){ first, '\0' }) != (size_t)n - 21 ||
		       n != 121 + 30 * (first - 'a');
	}
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	ok(bad == 0, "lines of %d threads do not mix", THREADS);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[0]);
}

static void check_quote(void)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} cases[] = {
		{ NULL, 0, "" },          { "plain name.txt", 14, "plain name.txt" },
		{ "a\nb", 3, "a\\012b" }, { "a\0b", 3, "a\\000b" },
		{ "\\", 1, "\\134" },     { "\xc3\xa4\x7f\xff~", 5, "\\303\\244\\177\\377~" },
		{ "'\" ", 3, "'\" " },
	};
	char out[QUOTE_BYTES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(quote(out, cases[i].in, cases[i].len) == out && !strcmp(out, cases[i].out),
		   "quote: case %zu is \"%s\"", i, out);
}

/* Exact allocations, so that sanitizers see one byte too many. */
static void check_quote_long(void)
{
	for (size_t len = 100; len < 700; len++) {
		u8 *in = malloc(len);
		char *out = malloc(QUOTE_BYTES);
		size_t chars = 0;
		for (size_t i = 0; i < len; i++) {
			in[i] = (u8)(i * 7 % 5 && len % 3 ? 'a' + i % 26 : 0x80 + i % 64);
			chars += in[i] < 0x80 ? 1 : 4;
		}
		quote(out, in, len);
		size_t got = strlen(out);
		const char *dots = strstr(out, "...");
		int good = chars <= 599 ? !dots && got == chars : dots && got <= 599 && got >= 593;
		if (!good)
			ok(0, "quote of %zu bytes: %zu characters", len, got);
		free(in);
		free(out);
	}
	ok(1, "long names are shortened in the middle");

	char name[1000], out[QUOTE_BYTES];
	memset(name, 'm', sizeof(name));
	memcpy(name, "start", 5);
	memcpy(name + sizeof(name) - 3, "end", 3);
	quote(out, name, sizeof(name));
	ok(!strncmp(out, "startmm", 7) && !strcmp(out + strlen(out) - 5, "mmend") &&
		   strlen(out) == 599,
	   "both ends of a long name are kept");
}

int main(void)
{
	diag_set_sink(keep);
	check_lines();
	check_levels();
	check_long();
	check_stderr();
	check_quote();
	check_quote_long();
	return done();
}
