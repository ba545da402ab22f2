/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What depends on several options or on the environment. */
#include "arguments.h"
#include "features.h"
#include "options_default.h"
#include "report.h"
#include "value.h"
#include "verity_options.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With packs: larger files read slower from a pack, and are hardly smaller in it (decisions.md). */
#define PACK_INLINE 1024

/* What names, attributes and the like may take: so much, and more for each entry allowed. */
#define MEMORY_BYTES (32u << 20)
#define ENTRY_BYTES 400u

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

/* The time of inodes without a member: --mtime, else --defaults, else the environment's, else 0. */
static void choose_implied_time(struct options *options)
{
	struct timestamp *time = &options->convert.tree.implied.time;
	if (options->convert.reader.fixed_time_set)
		*time = options->convert.reader.fixed_time;
	else if (!options->is_implied_time_given)
		*time = options->convert.reader.clamp_time;
	options->convert.image.implied_time = *time;
}

static int take_operands(struct options *options, int argc, char **argv, int first)
{
	static const char *const standard_input[] = { "-" };
	int nr_stdin = 0;
	options->archives = standard_input;
	options->nr_archives = 1;
	if (first == argc)
		return 0;
	options->archives = (const char *const *)argv + first;
	options->nr_archives = (size_t)(argc - first);
	for (int i = first; i < argc; i++)
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

/* Options that mean nothing to a sprout, or are about what a seed decides, are refused. */
static void note_option(void *options, const struct option_row *row)
{
	struct sprout_command *sprout = &((struct options *)options)->sprout;
	if (!row->fits_sprout && !sprout->other)
		sprout->other = row->name;
	if (row->is_of_seed && !sprout->owned)
		sprout->owned = row->name;
}

static int check_sprout(const struct options *options, int nr_operands)
{
	const struct sprout_command *sprout = &options->sprout;
	if (!sprout->is_given)
		return 0;
	if (!sprout->nr_seeds)
		return fail(-EINVAL, "found --sprout without --onto");
	if (nr_operands)
		return fail(-EINVAL, "found an archive with --sprout, allowed: none");
	if (sprout->other)
		return fail(-EINVAL, "found --%s with --sprout, allowed: one of them",
			    sprout->other);
	if (!options->is_size_given)
		return fail(-EINVAL, "found --sprout without --size");
	return 0;
}

/* What the seed decides is not asked for; and of layers each is a tree of its own. */
static int check_onto(const struct options *options)
{
	const struct sprout_command *sprout = &options->sprout;
	if (!sprout->nr_seeds || sprout->is_given)
		return 0;
	if (sprout->owned)
		return fail(-EINVAL, "found --%s with --onto, allowed: what the seed has",
			    sprout->owned);
	if (options->convert.keep_layers)
		return fail(-EINVAL, "found --layers=subvolumes with --onto, allowed: one of them");
	return 0;
}

/* The trees of layers share blocks, so options that change some of their inodes are refused. */
static int check_layers(const struct convert_options *convert)
{
	const struct tree_options *tree = &convert->tree;
	const char *other = tree->rules.nr              ? tree->rules.list[0].wanted_by
			    : tree->subvols.nr_subvols  ? "--subvol"
			    : tree->subvols.nr_uuids    ? "--subvol-uuid"
			    : tree->hard_dereference    ? "--hard-dereference"
			    : convert->plan             ? "--plan"
			    : convert->selinux_contexts ? "--selinux-contexts"
							: NULL;
	if (!convert->keep_layers || !other)
		return 0;
	return fail(-EINVAL, "found %s%s with --layers=subvolumes, allowed: one of them", other,
		    tree->rules.nr ? " of a path" : "");
}

static bool asks_for_default_subvol(const struct subvol_requests *requests)
{
	for (size_t i = 0; i < requests->nr_subvols; i++)
		if (requests->subvols[i].is_default)
			return true;
	return false;
}

/* OLD is read first, then the archives. */
static int check_parent(const struct options *options)
{
	if (!options->parent || strcmp(options->parent, "-"))
		return 0;
	for (size_t i = 0; i < options->nr_archives; i++)
		if (!strcmp(options->archives[i], "-"))
			return fail(-EINVAL, "found '-' as --parent and as archive, allowed: one");
	return 0;
}

/* A send stream has neither blocks nor a place on a device. */
static int check_send(const struct options *options)
{
	const struct convert_options *convert = &options->convert;
	const char *other = options->image_option  ? options->image_option
			    : convert->keep_layers ? "layers=subvolumes"
			    : asks_for_default_subvol(&convert->tree.subvols)
				    ? "subvol of type default"
				    : NULL;
	const char *idle = options->is_subvol_name_given ? "--subvol-name"
			   : options->parent             ? "--parent"
							 : NULL;
	if (!convert->send.version && idle)
		return fail(-EINVAL, "found %s without --send-stream", idle);
	if (!options->parent && (options->parent_name || convert->send.parent_uuid_given))
		return fail(-EINVAL, "found %s without --parent",
			    options->parent_name ? "--parent-name" : "--parent-uuid");
	if (!convert->send.version || !other)
		return check_parent(options);
	return fail(-EINVAL, "found --%s with --send-stream, allowed: one of them", other);
}

/* Many large attributes, say, take the memory of many entries. */
static u64 memory_of_entries(u64 entries)
{
	u64 bytes;
	if (mul_overflows(entries, ENTRY_BYTES, &bytes) ||
	    add_overflows(bytes, MEMORY_BYTES, &bytes))
		return UINT64_MAX;
	return bytes;
}

/* Refuse options that contradict each other. */
static int check_combinations(const struct options *options)
{
	const struct convert_options *convert = &options->convert;
	if (convert->reader.fixed_time_set && convert->reader.keep_times)
		return fail(-EINVAL, "found --mtime with --keep-times, allowed: one of them");
	if (options->is_size_given && options->is_free_given)
		return fail(-EINVAL, "found --size with --free or --shrink, allowed: one of them");
	int err = check_oci(options);
	if (!err)
		err = check_onto(options);
	if (!err)
		err = check_layers(convert);
	if (!err)
		err = check_send(options);
	if (!err)
		err = verity_check(options);
	if (!err)
		err = features_check(&convert->image);
	return err ? err : report_check(&options->report, options->output);
}

/* Set what follows from several options, and copy what several floors need. */
static void derive(struct options *options)
{
	const struct report_options *report = &options->report;
	struct convert_options *convert = &options->convert;
	struct image_options *image = &convert->image;
	struct file_data_options *data = &convert->data;
	if (!image->seed && !options->is_size_given && !options->is_free_given)
		image->free_bytes = IMAGE_NO_SEED_FREE;
	image->csum = data->csum;
	if (data->pack_bytes && !options->is_max_inline_given)
		data->max_inline = PACK_INLINE;
	data->hash_files = report->content_digest || report->manifest_path;
	data->nodesize = convert->reader.nodesize = convert->tree.nodesize = image->nodesize;
	convert->reader.max_memory = memory_of_entries(convert->tree.max_entries);
	convert->send.skip_unsupported = convert->reader.skip_unsupported;
	convert->oci.spool_dir = convert->spool_dir;
	convert->oci.max_entries = convert->tree.max_entries;
	if (convert->is_oci || convert->keep_layers)
		convert->tree.whiteouts = true;
	path_rules_seal(&convert->tree.rules);
}

/* In "--digest old.sum", old.sum is an archive; that it is none leads to what was meant. */
static void note_word(struct options *options, const struct arguments_rest *rest)
{
	char quoted[QUOTE_BYTES], *hint = options->no_archive_hint;
	quote(quoted, rest->word, strlen(rest->word));
	const int len =
		snprintf(hint, OPTION_HINT_BYTES, "; allowed: --%s=%s", rest->option, quoted);
	if (len >= OPTION_HINT_BYTES)
		snprintf(hint, OPTION_HINT_BYTES, "; allowed: --%s=FILE", rest->option);
}

enum options_result options_parse(int argc, char **argv, struct options *options)
{
	struct arguments_rest rest;
	options_default(options);
	enum options_result result =
		arguments_parse(option_table, options, note_option, argc, argv, &rest);
	if (result != OPTIONS_RUN)
		return result;
	diag_set_level(options->level);
	if (check_sprout(options, argc - rest.first_operand))
		return OPTIONS_USAGE;
	if (rest.word && rest.word == argv[rest.first_operand])
		note_word(options, &rest);
	if (take_operands(options, argc, argv, rest.first_operand) || check_combinations(options))
		return OPTIONS_USAGE;
	derive(options);
	result = read_environment(options);
	choose_implied_time(options);
	return result;
}

void options_release(struct options *options)
{
	xfree(options->convert.tree.subvols.subvols);
	xfree(options->convert.tree.subvols.uuids);
	path_rules_release(&options->convert.tree.rules);
	path_filter_release(&options->convert.tree.filter);
	xfree(options->convert.reader.xattr_patterns);
	xfree(options->sprout.seeds);
}
