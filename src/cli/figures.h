/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts as a table for people, or as one JSON object of objects: one list for both.
 *
 * In the table each fact is a line with its label; in JSON it is a pair with its name. A name or a
 * label that is NULL leaves the fact out there. The caller checks the stream for errors.
 */
#ifndef CLI_FIGURES_H
#define CLI_FIGURES_H

#include "base/types.h"

#include <stdio.h>

struct figures {
	FILE *out;
	bool is_json;
	/* JSON: */
	const char *separator; /* what comes before the next name or value */
	u32 depth;             /* open brackets, without the outermost one */
};

struct figures figures_begin(FILE *out, bool is_json);
void figures_end(struct figures *f);

/* figures_group, figures_end_group - in JSON an object in the outermost one; no line of a table */
void figures_group(struct figures *f, const char *name);
void figures_end_group(struct figures *f);

void figures_number(struct figures *f, const char *label, const char *name, u64 value,
		    const char *unit);
void figures_decimal(struct figures *f, const char *label, const char *name, double value,
		     const char *unit);
void figures_text(struct figures *f, const char *label, const char *name, const char *value);
void figures_bool(struct figures *f, const char *name, bool value); /* JSON only */

/* figures_list, figures_end_list - JSON only: an array, in a group or in the outermost object */
void figures_list(struct figures *f, const char *name);
void figures_end_list(struct figures *f);

/* figures_item, figures_end_item - JSON only: an object in an array */
void figures_item(struct figures *f);
void figures_end_item(struct figures *f);

/* figures_value - JSON only: @text as a string in an array */
void figures_value(struct figures *f, const char *text);

#endif
