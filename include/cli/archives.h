/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The archives that a run reads, all opened before anything is done. */
#ifndef CLI_ARCHIVES_H
#define CLI_ARCHIVES_H

#include "base/types.h"

#include <sys/stat.h>

struct archives {
	size_t nr;
	int *fds;           /* one each */
	const char **names; /* likewise, for messages */
};

/*
 * archives_open - open @nr files at @paths, which must stay valid; "-" is standard input
 * @directories: one may be a directory too
 * Returns 0, or a negative errno after printing; release with archives_close() in any case.
 */
int archives_open(const char *const *paths, size_t nr, bool directories, struct archives *archives);
void archives_close(struct archives *archives);

/* archives_hold - whether one of them is the file, or the block device, that @st is of */
bool archives_hold(const struct archives *archives, const struct stat *st);

/* archives_bytes - how many bytes all will give, or 0 if that cannot be known */
u64 archives_bytes(const struct archives *archives);

#endif
