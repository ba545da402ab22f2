/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/path_filter.h"

#include "base/diag.h"
#include "base/mem.h"
#include "path.h"

#include <fnmatch.h>
#include <string.h>

static int fold_option(const char *text, struct excluded_path *path)
{
	struct path folded;
	int err = path_fold(text, strlen(text), &folded);
	if (!err)
		*path = (struct excluded_path){ .bytes = folded.bytes, .len = folded.len };
	return err;
}

int path_filter_exclude_path(struct path_filter *filter, const char *path)
{
	struct excluded_path excluded;
	int err = fold_option(path, &excluded);
	if (err)
		return err;
	excluded.is_pattern = excluded.bytes[strcspn(excluded.bytes, "*?[\\")];
	filter->paths = mem_grow(filter->paths, &filter->paths_capacity, filter->nr_paths + 1,
				 sizeof(*filter->paths));
	filter->paths[filter->nr_paths++] = excluded;
	return 0;
}

int path_filter_exclude_regex(struct path_filter *filter, const char *regex)
{
	char q[QUOTE_BYTES], why[128];
	regex_t compiled;
	int code = regcomp(&compiled, regex, REG_EXTENDED | REG_NOSUB);
	if (code) {
		regerror(code, &compiled, why, sizeof(why));
		return fail(-EINVAL,
			    "found '%s' (%s), allowed: a POSIX extended regular expression",
			    quote(q, regex, strlen(regex)), why);
	}
	filter->regexes = mem_grow(filter->regexes, &filter->regexes_capacity,
				   filter->nr_regexes + 1, sizeof(*filter->regexes));
	filter->regexes[filter->nr_regexes++] = (struct excluded_regex){
		.compiled = compiled,
		.text = xmemdup(regex, strlen(regex)),
	};
	return 0;
}

int path_filter_set_root(struct path_filter *filter, const char *path)
{
	struct excluded_path root;
	int err = fold_option(path, &root);
	if (err)
		return err;
	xfree(filter->root);
	filter->root = root.bytes;
	filter->root_len = root.len;
	return 0;
}

/* What matches is noted, for path_filter_warn(). */
static bool matches_path(struct excluded_path *p, const char *path, size_t len)
{
	const bool matches = p->is_pattern ? !fnmatch(p->bytes, path, FNM_LEADING_DIR)
					   : path_is_below(p->bytes, p->len, path, len);
	p->has_matched |= matches;
	return matches;
}

static bool matches_regex(struct excluded_regex *r, const char *path, size_t len)
{
	for (size_t end = 0; end < len; end++) {
		const char *slash = memchr(path + end, '/', len - end);
		end = slash ? (size_t)(slash - path) : len;
		regmatch_t all = { .rm_so = 0, .rm_eo = (regoff_t)end };
		if (!regexec(&r->compiled, path, 1, &all, REG_STARTEND)) {
			r->has_matched = true;
			return true;
		}
	}
	return false;
}

static bool is_excluded(const struct path_filter *filter, const char *path, size_t len)
{
	bool is_out = false;
	for (size_t i = 0; i < filter->nr_paths; i++)
		if (!is_out || !filter->paths[i].has_matched)
			is_out |= matches_path(&filter->paths[i], path, len);
	for (size_t i = 0; i < filter->nr_regexes; i++)
		if (!is_out || !filter->regexes[i].has_matched)
			is_out |= matches_regex(&filter->regexes[i], path, len);
	return is_out;
}

bool path_filter_keeps(const struct path_filter *filter, const char *path, size_t len, size_t *skip)
{
	*skip = 0;
	if (is_excluded(filter, path, len))
		return false;
	if (!filter->root_len)
		return true;
	if (!path_is_below(filter->root, filter->root_len, path, len))
		return false;
	*skip = filter->root_len + (len > filter->root_len);
	return true;
}

static void warn_unmatched(const char *pattern)
{
	char q[QUOTE_BYTES];
	warning("'%s' is to be left out, but nothing in the archive matches it",
		quote(q, pattern, strlen(pattern)));
}

void path_filter_warn(const struct path_filter *filter)
{
	for (size_t i = 0; i < filter->nr_paths; i++)
		if (!filter->paths[i].has_matched)
			warn_unmatched(filter->paths[i].bytes);
	for (size_t i = 0; i < filter->nr_regexes; i++)
		if (!filter->regexes[i].has_matched)
			warn_unmatched(filter->regexes[i].text);
}

void path_filter_release(struct path_filter *filter)
{
	for (size_t i = 0; i < filter->nr_paths; i++)
		xfree(filter->paths[i].bytes);
	for (size_t i = 0; i < filter->nr_regexes; i++) {
		regfree(&filter->regexes[i].compiled);
		xfree(filter->regexes[i].text);
	}
	xfree(filter->paths);
	xfree(filter->regexes);
	xfree(filter->root);
	*filter = (struct path_filter){ .nr_paths = 0 };
}
