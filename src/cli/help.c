/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "help.h"
#include "options_default.h"
#include "version.h"

#include <stdio.h>

#define COLUMNS 80
#define TEXT_COLUMN 29

void help_print_codecs(void)
{
	for (const struct codec *const *codec = codec_table; *codec; codec++)
		printf("%s %s\n", (*codec)->name, (*codec)->library());
}

void print_version(const struct option_row *table, bool all)
{
	(void)table;
	(void)all;
	printf("tar2btrfs %s\n", TAR2BTRFS_VERSION);
	printf("image layout %d\n", LAYOUT_VERSION);
	help_print_codecs();
}

/* Print words in lines that begin at TEXT_COLUMN, where the cursor is. */
static void print_wrapped(const char *text)
{
	size_t column = TEXT_COLUMN;
	while (*text) {
		const size_t len = strcspn(text, " ");
		if (column > TEXT_COLUMN && column + 1 + len > COLUMNS) {
			printf("\n%*s", TEXT_COLUMN, "");
			column = TEXT_COLUMN;
		}
		column += (size_t)printf("%s%.*s", column > TEXT_COLUMN ? " " : "", (int)len, text);
		text += len;
		text += *text == ' ';
	}
	putchar('\n');
}

/* Print @row as far as its text. */
static void print_names(const struct option_row *row)
{
	char letter[] = "    ";
	int width;
	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	width = printf("  %s--%s%s%s", letter, row->name,
		       row->argument && !option_is_optional(row) ? " " : "",
		       row->argument ? row->argument : "");
	if (width < TEXT_COLUMN)
		printf("%*s", TEXT_COLUMN - width, "");
	else
		printf("\n%*s", TEXT_COLUMN, "");
}

static void print_row(const struct option_row *row, const void *defaults)
{
	char value[64], text[512];
	print_names(row);
	if (row->shows_default) {
		option_default(row, defaults, value, sizeof(value));
		snprintf(text, sizeof(text), "%s (default: %s)", row->help, value);
	}
	print_wrapped(row->shows_default ? text : row->help);
}

void help_print_rows(const struct option_row *table, const void *defaults)
{
	for (const struct option_row *row = table; row->name; row++)
		if (!option_is_habit(row)) {
			if (row->group)
				printf("\n%s:\n", row->group);
			print_row(row, defaults);
		}
}

static void print_brief_help(const struct option_row *table)
{
	printf("Usage: tar2btrfs [OPTION]... [ARCHIVE]...      makes a btrfs image of an archive\n");
	for (const struct option_row *row = table; row->name; row++) {
		if (!row->brief)
			continue;
		print_names(row);
		print_wrapped(row->brief);
	}
}

void print_help(const struct option_row *table, bool all)
{
	if (!all) {
		print_brief_help(table);
		return;
	}
	struct options defaults;
	options_default(&defaults);
	printf("Usage: tar2btrfs [OPTION]... [ARCHIVE]...\n"
	       "\n"
	       "Reads a tar or cpio archive from ARCHIVE or standard input (-), plain or packed\n"
	       "with gzip, xz, zstd, bzip2 or lz4, and writes a btrfs image: minimal, the same\n"
	       "bytes for the same tree, and marked as a seed. Of several ARCHIVEs each is added\n"
	       "to the tree of those before it; where both have a path, the later one counts.\n");
	help_print_rows(table, &defaults);
	printf("\n"
	       "SIZE takes a suffix k, m, g or t (powers of 1024). If an option is repeated, the\n"
	       "last one counts, except where it says repeatable. SOURCE_DATE_EPOCH limits all\n"
	       "times, and is the time of what has none.\n"
	       "Exit status: 0 the image is complete, 1 failure, 2 wrong usage.\n");
}
