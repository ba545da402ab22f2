/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way back: from a filesystem to a tar archive, a listing, or one file's bytes. */
#ifndef CONVERT_EXPORT_H
#define CONVERT_EXPORT_H

#include "read/filesystem.h"

#include <stdio.h>

/* What of a filesystem is wanted. */
struct export_options {
	u64 subvolume;            /* id; paths begin at its root directory */
	const char *const *paths; /* these and what is below them; none: all */
	size_t nr_paths;
	u32 threads;     /* that read data, at least 1; output does not depend on it */
	bool keep_times; /* atime, ctime and birth time too */
	bool is_exact;   /* sockets are members, and a subvolume inside is an empty directory with
			    the number WALK_EMPTY_INO; of export_members alone */
};

/* All return 0, or a negative errno after printing. @name: of the output, for messages. */

/* export_tar - write a pax archive to @fd */
int export_tar(struct filesystem *fs, const struct export_options *options, int fd,
	       const char *name);

/*
 * export_list - write what the archive would hold to @out, a line a member, as `tar -t` does
 * @is_long: as `tar -tv --numeric-owner --utc` does
 */
int export_list(struct filesystem *fs, const struct export_options *options, bool is_long,
		FILE *out, const char *name);

/* export_cat - write the bytes of a file, whose path is the only one, to @fd */
int export_cat(struct filesystem *fs, const struct export_options *options, int fd,
	       const char *name);

#endif
