/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The archives or images that a run reads. All are opened before anything is done. */
#ifndef CLI_ARCHIVES_H
#define CLI_ARCHIVES_H

#include "sandbox.h"

#include "convert/convert.h"

#include <sys/stat.h>

struct archives {
	struct convert_input *inputs;
	size_t nr;
	const char *role; /* what a message calls one of them; set by the caller */
};

enum archives_kind {
	ARCHIVES_PLAIN,
	ARCHIVES_OCI,        /* a directory is allowed too */
	ARCHIVES_FILESYSTEM, /* regular files and block devices only */
};

/*
 * archives_open - open @nr files at @paths, which must stay valid; "-" is standard input
 * Returns 0, or a negative errno after printing; release with archives_close() in any case.
 */
int archives_open(const char *const *paths, size_t nr, enum archives_kind kind,
		  struct archives *archives);
void archives_close(struct archives *archives);

/* archives_hold - whether @st is the status of one of these files or block devices, or of a loop
 * device on one */
bool archives_hold(const struct archives *archives, const struct stat *st);

/* archives_bytes - how many bytes all will give, or 0 if that cannot be known */
u64 archives_bytes(const struct archives *archives);

/* archives_allow - let the files in archives that are directories be opened */
void archives_allow(const struct archives *archives, struct sandbox *sandbox);

#endif
