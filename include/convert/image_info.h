/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an image is, in facts that a program prints: no floor below has all of them. */
#ifndef CONVERT_IMAGE_INFO_H
#define CONVERT_IMAGE_INFO_H

#include "convert/image_rules.h"

struct info_subvolume {
	struct subvolume subvolume;
	char *path; /* from the top level, which is ""; NULL: it has no name */
	bool is_default;
};

struct image_info {
	struct filesystem *fs;
	struct survey survey; /* of all subvolumes */
	u8 chunk_uuid[BTRFS_UUID_SIZE];
	struct info_subvolume *subvolumes; /* by id, the top level first */
	size_t nr_subvolumes, capacity;
	/* whether tar2btrfs made it and no one wrote to it since: then ids of version 8 follow from
	 * the content, and times from the archive */
	bool is_untouched;
	struct image_rules rules;
};

/*
 * image_info_gather - read all that the struct has; @fs must stay open
 * Returns 0, or a negative errno after printing; image_info_release() in any case.
 */
int image_info_gather(struct filesystem *fs, struct image_info *info);
void image_info_release(struct image_info *info);

#endif
