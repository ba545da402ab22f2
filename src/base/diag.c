/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages. A line is put together on the stack and leaves in one write(), so
 * that lines of several threads, or of several programs on one terminal, do
 * not mix. Control bytes never reach the terminal: a message is one line.
 *
 * The variables below are the only writable globals of the program but named_files in new_file.c.
 */
#include "base/diag.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define CUT_MARK "..."

/* At most PIPE_BUF, so that a line into a pipe is never divided. */
#define LINE_BYTES 4096u
#define REASON_BYTES 128u
#define PREFIX_BYTES 32u
#define INPUT_BYTES 16u
#define CONTEXT_BYTES (QUOTE_BYTES + 64)
#define KIND_BYTES 2048u
#define NR_KINDS 16u

/* Set before threads start, only read afterwards. */
static const char *diag_program = "tar2btrfs";
static enum diag_level diag_level = DIAG_WARNING;
static diag_sink_fn *diag_sink;

/* The ends of messages: texts by enum diag_hint, or NULL. */
static const char *const *diag_hints;

/* The beginning of each message, or NULL. */
static const char *diag_prefix;

/* What comes before it, or NULL. */
static const char *diag_input;

/* Comes before each message, or NULL. */
static diag_before_fn *diag_before;
static void *diag_before_context;

/* Kinds of warnings that were met, up to the first unused one; more kinds are only counted. */
static struct {
	u64 nr;
	char first[QUOTE_BYTES];
	char text[KIND_BYTES];
} diag_kinds[NR_KINDS];
static u64 diag_others;

/* Held by the thread that writes to stderr; the status line. */
static pthread_mutex_t diag_lock = PTHREAD_MUTEX_INITIALIZER;
static bool diag_status_shown;

/* To the beginning of the terminal's line, and erase it. */
#define ERASE_LINE "\r\033[K"

void diag_set_level(enum diag_level level)
{
	diag_level = level;
}

void diag_set_program(const char *name)
{
	diag_program = name;
}

void diag_set_sink(diag_sink_fn *sink)
{
	diag_sink = sink;
}

void diag_set_hints(const char *const *hints)
{
	diag_hints = hints;
}

static const char *hint_text(enum diag_hint hint)
{
	const char *text = diag_hints ? diag_hints[hint] : NULL;
	return text ? text : "";
}

void diag_set_context(const char *context)
{
	diag_prefix = context;
}

void diag_set_input(const char *input)
{
	diag_input = input;
}

const char *diag_context(void)
{
	return diag_prefix;
}

void diag_set_before(diag_before_fn *before, void *context)
{
	diag_before = before;
	diag_before_context = context;
}

static void write_stderr(const char *text, size_t len)
{
	while (write(STDERR_FILENO, text, len) < 0) {
		/* There is no other place to report that stderr is broken. */
		if (errno != EINTR)
			return;
	}
}

static void line_print(enum diag_level level, const char *line, size_t len)
{
	if (diag_sink) {
		diag_sink(level, line, len);
		return;
	}
	pthread_mutex_lock(&diag_lock);
	if (diag_status_shown)
		write_stderr(ERASE_LINE, strlen(ERASE_LINE));
	diag_status_shown = false;
	write_stderr(line, len);
	pthread_mutex_unlock(&diag_lock);
}

void diag_status(const char *text)
{
	char line[LINE_BYTES];
	pthread_mutex_lock(&diag_lock);
	int len = snprintf(line, sizeof(line), ERASE_LINE "%s", text);
	if (*text || diag_status_shown)
		write_stderr(line, min_u64((u64)len, sizeof(line) - 1));
	diag_status_shown = *text != '\0';
	pthread_mutex_unlock(&diag_lock);
}

/* @begin: what comes behind the program's name; @suffix is shorter than REASON_BYTES; the text before
 * it is cut. */
__attribute__((format(printf, 4, 0))) static void message_after(const char *begin,
								enum diag_level level,
								const char *suffix,
								const char *format, va_list args)
{
	const char *kind = level == DIAG_WARNING ? "warning: " : "";
	char line[LINE_BYTES];
	char start[PREFIX_BYTES + INPUT_BYTES + CONTEXT_BYTES];
	if (diag_before && !diag_before(diag_before_context))
		return;
	snprintf(start, sizeof(start), "%s: %s%s", diag_program, kind, begin);
	const size_t prefix_len = strlen(start);
	const size_t suffix_len = strlen(suffix);
	const size_t room = sizeof(line) - prefix_len - suffix_len - 1;

	assert(strlen(diag_program) + strlen(kind) < PREFIX_BYTES - 4 && suffix_len < REASON_BYTES);
	memcpy(line, start, prefix_len);
	int wanted = vsnprintf(line + prefix_len, room + 1, format, args);
	size_t len = prefix_len;
	if (wanted > 0 && (size_t)wanted <= room) {
		len += (size_t)wanted;
	} else if (wanted > 0) {
		len += room;
		memcpy(line + len - strlen(CUT_MARK), CUT_MARK, strlen(CUT_MARK));
	}
	memcpy(line + len, suffix, suffix_len);
	len += suffix_len;

	for (size_t i = 0; i < len; i++) {
		u8 byte = (u8)line[i];
		if (byte < ' ' || byte == 0x7f)
			line[i] = '?';
	}
	line[len++] = '\n';
	line_print(level, line, len);
}

__attribute__((format(printf, 3, 0))) static void message(enum diag_level level, const char *suffix,
							  const char *format, va_list args)
{
	char begin[INPUT_BYTES + CONTEXT_BYTES];
	snprintf(begin, sizeof(begin), "%s%s%s%s", diag_input ? diag_input : "",
		 diag_input ? ": " : "", diag_prefix ? diag_prefix : "", diag_prefix ? ": " : "");
	message_after(begin, level, suffix, format, args);
}

int fail(int err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	message(DIAG_ERROR, "", format, args);
	va_end(args);
	return err;
}

int fail_hint(int err, enum diag_hint hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	message(DIAG_ERROR, hint_text(hint), format, args);
	va_end(args);
	return err;
}

/* The message of fail_errno_hint(), which returns -errno. */
__attribute__((format(printf, 2, 0))) static int message_errno(enum diag_hint hint,
							       const char *format, va_list args)
{
	char reason[REASON_BYTES];
	/* A caller that sees an error without errno must still see an error. */
	const int err = errno ? errno : EIO;
	errno = err;
	snprintf(reason, sizeof(reason), ": %m%s", hint_text(hint));
	message(DIAG_ERROR, reason, format, args);
	return -err;
}

int fail_errno(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int err = message_errno(HINT_NONE, format, args);
	va_end(args);
	return err;
}

int fail_errno_hint(enum diag_hint hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int err = message_errno(hint, format, args);
	va_end(args);
	return err;
}

void notice(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	message_after("", DIAG_INFO, "", format, args);
	va_end(args);
}

void warning(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (diag_level >= DIAG_WARNING)
		message(DIAG_WARNING, "", format, args);
	va_end(args);
}

void warning_hint(enum diag_hint hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (diag_level >= DIAG_WARNING)
		message(DIAG_WARNING, hint_text(hint), format, args);
	va_end(args);
}

void warning_of_kind(const char *first, const char *text)
{
	u32 i = 0;
	if (diag_level >= DIAG_INFO) {
		warning("%s: %s", first, text);
		return;
	}
	while (i < NR_KINDS && diag_kinds[i].nr &&
	       strncmp(diag_kinds[i].text, text, KIND_BYTES - 1))
		i++;
	if (i == NR_KINDS)
		diag_others++;
	else if (!diag_kinds[i].nr++) {
		snprintf(diag_kinds[i].first, QUOTE_BYTES, "%s", first);
		snprintf(diag_kinds[i].text, KIND_BYTES, "%s", text);
	}
}

void diag_end_kinds(void)
{
	for (u32 i = 0; i < NR_KINDS && diag_kinds[i].nr; i++) {
		if (diag_kinds[i].nr == 1)
			warning("%s: %s", diag_kinds[i].first, diag_kinds[i].text);
		else
			warning("%s: %s; %llu times in all", diag_kinds[i].first,
				diag_kinds[i].text, (unsigned long long)diag_kinds[i].nr);
		diag_kinds[i].nr = 0;
	}
	if (diag_others)
		warning("%llu more of other kinds", (unsigned long long)diag_others);
	diag_others = 0;
}

void info(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (diag_level >= DIAG_INFO)
		message(DIAG_INFO, "", format, args);
	va_end(args);
}

static bool is_printable(u8 byte)
{
	return byte >= ' ' && byte < 0x7f && byte != '\\';
}

static size_t quoted_len(u8 byte)
{
	return is_printable(byte) ? 1 : 4;
}

static char *quote_byte(char *out, u8 byte)
{
	if (is_printable(byte)) {
		*out++ = (char)byte;
		return out;
	}
	*out++ = '\\';
	*out++ = (char)('0' + (byte >> 6));
	*out++ = (char)('0' + (byte >> 3 & 7));
	*out++ = (char)('0' + (byte & 7));
	return out;
}

/* How many of @len bytes at @in fit into @room characters when quoted. */
static size_t quotable(const u8 *in, size_t len, size_t room)
{
	size_t n = 0;
	while (n < len && quoted_len(in[n]) <= room)
		room -= quoted_len(in[n++]);
	return n;
}

const char *quote(char *out, const void *bytes, size_t len)
{
	const u8 *in = bytes;
	const size_t room = QUOTE_BYTES - 1;
	const size_t half = (room - strlen(CUT_MARK)) / 2;
	char *p = out;
	size_t head = quotable(in, len, room);
	size_t tail = len;
	const bool is_cut = head < len;
	if (is_cut) {
		head = quotable(in, len, half);
		for (size_t left = half; quoted_len(in[tail - 1]) <= left; tail--)
			left -= quoted_len(in[tail - 1]);
	}

	for (size_t i = 0; i < head; i++)
		p = quote_byte(p, in[i]);
	if (is_cut) {
		memcpy(p, CUT_MARK, strlen(CUT_MARK));
		p += strlen(CUT_MARK);
	}
	for (size_t i = tail; i < len; i++)
		p = quote_byte(p, in[i]);
	*p = '\0';
	return out;
}
