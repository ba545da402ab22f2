/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SELinux labels from a file_contexts file, by libselinux's matching if it was there at build. */
#ifndef INPUT_SELINUX_H
#define INPUT_SELINUX_H

#include "model/tree.h"

struct selinux_labels;

/* selinux_available - whether the program was built with libselinux */
bool selinux_available(void);

/*
 * selinux_open - read @path, and what libselinux reads beside it (@path.local, .homedirs, .subs,
 * .subs_dist, and @path.bin instead of it where that is newer)
 * Returns 0, or a negative errno after printing. Release with selinux_close().
 */
int selinux_open(const char *path, struct selinux_labels **labels);

/* selinux_apply - label all of @tree, which is finished; what no rule names keeps its label */
int selinux_apply(struct selinux_labels *labels, struct tree *tree);

void selinux_close(struct selinux_labels *labels);

#endif
