/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of an archive that becomes the image: paths that are left out, and the directory that
 * becomes the root. Paths are those of the archive, folded. A path is left out with all paths below
 * it.
 */
#ifndef MODEL_PATH_FILTER_H
#define MODEL_PATH_FILTER_H

#include "base/types.h"

#include <regex.h>

struct excluded_path {
	char *bytes; /* folded, with a NUL behind them; owned by the filter */
	size_t len;
	bool is_pattern; /* for fnmatch(3), which matches slashes by * and ? */
	bool has_matched;
};

struct excluded_regex {
	regex_t compiled;
	char *text;
	bool has_matched;
};

struct path_filter {
	struct excluded_path *paths;
	size_t nr_paths, paths_capacity;
	struct excluded_regex *regexes;
	size_t nr_regexes, regexes_capacity;
	char *root; /* folded; owned by the filter; NULL: the archive's own */
	size_t root_len;
};

/* path_filter_exclude_path - leave out @path, NUL-terminated, or what this shell pattern matches
 * Returns 0, or a negative errno after printing what is wrong with the path. */
int path_filter_exclude_path(struct path_filter *filter, const char *path);

/* path_filter_exclude_regex - leave out paths that @regex, a POSIX extended one, matches anywhere
 * Returns 0, or -EINVAL after printing what is wrong with the expression. */
int path_filter_exclude_regex(struct path_filter *filter, const char *regex);

/* path_filter_set_root - keep only @path, which becomes the root, and the paths below it
 * Errors as path_filter_exclude_path(). */
int path_filter_set_root(struct path_filter *filter, const char *path);

/*
 * path_filter_keeps - whether a folded path is to be in the image
 * @len:  bytes at @path, which a NUL follows
 * @skip: result: bytes to drop from the beginning of @path; 0 if it is left out
 */
bool path_filter_keeps(const struct path_filter *filter, const char *path, size_t len,
		       size_t *skip);

/* path_filter_warn - after the last path: warn of each pattern that none matched */
void path_filter_warn(const struct path_filter *filter);

/* path_filter_release - free what the filter owns */
void path_filter_release(struct path_filter *filter);

#endif
