/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arguments.h"

#include "base/mem.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* getopt_long() answers with the letter of an option, or with this plus its row */
#define LONG_ANSWER 256

#define NAMES_BYTES 256

/* The option that getopt_long() answered with, or NULL. */
static const struct option_row *find_row(const struct option_row *table, int answer)
{
	if (answer >= LONG_ANSWER)
		return &table[answer - LONG_ANSWER];
	for (const struct option_row *row = table; row->name; row++)
		if (answer == row->letter)
			return row;
	return NULL;
}

/* The row that does what @row asks for. */
static const struct option_row *row_meant(const struct option_row *table,
					  const struct option_row *row)
{
	const struct option_row *meant = row->same_as ? table : row;
	while (meant != row && strcmp(meant->name, row->same_as))
		meant++;
	return meant;
}

/* "--a, --b": the names that begin with @len bytes at @prefix; returns how many */
static size_t list_names(const struct option_row *table, const char *prefix, size_t len,
			 char names[NAMES_BYTES])
{
	size_t nr = 0, at = 0;
	names[0] = '\0';
	for (const struct option_row *row = table; row->name; row++) {
		if (strncmp(row->name, prefix, len) || at >= NAMES_BYTES)
			continue;
		at += (size_t)snprintf(names + at, NAMES_BYTES - at, "%s--%s", nr++ ? ", " : "",
				       row->name);
	}
	return nr;
}

/* @word is "--" and what getopt_long() takes for no name, or for the beginning of several. */
static void refuse_long_name(const struct option_row *table, const char *word)
{
	char quoted[QUOTE_BYTES], names[NAMES_BYTES];
	const size_t len = strcspn(word, "=");
	const struct option_row *near = option_nearest(table, word + 2, len - 2);
	quote(quoted, word, len);
	if (list_names(table, word + 2, len - 2, names))
		fail(-EINVAL, "found '%s', which is short for several options, allowed: %s", quoted,
		     names);
	else if (near && near->type == OPTION_REFUSE)
		option_store(NULL, near, NULL);
	else if (near)
		fail(-EINVAL, "found '%s', which is no option; did you mean --%s?", quoted,
		     near->name);
	else
		fail(-EINVAL, "found '%s', which is no option; see --help", quoted);
}

/* What getopt_long() did not understand; it leaves optopt 0 for unknown long names. */
static enum options_result refuse_argument(const struct option_row *table, int answer,
					   char *const *argv)
{
	char quoted[QUOTE_BYTES];
	const char *text = argv[optind - 1];
	const struct option_row *row = find_row(table, optopt);
	if (!optopt)
		refuse_long_name(table, text);
	else if (!row)
		fail(-EINVAL, "found '-%s', which is no option; see --help",
		     quote(quoted, &(char){ (char)optopt }, 1));
	else if (answer == ':')
		fail(-EINVAL, "--%s: found no argument, allowed: %s", row->name,
		     row_meant(table, row)->argument);
	else
		fail(-EINVAL, "--%s: found '%s', but it takes no argument", row->name,
		     quote(quoted, text, strlen(text)));
	return OPTIONS_USAGE;
}

/*
 * An optional argument is a part of its option's word: --digest=FILE. A word behind --digest is an
 * operand. If no such file is there, an argument was probably meant: say so.
 */
static int check_next_word(const struct option_row *row, const char *next)
{
	char quoted[QUOTE_BYTES];
	if (optarg || !option_is_optional(row) || !next || *next == '-' || !access(next, F_OK))
		return 0;
	quote(quoted, next, strlen(next));
	return fail(-ENOENT, "found '--%s %s', and no file %s; allowed: --%s=%s", row->name, quoted,
		    quoted, row->name, quoted);
}

static int has_argument(const struct option_row *row)
{
	if (row->type == OPTION_REFUSE)
		return optional_argument;
	if (!row->argument)
		return no_argument;
	return option_is_optional(row) ? optional_argument : required_argument;
}

/* What getopt_long() wants to know of the table. */
struct getopt_tables {
	struct option *options;
	char *letters;
};

static struct getopt_tables make_getopt_tables(const struct option_row *table)
{
	size_t nr = 0;
	while (table[nr].name)
		nr++;
	struct getopt_tables tables = {
		.options = xzalloc((nr + 1) * sizeof(*tables.options)),
		.letters = xzalloc(1 + 2 * nr + 1),
	};
	char *letter = tables.letters;
	*letter++ = ':';
	for (size_t i = 0; i < nr; i++) {
		const struct option_row *row = &table[i];
		tables.options[i] = (struct option){
			.name = row->name,
			.has_arg = has_argument(row),
			.val = LONG_ANSWER + (int)i,
		};
		if (row->letter)
			*letter++ = (char)row->letter;
		if (row->letter && row->argument && !option_is_optional(row))
			*letter++ = ':';
	}
	return tables;
}

static enum options_result flush_stdout(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return OPTIONS_DONE;
	fail_errno("cannot write to standard output");
	return OPTIONS_FAILED;
}

enum options_result arguments_parse(const struct option_row *table, void *options,
				    void (*note)(void *options, const struct option_row *row),
				    int argc, char **argv, struct arguments_rest *rest)
{
	const struct getopt_tables tables = make_getopt_tables(table);
	enum options_result result = OPTIONS_RUN;
	int answer;
	opterr = 0;
	*rest = (struct arguments_rest){ 0 };
	optind = 0; /* glibc: begin anew, also in a second call */
	while (result == OPTIONS_RUN &&
	       (answer = getopt_long(argc, argv, tables.letters, tables.options, NULL)) != -1) {
		const struct option_row *row = find_row(table, answer);
		if (!row) {
			result = refuse_argument(table, answer, argv);
			break;
		}
		row = row_meant(table, row);
		if (check_next_word(row, argv[optind])) {
			result = OPTIONS_USAGE;
			break;
		}
		if (!optarg && option_is_optional(row) && argv[optind] && *argv[optind] != '-') {
			rest->option = row->name;
			rest->word = argv[optind];
		}
		int stored = option_store(options, row, row->argument ? optarg : NULL);
		if (note && !stored)
			note(options, row);
		if (stored > 0 && row->type == OPTION_PRINT)
			row->print(table, optarg);
		if (stored)
			result = stored < 0 ? OPTIONS_USAGE : flush_stdout();
	}
	xfree(tables.options);
	xfree(tables.letters);
	rest->first_operand = optind;
	return result;
}
