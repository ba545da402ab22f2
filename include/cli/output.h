/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the image goes: standard output, a file that appears complete or not
 * at all, or a device or pipe that is written in place.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/types.h"

struct output;

enum output_kind {
	OUTPUT_IMAGE,
	OUTPUT_TEXT, /* may go to a terminal, not to a block device */
};

/*
 * output_open - prepare the destination, before any work is done
 * @path:       as given with -o, or NULL for standard output; a terminal is refused for images
 * @archive_fd: the input; a @path that is the same file is refused
 * A regular or new file is not touched until output_commit(): an unnamed file beside it is written.
 * A symlink is followed; /dev/stdout and /dev/fd/N mean that descriptor. Returns 0, or a negative
 * errno after printing.
 */
int output_open(const char *path, enum output_kind kind, int archive_fd, struct output **output);

/* output_begin - check that @image_bytes fit (devices); 0, or a negative errno after printing */
int output_begin(struct output *output, u64 image_bytes);

/* output_fd - where to write; *@sparse says whether zeros may become holes */
int output_fd(const struct output *output, bool *sparse);

/*
 * output_commit - the image is complete: sync it and put it in place
 * A device's stale superblock mirrors beyond @image_bytes are zeroed.
 * Returns 0, or a negative errno after printing.
 */
int output_commit(struct output *output, u64 image_bytes);

/* output_close - release; without a commit before, the file named by @path is as it was */
void output_close(struct output *output);

#endif
