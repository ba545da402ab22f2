/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filesystem features of -O, by the names that mkfs.btrfs has for them. */
#ifndef CLI_FEATURES_H
#define CLI_FEATURES_H

#include "options.h"

/*
 * features_parse - the value of -O: a comma-separated list; "^" before a name switches it off
 * The list changes the defaults. Returns 0, -EINVAL after printing, or 1 if the list holds
 * "list-all": then one line for each feature is on standard output.
 */
int features_parse(struct options *options, const char *list);

/* features_default - what holds without -O */
void features_default(struct image_options *image);

/* features_check - whether the chosen features fit together; 0, or -EINVAL after printing */
int features_check(const struct image_options *image);

#endif
