/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filesystem features of -O, with the names that mkfs.btrfs has for them. */
#ifndef CLI_FEATURES_H
#define CLI_FEATURES_H

#include "image/image.h"

/*
 * features_parse - read a comma-separated list; "^" in front of a name switches it off
 * @image: gets the defaults, changed by the list
 * @list_wanted: set to true if the list holds "list-all"
 * Returns 0, or -EINVAL after printing what was found and what is allowed.
 */
int features_parse(const char *list, struct image_options *image, bool *list_wanted);

/* features_default - what holds without -O */
void features_default(struct image_options *image);

/* features_check - whether those chosen go together; 0, or -EINVAL after printing */
int features_check(const struct image_options *image);

/* features_print - one line for each feature to stdout; errors of stdout are the caller's to find
 */
void features_print(void);

#endif
