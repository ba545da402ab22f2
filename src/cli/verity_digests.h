/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_VERITY_DIGESTS_H
#define CLI_VERITY_DIGESTS_H

#include "model/verity.h"

#include <stdio.h>

/*
 * verity_digests_print - a line for each name of a file with fs-verity, in the order of the tree
 * It is what `fsverity digest` prints of the path from the root on. If a name has a backslash or a
 * newline, these are escaped, and the line begins with a backslash, as sha256sum does. The caller
 * checks @out for errors.
 */
void verity_digests_print(const struct tree *tree, const struct verity *verity, FILE *out);

#endif
