/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules by path: a setting that the user asks for holds at the path and at all paths below it. Of
 * two rules for one path the later one counts, and inner rules beat outer ones; inode flags add up.
 *
 * Inode flags and the property are inherited as in the kernel: not across the root of a subvolume.
 * The codec and fs-verity are inherited across it.
 */
#ifndef MODEL_PATH_RULES_H
#define MODEL_PATH_RULES_H

#include "disk/codec.h"
#include "disk/fsverity.h"

/* The settings of a path, or those that a rule asks for. */
struct path_settings {
	bool has_codec;
	struct codec_choice codec; /* of file data, if has_codec */
	bool has_verity;
	enum fsverity_algorithm verity; /* of files, if has_verity */
	u32 inode_flags;                /* BTRFS_INODE_NODATACOW, _NODATASUM */
	bool has_property;
	/* that btrfs.compression names, if has_property; NULL: "none" */
	const struct codec *property;
	bool is_subvol; /* the path is that of a subvolume's root */
};

struct path_rule {
	const char *wanted_by; /* for messages, as the program calls it; static */
	char *path;            /* folded; owned by the list */
	size_t path_len;
	struct path_settings asks;
	size_t age; /* number of the option, from 0 */
	/* set by path_rules_seal() */
	struct path_settings holds; /* with the settings inherited from outer rules */
	size_t enclosing;           /* the innermost outer rule, or NO_RULE */
};

#define NO_RULE SIZE_MAX

struct path_rules {
	struct codec_choice codec;      /* of paths without a rule for it */
	enum fsverity_algorithm verity; /* of such paths */
	struct path_rule *list;
	size_t nr, capacity;
};

/*
 * path_rules_add - add a rule; the list must be sealed again
 * @wanted_by: path_rule.wanted_by
 * @path: @path_len bytes as in an archive, checked and copied
 * Returns 0, or a negative errno after printing what is wrong with the path.
 */
int path_rules_add(struct path_rules *rules, const char *wanted_by, const char *path,
		   size_t path_len, const struct path_settings *asks);

/* path_rules_seal - all rules were added: sort them, and let inner ones inherit */
void path_rules_seal(struct path_rules *rules);

/* path_rules_find - the settings of a folded path; has_codec and has_verity are always set */
struct path_settings path_rules_find(const struct path_rules *rules, const char *path,
				     size_t path_len);

/* path_rules_release - free the list */
void path_rules_release(struct path_rules *rules);

#endif
