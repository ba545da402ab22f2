/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"
#include "digest_line.h"
#include "manifest.h"
#include "stats.h"
#include "verity_digests.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <time.h>
#include <unistd.h>

enum report_file {
	FILE_DIGEST,
	FILE_CONTENT_DIGEST,
	FILE_MANIFEST,
	FILE_VERITY,
	FILE_STATS,
	NR_FILES,
};

static const char *const option_names[NR_FILES] = {
	[FILE_DIGEST] = "--digest",     [FILE_CONTENT_DIGEST] = "--content-digest",
	[FILE_MANIFEST] = "--manifest", [FILE_VERITY] = "--fs-verity-digests",
	[FILE_STATS] = "--stats",
};

struct report {
	const struct report_options *options;
	const char *image_path;
	struct timespec started;
	struct output *files[NR_FILES]; /* NULL: not asked for, or standard error */
	struct sha256 *digest;
};

static const char *path_of(const struct report_options *options, enum report_file file)
{
	const char *const paths[NR_FILES] = {
		[FILE_DIGEST] = options->digest_path,
		[FILE_CONTENT_DIGEST] = options->content_digest_path,
		[FILE_MANIFEST] = options->manifest_path,
		[FILE_VERITY] = options->verity_digests_path,
		[FILE_STATS] = options->stats_path,
	};
	return paths[file];
}

int report_check(const struct report_options *options, const char *image_path)
{
	char quoted[QUOTE_BYTES];
	for (int i = 0; i < NR_FILES; i++) {
		const char *path = path_of(options, i);
		if (!path)
			continue;
		quote(quoted, path, strlen(path));
		if (!strcmp(path, image_path))
			return fail(-EINVAL, "%s: found '%s', where the image goes; see -o",
				    option_names[i], quoted);
		for (int j = 0; j < i; j++) {
			const char *other = path_of(options, j);
			if (other && !strcmp(path, other) && strcmp(path, "-"))
				return fail(-EINVAL,
					    "%s: found '%s', as for %s, allowed: another file",
					    option_names[i], quoted, option_names[j]);
		}
	}
	return 0;
}

int report_open(const struct report_options *options, const char *image_path,
		struct outputs *outputs, struct report **report)
{
	struct report *r = xzalloc(sizeof(*r));
	int err = 0;
	r->options = options;
	r->image_path = image_path;
	clock_gettime(CLOCK_MONOTONIC, &r->started);
	for (int i = 0; i < NR_FILES && !err; i++) {
		const char *path = path_of(options, i);
		if (path)
			err = output_open(outputs, path, OUTPUT_TEXT, &r->files[i]);
	}
	if (options->digest)
		r->digest = sha256_new();
	if (err)
		report_close(r);
	else
		*report = r;
	return err;
}

struct sha256 *report_digest(struct report *r)
{
	return r->digest;
}

static int file_fd(const struct report *r, enum report_file file)
{
	return r->files[file] ? output_fd(r->files[file]) : STDERR_FILENO;
}

static int write_text(const struct report *r, enum report_file file, const char *text, size_t len)
{
	int err = io_write_full(file_fd(r, file), text, len);
	if (!err)
		return 0;
	errno = -err;
	return fail_errno("cannot write what %s is to print", option_names[file]);
}

static int write_digest(const struct report *r, enum report_file file, const u8 digest[32],
			const char *name)
{
	size_t len;
	char *line = digest_line(digest, name, &len);
	int err = write_text(r, file, line, len);
	xfree(line);
	return err;
}

static int write_manifest(const struct report *r, const struct tree *tree,
			  const struct content *content)
{
	const char *path = r->options->manifest_path;
	u8 digest[MANIFEST_DIGEST_BYTES];
	int err = manifest_write(tree, content, path ? file_fd(r, FILE_MANIFEST) : -1,
				 "the manifest", digest);
	if (!err && r->options->content_digest)
		err = write_digest(r, FILE_CONTENT_DIGEST, digest, path ? path : "-");
	return err;
}

static int write_verity(const struct report *r, const struct tree *tree,
			const struct content *content)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return fail_errno("cannot print digests");
	verity_digests_print(tree, content->verity, out);
	int err = fclose(out) ? fail_errno("cannot print digests")
			      : write_text(r, FILE_VERITY, text, len);
	xfree(text);
	return err;
}

int report_tree(struct report *r, const struct tree *tree, const struct content *content)
{
	int err = 0;
	if (r->options->manifest_path || r->options->content_digest)
		err = write_manifest(r, tree, content);
	if (!err && r->options->verity_digests_path)
		err = write_verity(r, tree, content);
	return err;
}

int report_image(struct report *r)
{
	u8 digest[32];
	if (!r->digest)
		return 0;
	sha256_finish(r->digest, digest);
	r->digest = NULL;
	return write_digest(r, FILE_DIGEST, digest, r->image_path);
}

static int write_stats(const struct report *r, const struct stats *stats)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return fail_errno("cannot print figures");
	stats_print(stats, r->options->stats, out);
	int err = fclose(out) ? fail_errno("cannot print figures")
			      : write_text(r, FILE_STATS, text, len);
	xfree(text);
	return err;
}

int report_figures(struct report *r, const struct convert *convert)
{
	if (r->options->stats == STATS_NONE)
		return 0;
	const struct stats stats = stats_gather(convert, &r->started);
	return write_stats(r, &stats);
}

void report_close(struct report *r)
{
	u8 digest[32];
	if (!r)
		return;
	if (r->digest)
		sha256_finish(r->digest, digest);
	xfree(r);
}
