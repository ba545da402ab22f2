/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_options.h"
#include "arguments.h"
#include "help.h"
#include "options_default.h"
#include "version.h"

#include <stdio.h>

static void print_export_help(const struct option_row *table, bool all);

static void print_export_version(const struct option_row *table, bool all)
{
	(void)table;
	(void)all;
	printf("btrfs2tar %s\n", TAR2BTRFS_VERSION);
	help_print_codecs();
}

static const struct option_word info_words[] = { { "text", INFO_TEXT },
						 { "json", INFO_JSON },
						 { NULL, 0 } };

#define FIELD(member)                                                                              \
	.offset = offsetof(struct export_command, member),                                         \
	.bytes = sizeof(((struct export_command *)0)->member)
#define GIVEN(member) .given = offsetof(struct export_command, member)
#define PRINT(function) OPTION_PRINT, .print = (function)

// clang-format off
static const struct option_row export_table[] = {
	{ "output", 'o', "FILE",
	  "write to FILE, which appears complete or not at all; without it, to standard output",
	  OPTION_PATH, FIELD(output) },
	{ "list", 't', NULL,
	  "list what the archive would hold; with -v as tar -tv does, with numeric owners and in UTC",
	  OPTION_SET, FIELD(list), .value = true },
	{ "cat", 0, "PATH",
	  "write the bytes of one file", OPTION_PATH, FIELD(cat) },
	{ "info", 0, "[=text|json]",
	  "print what the image is, and the command line that makes it again (default: text)",
	  OPTION_WORD, FIELD(info_format), GIVEN(info), .words = info_words, .value = INFO_TEXT },
	{ "manifest", 0, "[=FILE]",
	  "write a canonical listing of the tree (mtree), as tar2btrfs does, to FILE or the output",
	  OPTION_PATH, FIELD(manifest_path), GIVEN(manifest) },
	{ "content-digest", 0, "[=FILE]",
	  "print the SHA-256 of the manifest, to FILE or the output",
	  OPTION_PATH, FIELD(digest_path), GIVEN(content_digest) },
	{ "subvol", 0, "PATH|ID",
	  "begin at this subvolume (default: the one that a mount shows)", OPTION_PATH, FIELD(subvol) },
	{ "all-subvols", 0, NULL,
	  "begin at the top level, above all subvolumes", OPTION_SET, FIELD(all_subvols), .value = true },
	{ "keep-times", 0, NULL,
	  "write atime, ctime and birth time too", OPTION_SET, FIELD(keep_times), .value = true },
	{ "ignore-log", 0, NULL,
	  "read the state of the last commit, though a log says that more was synced since",
	  OPTION_SET, FIELD(ignore_log), .value = true },
	{ "degraded", 0, NULL,
	  "read a filesystem of which devices are missing, as far as the others have all; all operands are images",
	  OPTION_SET, FIELD(degraded), .value = true },
	{ "threads", 0, "N",
	  "threads that use CPU, 1 to 1024 (default: as many as CPUs may be used); never changes the output",
	  OPTION_NUMBER, FIELD(threads), .min = 1, .max = OPTIONS_MAX_THREADS },
	{ "no-sandbox", 0, NULL,
	  "do not give up privileges before reading (for debuggers)",
	  OPTION_SET, FIELD(sandbox), .value = false },
	{ "quiet", 'q', NULL,
	  "print errors only", OPTION_SET, FIELD(level), .value = DIAG_ERROR },
	{ "verbose", 'v', NULL,
	  "print more", OPTION_SET, FIELD(level), .value = DIAG_INFO },
	{ "version", 'V', NULL,
	  "print the versions of the program and the codec libraries", PRINT(print_export_version) },
	{ "help", 'h', NULL,
	  "print this help", PRINT(print_export_help) },
	{ .name = NULL },
};
// clang-format on

static struct export_command defaults(void)
{
	return (struct export_command){
		.output = "-",
		.threads = options_usable_cpus(),
		.sandbox = true,
		.level = DIAG_WARNING,
	};
}

static void print_export_help(const struct option_row *table, bool all)
{
	(void)all;
	const struct export_command command = defaults();
	printf("Usage: btrfs2tar [OPTION]... IMAGE... [PATH]...\n"
	       "\n"
	       "Reads the btrfs filesystem in IMAGE, without root and without a mount, verifies\n"
	       "every checksum, and writes a tar archive (pax): of all, or of each PATH and what\n"
	       "is below it. If the filesystem has several devices, as a sprout and its seed, as\n"
	       "many operands are IMAGEs.\n"
	       "\n");
	help_print_rows(table, &command);
	printf("\n"
	       "Exit status: 0 the output is complete, 1 failure, 2 wrong usage.\n");
}

/* What is wanted instead of an archive. */
static int check_modes(const struct export_command *c)
{
	const struct {
		bool is_given;
		const char *name;
	} modes[] = {
		{ c->list, "--list" },
		{ c->cat, "--cat" },
		{ c->info, "--info" },
		{ export_lists_content(c), c->manifest ? "--manifest" : "--content-digest" },
	};
	const char *first = NULL;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (modes[i].is_given && first)
			return fail(-EINVAL, "found %s with %s, allowed: one of them", first,
				    modes[i].name);
		if (modes[i].is_given)
			first = modes[i].name;
	}
	if (c->manifest && c->content_digest && !c->manifest_path && !c->digest_path)
		return fail(-EINVAL, "found --manifest and --content-digest without a file, "
				     "allowed: --content-digest=FILE");
	if (!export_uses_output(c) && strcmp(c->output, "-"))
		return fail(-EINVAL, "found --output with files for all that is written, allowed: "
				     "one of them");
	return 0;
}

static int check_command(const struct export_command *c)
{
	if (!c->nr_operands)
		return fail(-EINVAL, "found no IMAGE; see --help");
	int err = check_modes(c);
	if (err)
		return err;
	if (c->subvol && c->all_subvols)
		return fail(-EINVAL, "found --subvol with --all-subvols, allowed: one of them");
	return 0;
}

enum options_result export_options_parse(int argc, char **argv, struct export_command *c)
{
	struct arguments_rest rest;
	*c = defaults();
	enum options_result result = arguments_parse(export_table, c, NULL, argc, argv, &rest);
	if (result != OPTIONS_RUN)
		return result;
	diag_set_level(c->level);
	c->operands = (const char *const *)argv + rest.first_operand;
	c->nr_operands = (size_t)(argc - rest.first_operand);
	return check_command(c) ? OPTIONS_USAGE : OPTIONS_RUN;
}
