/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths as strings of bytes: of the image, or of an archive. No function needs the tree. */
#ifndef MODEL_PATH_H
#define MODEL_PATH_H

#include "base/diag.h"
#include "base/mem.h"

/* A folded path: components joined by single slashes; empty for the root. */
struct path {
	char *bytes;
	size_t len;
	bool is_left_out; /* by the filter: the path is the archive's, not the image's */
};

/* The hash of a path, kept instead of it: following symlinks can make a path very long. */
struct path_hash {
	u8 bytes[16];
};

/*
 * path_fold - check and fold @raw into @path, whose bytes are xmalloc'ed, with a NUL behind them
 * Returns 0, or a negative errno after printing ("..", a component beyond 255 bytes, a NUL byte).
 */
int path_fold(const char *raw, size_t len, struct path *path);

/* path_copy - the same path, its bytes in @arena */
struct path path_copy(struct arena *arena, const struct path *path);

/* path_hash - hash128() of a path; a path that is left out has another hash than the same path in
 * the image */
struct path_hash path_hash(const struct path *path);

/*
 * path_compare - the order in which tree_finish() numbers files: a directory before the files below
 * it, names by memcmp
 * Both are folded. Returns a number below, equal to or above 0.
 */
int path_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* path_is_below - whether @path is @dir or a path below it; both are folded */
bool path_is_below(const char *dir, size_t dir_len, const char *path, size_t path_len);

/* path_fail - fail() with the quoted path and ": " in front, "." for the root */
int path_fail(int err, const struct path *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* path_fail_hint - path_fail() that adds a hint, as fail_hint() does */
int path_fail_hint(int err, enum diag_hint hint, const struct path *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
