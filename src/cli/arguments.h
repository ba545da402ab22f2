/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a table of options and a command line, by getopt_long(), to the fields of a struct. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "option_row.h"

/*
 * arguments_parse - store the options of a command line
 * @options:       the struct that the rows of @table name fields of
 * @first_operand: result: index in @argv of what follows the options
 * Returns as options_parse().
 */
enum options_result arguments_parse(const struct option_row *table, void *options, int argc,
				    char **argv, int *first_operand);

#endif
