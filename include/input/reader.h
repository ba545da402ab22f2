/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a tar or cpio archive, plain or packed, into the tree.
 *
 * libarchive parses; what it does not verify is guarded here. No child process, no
 * dlopen; names are bytes, whatever the locale.
 */
#ifndef INPUT_READER_H
#define INPUT_READER_H

#include "model/file_data.h"
#include "model/tree.h"

struct reader_options {
	bool keep_times;       /* atime, ctime and birth time count where the archive has them */
	bool skip_unsupported; /* what btrfs cannot hold is warned of instead of refused */
	bool fixed_time_set;
	struct timestamp fixed_time; /* every time becomes this */
	bool clamp_time_set;
	struct timestamp clamp_time; /* later times become this */
	u32 nodesize;                /* the limit of xattrs follows from it */
};

struct reader_counts {
	u64 members;
	u64 input_bytes; /* as read from the descriptor */
};

/*
 * reader_run - read the whole of @fd
 * @name:   of the archive, for messages; "-" is standard input
 * @counts: result, added to
 * Returns 0 when the archive was read to its end and is good; else a negative errno after printing
 * one line that names the member, what was found and what is allowed.
 */
int reader_run(int fd, const char *name, const struct reader_options *options, struct tree *tree,
	       struct file_data *file_data, struct reader_counts *counts);

#endif
