/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef READ_FEATURE_NAMES_H
#define READ_FEATURE_NAMES_H

#include "base/types.h"

/*
 * incompat_feature_name, compat_ro_feature_name - a feature by the one bit of the superblock's field
 * As btrfs-progs calls it, in lower case with dashes; NULL if it is not known.
 */
const char *incompat_feature_name(u64 bit);
const char *compat_ro_feature_name(u64 bit);

#endif
