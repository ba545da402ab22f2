/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line and the environment, read into one struct. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/diag.h"
#include "convert/convert.h"

enum options_result {
	OPTIONS_RUN,    /* go on */
	OPTIONS_DONE,   /* --help, --version or -O list-all was printed: exit 0 */
	OPTIONS_FAILED, /* the environment is wrong or stdout cannot be written, printed: exit 1 */
	OPTIONS_USAGE,  /* wrong usage, printed: exit 2 */
};

enum progress_mode {
	PROGRESS_NEVER,
	PROGRESS_AUTO,   /* where standard error is a terminal */
	PROGRESS_ALWAYS, /* elsewhere as lines */
};

enum stats_format {
	STATS_NONE,
	STATS_TABLE,
	STATS_JSON,
};

/* Reports of a run. A path is NULL for standard error and "-" for standard output. */
struct report_options {
	enum progress_mode progress;
	u64 input_bytes; /* as --input-size says, or 0 */
	enum stats_format stats;
	const char *stats_path;
	bool digest;
	const char *digest_path;
	bool content_digest;
	const char *content_digest_path;
	const char *verity_digests_path; /* NULL: none are written */
	const char *manifest_path;       /* NULL: none is written */
};

#define OPTION_HINT_BYTES 100

/* --onto and --sprout. */
struct sprout_command {
	const char **seeds; /* paths */
	size_t nr_seeds, seeds_capacity;
	bool is_given;     /* --sprout */
	const char *name;  /* of --sprout, or NULL */
	const char *other; /* the first option that means nothing here, or NULL */
	const char *owned; /* the first option about what an update has from its seed, or NULL */
};

struct options {
	const char *const *archives; /* paths; "-" is standard input */
	size_t nr_archives;          /* at least 1 */
	const char *output;          /* path; "-" is standard output */
	enum diag_level level;
	char no_archive_hint[OPTION_HINT_BYTES]; /* the end of a message that one is none; or "" */
	bool sandbox;
	struct convert_options convert;
	struct sprout_command sprout;
	struct report_options report;
	/* what was given, for options that depend on others */
	bool is_size_given, is_free_given, is_max_inline_given, is_implied_time_given;
	bool is_subvol_name_given;
	const char *parent;       /* path of the archive or image that a receiver has, or NULL */
	const char *parent_name;  /* of an archive's top level, NULL: as convert.send.subvol_name;
				     path of an image's subvolume, NULL: convert_from_image() */
	const char *image_option; /* name of one that only an image has, or NULL */
};

/*
 * options_parse - read argv and the environment (SOURCE_DATE_EPOCH, TMPDIR)
 * Sets the level of messages (-q, -v). The strings in the result point into argv or the
 * environment. Nothing but OPTIONS_RUN says that @options is complete.
 */
enum options_result options_parse(int argc, char **argv, struct options *options);

/* options_release - free what options_parse() allocated, also after an error */
void options_release(struct options *options);

#endif
