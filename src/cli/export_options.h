/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of btrfs2tar. */
#ifndef CLI_EXPORT_OPTIONS_H
#define CLI_EXPORT_OPTIONS_H

#include "options.h"

enum info_format {
	INFO_TEXT,
	INFO_JSON,
};

struct export_command {
	const char *const *operands; /* images, then paths: at least one */
	size_t nr_operands;
	const char *output; /* path; "-" is standard output */
	bool list;
	bool info;
	enum info_format info_format; /* if info */
	bool manifest, content_digest;
	const char *manifest_path, *digest_path; /* NULL: the output; at most one of them then */
	const char *cat;                         /* path, or NULL */
	const char *subvol;                      /* id or path, or NULL: the default subvolume */
	bool all_subvols;
	bool ignore_log, degraded, keep_times;
	unsigned threads;
	bool sandbox;
	enum diag_level level;
};

/* export_lists_content - whether a manifest or its digest is wanted */
static inline bool export_lists_content(const struct export_command *command)
{
	return command->manifest || command->content_digest;
}

/* export_uses_output - whether anything goes to command->output */
static inline bool export_uses_output(const struct export_command *command)
{
	return !export_lists_content(command) || (command->manifest && !command->manifest_path) ||
	       (command->content_digest && !command->digest_path);
}

/* export_options_parse - read argv; returns as options_parse() */
enum options_result export_options_parse(int argc, char **argv, struct export_command *command);

#endif
