/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of btrfs2tar. */
#ifndef CLI_EXPORT_OPTIONS_H
#define CLI_EXPORT_OPTIONS_H

#include "cli/options.h"

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
	const char *cat;              /* path, or NULL */
	const char *subvol;           /* id or path, or NULL: the default subvolume */
	bool all_subvols;
	bool ignore_log, keep_times;
	bool sandbox;
	enum diag_level level;
};

/* export_options_parse - read argv; returns as options_parse() */
enum options_result export_options_parse(int argc, char **argv, struct export_command *command);

#endif
