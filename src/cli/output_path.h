/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the path of an output means: one of our descriptors, or a file. */
#ifndef CLI_OUTPUT_PATH_H
#define CLI_OUTPUT_PATH_H

#include "base/types.h"

#include <limits.h>

/*
 * output_path_resolve - follow symlinks in the last component of @path
 * @name: as given by the user, printable, for messages
 * @path: in and out; in the end no symlink, and maybe nothing at all
 * @fd:   set where the path means an open descriptor (/dev/stdout, /dev/fd/N, /proc/self/fd/N)
 * Returns 0, or a negative errno after printing.
 */
int output_path_resolve(const char *name, char path[PATH_MAX], int *fd);

#endif
