/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a table of options and a command line, by getopt_long(), to the fields of a struct. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "option_row.h"

/* What is left of a command line. */
struct arguments_rest {
	int first_operand; /* index in argv of what follows the options */
	/* the last option without the argument that it may have, and the word behind it, or NULL */
	const char *option, *word;
};

/*
 * arguments_parse - store the options of a command line
 * @options: the struct that the rows of @table name fields of
 * @note:    NULL, or called for each option that was stored
 * @rest:    result; points into @table and @argv
 * Returns as options_parse().
 */
enum options_result arguments_parse(const struct option_row *table, void *options,
				    void (*note)(void *options, const struct option_row *row),
				    int argc, char **argv, struct arguments_rest *rest);

#endif
