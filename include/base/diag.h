/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the user: one line each on stderr, prefixed with the program's
 * name. A message is printed once, by the function that knows most; callers
 * only pass the error code on.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/types.h"

#include <errno.h>

enum diag_level {
	DIAG_ERROR,   /* only errors (-q) */
	DIAG_WARNING, /* and warnings; the default */
	DIAG_INFO,    /* and notes (-v) */
};

/* diag_set_level - choose what is printed; DIAG_WARNING until called */
void diag_set_level(enum diag_level level);

/* diag_set_program - the name that lines begin with; stays valid. "tar2btrfs" until called */
void diag_set_program(const char *name);

/* diag_set_sink - send whole lines (newline included) elsewhere; NULL restores stderr */
typedef void diag_sink_fn(enum diag_level level, const char *line, size_t len);
void diag_set_sink(diag_sink_fn *sink);

/*
 * What a user may change when a limit is met. The floor that meets a limit states it and chooses
 * the hint; the program gives the text, which names its option.
 */
enum diag_hint {
	HINT_NONE,
	HINT_ENTRIES,     /* more members */
	HINT_INPUT_BYTES, /* more bytes of unpacked input */
	HINT_SPOOL_DIR,   /* another directory for spools */
	HINT_NODES_16K,   /* nodes of 16 KiB hold larger items */
	HINT_NODES_64K,   /* nodes of 64 KiB do */
	HINT_UNSUPPORTED, /* the attribute or member may be dropped */
	HINT_MISSING_END, /* an archive may end without an end marker */
	HINT_ZEROS,       /* what follows an end marker may be read */
	HINT_ACL_NAMES,   /* the ACL may be dropped, or written with numeric ids */
	HINT_ROOM,        /* more unallocated room in the filesystem */
	HINT_IMAGE,       /* which container image is meant */
	HINT_TREE,        /* the input is no container image, but a tree */
	HINT_CONTAINER,   /* it is a container image */
	HINT_NO_ARCHIVE,  /* the input is no archive: another word was meant */
	HINT_LOG,         /* the log of a filesystem may be ignored */
	HINT_CODEC,       /* data may be stored as the seed's is */
	HINT_DEGRADED,    /* a missing device may be no loss */
	HINT_PARENT_UUID, /* the uuid of what a receiver has may be given */
	HINT_NR,
};

/*
 * diag_set_hints - the texts that fail_hint() and its relatives add: " (see --spool-dir)"
 * @hints: HINT_NR of them, NULL for nothing to say; stay valid. NULL: no hints, the default.
 */
void diag_set_hints(const char *const *hints);

/*
 * diag_set_context - begin each message with @context and ": ", as "plan:3: "; NULL: with nothing
 * @context: printable; stays valid while it is set. Only while one thread prints messages.
 */
void diag_set_context(const char *context);

/* diag_set_input - begin each message, before the context, with @input and ": ": the one of several
 * inputs that is read, in at most 12 bytes; NULL: with nothing. Otherwise as diag_set_context() */
void diag_set_input(const char *input);

/* diag_context - what diag_set_context() set */
const char *diag_context(void);

/*
 * diag_set_before - call @before in front of each message; NULL: nothing
 * The message is printed if @before returns true. Only while one thread prints messages.
 */
typedef bool diag_before_fn(void *context);
void diag_set_before(diag_before_fn *before, void *context);

/*
 * fail - print one error line and return @err
 * @err: a negative errno, returned unchanged
 * The text says what was found and what is allowed; no trailing newline.
 */
int fail(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* fail_errno - as fail(), with ": " and strerror(errno) added; returns -errno */
int fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* fail_hint, fail_errno_hint - as fail() and fail_errno(), with the text of @hint at the end */
int fail_hint(int err, enum diag_hint hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int fail_errno_hint(enum diag_hint hint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* notice - print one line at any level, by any thread: without an input or a context */
void notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* warning, info - print one line, if the level allows */
void warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * warning_of_kind - a warning that many may cause; one thread at a time
 * @first: the first that causes a @text is named, when diag_end_kinds() tells how many there were.
 * With DIAG_INFO each is printed at once.
 */
void warning_of_kind(const char *first, const char *text);
void diag_end_kinds(void);

/* warning_hint - as warning(), with the text of @hint at the end */
void warning_hint(enum diag_hint hint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * diag_status - show @text as the last line of a terminal on stderr; "" takes it away
 * At most one line, at most as wide as the terminal (the caller sees to both), no newline.
 * Messages take it away before they are printed: show it again afterwards. Any thread may call.
 */
void diag_status(const char *text);

/*
 * Names in messages are bytes of any kind: quote() makes them printable.
 * Printable ASCII stays, valid multi-byte sequences are not guessed at: all
 * other bytes and the backslash become \ooo. Long names are shortened with
 * "..." in the middle.
 */
#define QUOTE_BYTES 600
/*
 * quote - printable form of @len bytes at @bytes
 * @out: at least QUOTE_BYTES, owned by the caller
 * Returns @out.
 */
const char *quote(char *out, const void *bytes, size_t len);

#endif
