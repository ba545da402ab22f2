/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keywords of a plan's entry: "uid=0", "xattr.user.a=YQ==", "optional". */
#ifndef INPUT_MTREE_KEYWORDS_H
#define INPUT_MTREE_KEYWORDS_H

#include "member.h"
#include "mtree_words.h"

/* What the keywords of one entry, or of /set, say. */
struct keywords {
	struct member member;
	u32 given; /* GIVEN_* */
	bool is_optional;
	bool has_data;
	enum fsverity_algorithm verity; /* with GIVEN_VERITY */
	struct arena *arena;            /* where link targets go */
	struct text_buffer records;     /* xattrs in the form of pax records */
};

/*
 * keywords_take - add what a list of keywords says
 * @line: words with blanks between
 * Returns 0, or a negative errno after printing what was found and what is allowed.
 */
int keywords_take(struct keywords *k, struct text line);

/* keywords_have_other_times - whether a time is said besides that of modification */
bool keywords_have_other_times(const struct keywords *k);

void keywords_free(struct keywords *k);

#endif
