/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where images, archives and reports go: standard output, a file that appears complete or not
 * at all, or a device or pipe that is written in place.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "archives.h"
#include "sandbox.h"

#include "base/types.h"

/* All outputs of a run. */
struct outputs;
struct output;

enum output_kind {
	OUTPUT_IMAGE,   /* not to a terminal */
	OUTPUT_ARCHIVE, /* neither to a terminal nor to a block device */
	OUTPUT_TEXT,    /* may go to a terminal, not to a block device */
};

/*
 * outputs_new - no output yet
 * @archives: no output may be one of these files
 * @others: the same, or NULL
 */
struct outputs *outputs_new(const struct archives *archives, const struct archives *others);

/* outputs_free - close all; files without a commit are unchanged; NULL is fine */
void outputs_free(struct outputs *all);

/*
 * output_open - prepare one more destination, before any work is done
 * @path: "-" is standard output; @kind says what is refused
 * A regular file is not touched until outputs_commit(): an unnamed file in its directory is written.
 * Symlinks are followed; /dev/stdout and /dev/fd/N mean the descriptor. An archive is refused, and
 * the file of another output if both would be lost or mixed. Returns 0, or a negative errno after
 * printing.
 */
int output_open(struct outputs *all, const char *path, enum output_kind kind,
		struct output **output);

/*
 * output_begin - check that the image fits, before its first byte
 * @image_bytes:  with all holes, for devices
 * @needed_bytes: without them, for new files
 * Where a filesystem may share or compress blocks, too little room is a warning only. Returns 0, or
 * a negative errno after printing.
 */
int output_begin(struct output *output, u64 image_bytes, u64 needed_bytes);

/* output_name - as given, printable */
const char *output_name(const struct output *output);

/* output_fd - where to write */
int output_fd(const struct output *output);

/* output_is_new - whether the descriptor is an empty file: zeros may become holes */
bool output_is_new(const struct output *output);

/* output_is_seekable - whether it may be written in any order: a file whose offset is its end */
bool output_is_seekable(const struct output *output);

/* outputs_allow - let files be made in the directories of the opened outputs */
void outputs_allow(const struct outputs *outputs, struct sandbox *sandbox);

/*
 * outputs_commit - all are complete: sync them and put them in place, in the order of output_open()
 * A signal leaves all old files or all new ones. A device's stale superblock mirrors beyond
 * @image_bytes are zeroed. Returns 0, or a negative errno after printing.
 */
int outputs_commit(struct outputs *all, u64 image_bytes);

#endif
