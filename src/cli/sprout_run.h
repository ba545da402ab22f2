/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SPROUT_RUN_H
#define CLI_SPROUT_RUN_H

#include "options.h"

/* sprout_run - make a sprout, as run() makes an image; 0, or a negative errno after printing */
int sprout_run(const struct options *options);

#endif
