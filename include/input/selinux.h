/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SELinux labels from a file_contexts file. libselinux matches the paths, if the program was built
 * with it. */
#ifndef INPUT_SELINUX_H
#define INPUT_SELINUX_H

#include "model/tree.h"

struct selinux_labels;

/* selinux_available - whether the program was built with libselinux */
bool selinux_available(void);

/*
 * selinux_open - read @path, a regular file, and those files that libselinux adds to it
 * They are @path.local, .homedirs, .subs and .subs_dist; a newer @path.bin replaces @path.
 * Returns 0, or a negative errno after printing. Release with selinux_close().
 */
int selinux_open(const char *path, struct selinux_labels **labels);

/*
 * selinux_apply - label all inodes of @tree, after tree_finish()
 * @labels: NULL for none
 * An inode that no line of the file names keeps its label. Returns 0, or a negative errno after
 * printing.
 */
int selinux_apply(struct selinux_labels *labels, struct tree *tree);

void selinux_close(struct selinux_labels *labels);

#endif
