/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An option as data: what --help says of it, and where and how its value is stored. */
#ifndef CLI_OPTION_ROW_H
#define CLI_OPTION_ROW_H

#include "options.h"

enum option_type {
	OPTION_SET,    /* no argument: store option_row.value */
	OPTION_WORD,   /* one of option_row.words: store its value */
	OPTION_NUMBER, /* a decimal number from min to max */
	OPTION_SIGNED, /* a decimal number from -max to max */
	OPTION_SIZE,   /* a multiple of step from min to max; suffixes k, m, g, t */
	OPTION_POWER,  /* a size that is a power of two from min to max */
	OPTION_TEXT,   /* a string that is not empty; the pointer is stored */
	OPTION_PATH,   /* the same, but no word that looks like an option: "-", "./-x", not "-x";
			  option_row.parse stores it, if there is one */
	OPTION_UUID,   /* 16 bytes */
	OPTION_TIME,   /* struct timestamp */
	OPTION_CALL,   /* option_row.parse stores it; returns as option_store() */
	OPTION_PRINT,  /* option_row.print, to standard output; the argument may be "all" */
	OPTION_REFUSE, /* with or without an argument: refused, and option_row.help says what helps */
};

struct option_word {
	const char *name; /* NULL ends a list */
	u64 value;
};

struct option_row {
	const char *name;     /* long name */
	int letter;           /* short name, or 0 */
	const char *argument; /* its name in --help, or NULL; optional ones are "[=NAME]" */
	const char *help; /* text of --help; what helps, with OPTION_REFUSE; else NULL: a habit */
	enum option_type type;
	size_t offset; /* of the field in the struct of options; unused with OPTION_CALL, OPTION_PRINT */
	size_t bytes; /* of the field: 1, 4 or 8 where a number is stored; 0: no field, only checked */
	const char *same_as; /* name of the row that does what this one asks for, or NULL */
	size_t given;        /* offset of a bool that becomes true with the option, or 0 */
	size_t noted;        /* offset of a string that becomes the name of the option, or 0 */
	u64 value;           /* what is stored without an argument */
	u64 min, max, step;
	const struct option_word *words;
	bool fits_sprout; /* means something with --sprout */
	bool is_of_seed;  /* about what an image that grows on a seed has from that */
	bool shows_default; /* --help adds the default, or for an optional argument option_row.value */
	int (*parse)(struct options *options, const char *value); /* of tar2btrfs alone */
	void (*print)(const struct option_row *table, bool all);
	const char *group; /* heading in --help=all and the manual, at the first row of a group */
	const char *brief; /* text of --help, at the rows that most people need */
};

/*
 * option_nearest - what a user may have meant with @len bytes at @name, which are no option
 * Returns NULL if no name is near.
 */
const struct option_row *option_nearest(const struct option_row *table, const char *name,
					size_t len);

/* option_table - the options of tar2btrfs, in struct options, in the order of --help and the manual;
 * a row without name ends it */
extern const struct option_row option_table[];

/* option_is_optional - whether the argument may be left out; if not, it follows a "=" */
static inline bool option_is_optional(const struct option_row *row)
{
	return row->argument && !strncmp(row->argument, "[=", 2);
}

/* option_is_habit - whether the row is there for users of other programs, and not in --help */
static inline bool option_is_habit(const struct option_row *row)
{
	return row->type == OPTION_REFUSE || !row->help;
}

/*
 * option_store - store @value, or do what the option asks for
 * @options: the struct that has the row's field
 * @value: NULL without an argument
 * Messages name the option: it is the context while this runs. Returns 0, -EINVAL after printing,
 * or 1 if nothing is left to do: the option has printed to standard output, or is an
 * OPTION_PRINT, which the caller calls.
 */
int option_store(void *options, const struct option_row *row, const char *value);

/* option_default - what holds without the option, as --help shows it: in @text of @bytes */
void option_default(const struct option_row *row, const void *defaults, char *text, size_t bytes);

/* option_find_word - the value of the word that @len bytes at @text are; false if it is none */
bool option_find_word(const struct option_word *words, const char *text, size_t len, u64 *value);

/* option_refuse - print that @found is wrong and what is allowed; returns -EINVAL */
int option_refuse(const char *found, const char *allowed);

/* option_refuse_part - the same for @len bytes at @found */
int option_refuse_part(const char *found, size_t len, const char *allowed);

#endif
