/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules by path: what the user asks for holds at the path and at all that is below
 * it. Of two rules for one path the later one counts, and rules further in beat those
 * further out; inode flags add up.
 *
 * Inode flags and the property are inherited as in the kernel: not across
 * the root of a subvolume. How data are compressed is no matter of subvolumes.
 */
#ifndef MODEL_PATH_RULES_H
#define MODEL_PATH_RULES_H

#include "disk/codec.h"

/* What holds somewhere; in a rule: what it asks for. */
struct path_settings {
	bool has_codec;
	struct codec_choice codec; /* of file data, if has_codec */
	u32 inode_flags;           /* BTRFS_INODE_NODATACOW, _NODATASUM */
	bool has_property;
	const struct codec
		*property; /* that btrfs.compression names, if has_property; NULL: "none" */
	bool is_subvol;    /* what lies here is the root of a subvolume */
};

struct path_rule {
	const char *option; /* for messages; static */
	char *path;         /* folded; owned by the list */
	size_t path_len;
	struct path_settings asks;
	struct path_settings
		holds;    /* with what rules around it ask for; set by path_rules_seal() */
	size_t age;       /* of the option, from 0 */
	size_t enclosing; /* the innermost rule around it, or NO_RULE */
};

#define NO_RULE SIZE_MAX

struct path_rules {
	struct codec_choice codec; /* where no rule says else */
	struct path_rule *list;
	size_t nr, capacity;
};

/*
 * path_rules_add - one rule more; the list must be sealed anew
 * @path: @path_len bytes as in an archive, checked and copied
 * Returns 0, or a negative errno after printing what is wrong with the path.
 */
int path_rules_add(struct path_rules *rules, const char *option, const char *path, size_t path_len,
		   const struct path_settings *asks);

/* path_rules_seal - all rules are there: sort them, and let inner ones inherit */
void path_rules_seal(struct path_rules *rules);

/* path_rules_find - what holds at a folded path; has_codec is always set */
struct path_settings path_rules_find(const struct path_rules *rules, const char *path,
				     size_t path_len);

/* path_rules_release - free the list */
void path_rules_release(struct path_rules *rules);

#endif
