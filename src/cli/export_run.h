/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of btrfs2tar. */
#ifndef CLI_EXPORT_RUN_H
#define CLI_EXPORT_RUN_H

#include "export_options.h"

/* export_run - from open files to a complete output; 0, or a negative errno after printing */
int export_run(const struct export_command *command);

#endif
