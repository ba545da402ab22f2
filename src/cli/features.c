/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two features can be chosen, and some are always on. The other features of mkfs.btrfs make no
 * sense for an image on one device. They are refused like unknown names.
 */
#include "features.h"

#include "base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum feature_kind {
	FEATURE_ALWAYS,
	FEATURE_FREE_SPACE_TREE,
	FEATURE_BLOCK_GROUP_TREE,
};

struct feature {
	const char *name;
	enum feature_kind kind;
	const char *help;
};

static const struct feature features[] = {
	{ "free-space-tree", FEATURE_FREE_SPACE_TREE,
	  "free space in a tree (on; ^ switches it off)" },
	{ "block-group-tree", FEATURE_BLOCK_GROUP_TREE,
	  "block groups in a tree of their own (off; needs free-space-tree)" },
	{ "extref", FEATURE_ALWAYS, "up to 65535 links to a file in one directory (always on)" },
	{ "skinny-metadata", FEATURE_ALWAYS, "small references of tree blocks (always on)" },
	{ "no-holes", FEATURE_ALWAYS, "holes take no items (always on)" },
};

#define NR_FEATURES (sizeof(features) / sizeof(features[0]))

static const char allowed[] =
	"allowed are free-space-tree and block-group-tree, with ^ in front to "
	"switch them off, and extref, skinny-metadata, no-holes, which are "
	"always on";

static const struct feature *find_feature(const char *name, size_t len)
{
	for (size_t i = 0; i < NR_FEATURES; i++) {
		if (strlen(features[i].name) == len && !memcmp(features[i].name, name, len))
			return &features[i];
	}
	return NULL;
}

static int set_feature(const char *item, size_t len, struct image_options *image)
{
	bool is_on = !len || item[0] != '^';
	const struct feature *feature =
		is_on ? find_feature(item, len) : find_feature(item + 1, len - 1);
	char quoted[QUOTE_BYTES];
	if (!feature)
		return fail(-EINVAL, "found '%s'; %s", quote(quoted, item, len), allowed);
	switch (feature->kind) {
	case FEATURE_FREE_SPACE_TREE:
		image->free_space_tree = is_on;
		return 0;
	case FEATURE_BLOCK_GROUP_TREE:
		image->block_group_tree = is_on;
		return 0;
	case FEATURE_ALWAYS:
		break;
	}
	if (!is_on)
		return fail(-EINVAL, "found '%s', but %s is always on; %s",
			    quote(quoted, item, len), feature->name, allowed);
	return 0;
}

void features_default(struct image_options *image)
{
	image->free_space_tree = true;
	image->block_group_tree = false;
}

int features_parse(struct options *options, const char *list)
{
	struct image_options *image = &options->convert.image;
	bool list_wanted = false;
	features_default(image);
	while (true) {
		size_t len = strcspn(list, ",");
		int err = 0;
		if (len == strlen("list-all") && !memcmp(list, "list-all", len))
			list_wanted = true;
		else
			err = set_feature(list, len, image);
		if (err)
			return err;
		if (!list[len])
			break;
		list += len + 1;
	}
	if (list_wanted)
		for (size_t i = 0; i < NR_FEATURES; i++)
			printf("%-17s %s\n", features[i].name, features[i].help);
	return list_wanted;
}

int features_check(const struct image_options *image)
{
	if (image->block_group_tree && !image->free_space_tree)
		return fail(-EINVAL, "--features: found block-group-tree with ^free-space-tree; "
				     "block-group-tree needs free-space-tree");
	return 0;
}
