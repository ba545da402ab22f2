/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEND_MATCH_H
#define SEND_MATCH_H

#include "diff.h"

/*
 * match_inodes - find the pairs of a diff that has none
 * By path, then by content that is there once on each side, then for directories by what they
 * hold, and last by path with any content. Returns 0, or a negative errno after printing: a
 * spool cannot be read.
 */
int match_inodes(struct diff *diff);

#endif
