/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options, between the file that fills it and the one that walks it. */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include "base/diag.h"
#include "cli/options.h"

#define OPTIONS_MAX_THREADS 1024
#define OPTIONS_MAX_INLINE 4096
/* The packs of --pack-tails without a size. */
#define OPTIONS_PACK_BYTES (128u << 10)
/* Beside them: larger ones read slower from a pack, and are hardly smaller in it (HACKING.md). */
#define OPTIONS_PACK_INLINE 1024

/* What holds without --max-entries and --max-bytes: far beyond any image, and no harm yet. */
#define OPTIONS_ENTRIES 8000000u
#define OPTIONS_BYTES (UINT64_C(1) << 40)
/* What names, attributes and the like may take: so much, and more for each entry that is allowed.
 */
#define OPTIONS_MEMORY (32u << 20)
#define OPTIONS_ENTRY_BYTES 400u

/* What is known while the arguments are read. */
struct parse {
	struct options *options;
	const char *name; /* long name of the option at hand */
	enum diag_level level;
	bool size_given;
	bool free_given;
	bool implied_time_given;
	bool max_inline_given;
};

/* One option. */
struct option_row {
	const char *name;     /* long name */
	int letter;           /* short name, or 0 */
	const char *argument; /* name of its argument in --help, NULL for a switch; one that may be
				 left out is "[=NAME]" */
	const char *help;     /* text of --help; '\n' begins a new line */
	/* parse - read @value (NULL for a switch, or left out); OPTIONS_RUN to go on */
	enum options_result (*parse)(struct parse *parse, const char *value);
	/* show - print the default, or NULL if there is none or the text has it */
	void (*show)(const struct options *defaults);
};

/* option_is_optional - whether the argument may be left out; else it stands behind "=" */
static inline bool option_is_optional(const struct option_row *row)
{
	return row->argument && !strncmp(row->argument, "[=", 2);
}

/* option_table - all options, in the order of --help and the manual */
#define NR_OPTIONS 59
extern const struct option_row option_table[NR_OPTIONS];

/* options_default - what holds without any option; TMPDIR counts */
void options_default(struct options *options);

#endif
