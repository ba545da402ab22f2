/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of the archive as strings of bytes; no tree is needed. */
#ifndef MODEL_PATH_H
#define MODEL_PATH_H

#include "base/types.h"

/* A folded path: components joined by single slashes; empty for the root. */
struct path {
	char *bytes;
	size_t len;
};

/*
 * path_fold - check and fold @raw into @path, whose bytes are xmalloc'ed, with a NUL behind them
 * Returns 0, or a negative errno after printing ("..", a component beyond 255 bytes, a NUL byte).
 */
int path_fold(const char *raw, size_t len, struct path *path);

/*
 * path_compare - the order of the walk: a directory before what is below it, names by memcmp
 * Both are folded. Returns a number below, equal to or above 0.
 */
int path_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* path_is_below - whether @path is @dir or lies below it; both are folded */
bool path_is_below(const char *dir, size_t dir_len, const char *path, size_t path_len);

#endif
