/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line and the environment, read into one struct. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "image/image.h"
#include "input/reader.h"
#include "model/file_data.h"

enum options_result {
	OPTIONS_RUN,    /* go on */
	OPTIONS_DONE,   /* --help, --version or -O list-all was printed: exit 0 */
	OPTIONS_FAILED, /* the environment is wrong or stdout cannot be written, printed: exit 1 */
	OPTIONS_USAGE,  /* wrong usage, printed: exit 2 */
};

struct options {
	const char *archive; /* path, or NULL for standard input */
	const char *output;  /* path, or NULL for standard output */
	const char *spool_dir;
	struct file_data_options data;
	struct reader_options reader;
	struct image_options image;
};

/*
 * options_parse - read argv and the environment (SOURCE_DATE_EPOCH, TMPDIR)
 * Sets the level of messages (-q, -v). The strings in the result point into argv or the
 * environment. Nothing but OPTIONS_RUN says that @options is complete.
 */
enum options_result options_parse(int argc, char **argv, struct options *options);

#endif
