/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --info: what an image is, as a table or as JSON. */
#ifndef CLI_EXPORT_INFO_H
#define CLI_EXPORT_INFO_H

#include "export_options.h"

#include "read/filesystem.h"

#include <stdio.h>

/*
 * export_info - print to @out
 * @devices: in the order of the filesystem's, for their names
 * Returns 0, or a negative errno after printing.
 */
int export_info(struct filesystem *fs, const struct export_command *command,
		const struct filesystem_device *devices, FILE *out, const char *name);

#endif
