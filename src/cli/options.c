/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the table of options to getopt_long(), then what depends on several
 * options or on the environment.
 */
#include "option_table.h"

#include "base/mem.h"
#include "cli/features.h"
#include "cli/report.h"
#include "cli/value.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* Room that a writable filesystem needs beside its content (tried on kernel 6.18). */
#define NO_SEED_FREE (64ull << 20)

/* getopt_long() answers with the letter of an option, or with this plus its row */
#define LONG_ANSWER 256

/* Take SOURCE_DATE_EPOCH in, unless --mtime made it idle. */
static enum options_result read_environment(struct options *options)
{
	struct reader_options *reader = &options->convert.reader;
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char quoted[QUOTE_BYTES];
	if (reader->fixed_time_set || !epoch)
		return OPTIONS_RUN;
	if (!value_seconds(epoch, &reader->clamp_time)) {
		fail(-EINVAL, "SOURCE_DATE_EPOCH: found '%s', allowed: a whole number of seconds",
		     quote(quoted, epoch, strlen(epoch)));
		return OPTIONS_FAILED;
	}
	reader->clamp_time_set = true;
	return OPTIONS_RUN;
}

/* The time of what has no source for one: --mtime, else --defaults, else the environment's, else 0.
 */
static void choose_implied_time(struct options *options, bool is_given)
{
	struct timestamp *time = &options->convert.tree.implied.time;
	if (options->convert.reader.fixed_time_set)
		*time = options->convert.reader.fixed_time;
	else if (!is_given)
		*time = options->convert.reader.clamp_time;
	options->convert.image.implied_time = *time;
}

/* The option that getopt_long() answered with, or NULL. */
static const struct option_row *find_row(int answer)
{
	for (int i = 0; i < NR_OPTIONS; i++) {
		if (answer == option_table[i].letter || answer == LONG_ANSWER + i)
			return &option_table[i];
	}
	return NULL;
}

/* What getopt_long() did not understand; it leaves optopt 0 for unknown long names. */
static enum options_result refuse_argument(int answer, char *const *argv)
{
	char quoted[QUOTE_BYTES];
	const char *text = argv[optind - 1];
	if (!optopt) {
		fail(-EINVAL, "found '%s', which is no option, or short for several; see --help",
		     quote(quoted, text, strlen(text)));
		return OPTIONS_USAGE;
	}
	const struct option_row *row = find_row(optopt);
	if (!row)
		fail(-EINVAL, "found '-%s', which is no option; see --help",
		     quote(quoted, &(char){ (char)optopt }, 1));
	else if (answer == ':')
		fail(-EINVAL, "--%s: found no argument, allowed: %s", row->name, row->argument);
	else
		fail(-EINVAL, "--%s: found '%s', but it takes no argument", row->name,
		     quote(quoted, text, strlen(text)));
	return OPTIONS_USAGE;
}

static int has_argument(const struct option_row *row)
{
	if (!row->argument)
		return no_argument;
	return option_is_optional(row) ? optional_argument : required_argument;
}

/* Read the options; optind is then the index of the first operand. */
static enum options_result parse_arguments(struct parse *parse, int argc, char **argv)
{
	struct option long_options[NR_OPTIONS + 1] = { 0 };
	char letters[2 * NR_OPTIONS + 2] = ":";
	char *letter = letters + 1;
	int answer;
	for (int i = 0; i < NR_OPTIONS; i++) {
		const struct option_row *row = &option_table[i];

		long_options[i] = (struct option){
			.name = row->name,
			.has_arg = has_argument(row),
			.val = LONG_ANSWER + i,
		};
		if (row->letter) {
			*letter++ = (char)row->letter;
			if (row->argument)
				*letter++ = ':';
		}
	}
	opterr = 0;
	optind = 0; /* glibc: begin anew, also in a second call */
	while ((answer = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		const struct option_row *row = find_row(answer);
		enum options_result result;

		if (!row)
			return refuse_argument(answer, argv);
		parse->name = row->name;
		result = row->parse(parse, row->argument ? optarg : NULL);
		if (result != OPTIONS_RUN)
			return result;
	}
	return OPTIONS_RUN;
}

static int take_operands(struct options *options, int argc, char **argv)
{
	static const char *const standard_input[] = { "-" };
	int nr_stdin = 0;
	options->archives = standard_input;
	options->nr_archives = 1;
	if (optind == argc)
		return 0;
	options->archives = (const char *const *)argv + optind;
	options->nr_archives = (size_t)(argc - optind);
	for (int i = optind; i < argc; i++)
		nr_stdin += !strcmp(argv[i], "-");
	if (nr_stdin > 1)
		return fail(-EINVAL, "found '-' as %d archives, allowed: one", nr_stdin);
	return 0;
}

static int check_oci(const struct options *options)
{
	const struct convert_options *convert = &options->convert;
	const char *idle = convert->oci.image      ? "--image"
			   : convert->oci.platform ? "--platform"
			   : convert->oci_config   ? "--oci-config"
						   : NULL;
	if (!convert->is_oci)
		return idle ? fail(-EINVAL, "found %s without --oci", idle) : 0;
	if (options->nr_archives > 1)
		return fail(-EINVAL, "found %zu archives with --oci, allowed: one",
			    options->nr_archives);
	return 0;
}

/* The trees of layers share blocks, so options that change some of their inodes are refused. */
static int check_layers(const struct convert_options *convert)
{
	const struct tree_options *tree = &convert->tree;
	const char *other = tree->rules.nr              ? tree->rules.list[0].option
			    : tree->subvols.nr_subvols  ? "subvol"
			    : tree->subvols.nr_uuids    ? "subvol-uuid"
			    : tree->hard_dereference    ? "hard-dereference"
			    : convert->plan             ? "plan"
			    : convert->selinux_contexts ? "selinux-contexts"
							: NULL;
	if (!convert->keep_layers || !other)
		return 0;
	return fail(-EINVAL, "found --%s%s with --layers=subvolumes, allowed: one of them", other,
		    tree->rules.nr ? " of a path" : "");
}

/* Many large attributes, say, take the memory of many entries. */
static u64 memory_of_entries(u64 entries)
{
	u64 bytes;
	if (mul_overflows(entries, OPTIONS_ENTRY_BYTES, &bytes) ||
	    add_overflows(bytes, OPTIONS_MEMORY, &bytes))
		return UINT64_MAX;
	return bytes;
}

/* Refuse options that contradict each other. */
static int check_combinations(const struct parse *parse)
{
	const struct options *options = parse->options;
	const struct convert_options *convert = &options->convert;
	if (convert->reader.fixed_time_set && convert->reader.keep_times)
		return fail(-EINVAL, "found --mtime with --keep-times, allowed: one of them");
	if (parse->size_given && parse->free_given)
		return fail(-EINVAL, "found --size with --free, allowed: one of them");
	int err = check_oci(options);
	if (!err)
		err = check_layers(convert);
	if (!err)
		err = features_check(&convert->image);
	return err ? err : report_check(&options->report, options->output);
}

/* Set what follows from several options, and copy what several floors need. */
static void derive(const struct parse *parse)
{
	const struct report_options *report = &parse->options->report;
	struct convert_options *convert = &parse->options->convert;
	struct image_options *image = &convert->image;
	struct file_data_options *data = &convert->data;
	if (!image->seed && !parse->size_given && !parse->free_given)
		image->free_bytes = NO_SEED_FREE;
	image->csum = data->csum;
	if (data->pack_bytes && !parse->max_inline_given)
		data->max_inline = OPTIONS_PACK_INLINE;
	data->hash_files = report->content_digest || report->manifest_path;
	data->nodesize = convert->reader.nodesize = convert->tree.nodesize = image->nodesize;
	convert->reader.max_memory = memory_of_entries(convert->tree.max_entries);
	convert->oci.spool_dir = convert->spool_dir;
	convert->oci.max_entries = convert->tree.max_entries;
	if (convert->is_oci || convert->keep_layers)
		convert->tree.whiteouts = true;
	path_rules_seal(&convert->tree.rules);
}

enum options_result options_parse(int argc, char **argv, struct options *options)
{
	struct parse parse = { .options = options, .level = DIAG_WARNING };
	enum options_result result;
	options_default(options);
	result = parse_arguments(&parse, argc, argv);
	if (result != OPTIONS_RUN)
		return result;
	diag_set_level(parse.level);
	if (take_operands(options, argc, argv) || check_combinations(&parse))
		return OPTIONS_USAGE;
	derive(&parse);
	result = read_environment(options);
	choose_implied_time(options, parse.implied_time_given);
	return result;
}

void options_release(struct options *options)
{
	xfree(options->convert.tree.subvols.subvols);
	xfree(options->convert.tree.subvols.uuids);
	path_rules_release(&options->convert.tree.rules);
	path_filter_release(&options->convert.tree.filter);
	xfree(options->convert.reader.xattr_patterns);
}
