/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of --onto, with names for messages. */
#ifndef CLI_SEED_FILES_H
#define CLI_SEED_FILES_H

#include "archives.h"

#include "read/filesystem.h"

struct seed_files {
	struct filesystem_device *list;
	u32 nr;
	char *names;
};

/* seed_files_open - of @archives, which are open and stay so; release with seed_files_release() */
void seed_files_open(struct seed_files *files, const struct archives *archives);
void seed_files_release(struct seed_files *files); /* zeros are fine */

#endif
