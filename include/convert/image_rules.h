/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fewest rules by path (--compress, --fs-verity, --property, --inode-flags) that give each file
 * what it has. A rule holds at its path and below, and inner rules beat outer ones.
 */
#ifndef CONVERT_IMAGE_RULES_H
#define CONVERT_IMAGE_RULES_H

#include "base/mem.h"
#include "read/survey.h"

enum rule_kind {
	RULE_CODEC,    /* values: enum btrfs_compression_type; 0 in no rule */
	RULE_VERITY,   /* enum fsverity_algorithm */
	RULE_PROPERTY, /* enum rule_property */
	RULE_UNSUMMED, /* 1: data without checksums, of a file that is not nodatacow */
	RULE_KINDS,
};

/* btrfs.compression. A rule cannot take it away again. */
enum rule_property {
	PROPERTY_ABSENT,
	PROPERTY_NONE,
	PROPERTY_ZLIB,
	PROPERTY_LZO,
	PROPERTY_ZSTD,
	RULE_VALUES,
};

struct image_rule {
	enum rule_kind kind;
	u32 value;
	const char *path; /* from the top level, terminated; "" is itself */
};

struct image_rules {
	struct image_rule *list;
	size_t nr, capacity;
	bool is_lost[RULE_KINDS]; /* rules cannot give it, or too many would be needed */
	u32 outside[RULE_KINDS];  /* the values where no rule holds: what most files have */
	struct arena arena;
};

/*
 * image_rules_gather - find the rules, if @survey shows that there can be any
 * @rules: zeroed
 * Takes memory for each inode that may need a rule, up to 100 bytes and its path. Returns 0, or a
 * negative errno after printing; image_rules_release() in any case.
 */
int image_rules_gather(struct filesystem *fs, const struct survey *survey,
		       struct image_rules *rules);
void image_rules_release(struct image_rules *rules);

#endif
