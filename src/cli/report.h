/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of a run: digests, the manifest, figures.
 *
 * All files are opened before any work is done and appear when the image is complete. A run that
 * fails creates and changes none.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "options.h"
#include "output.h"

struct report;

/*
 * report_check - whether no two files have one name; 0, or -EINVAL after printing
 * @image_path: as given with -o; "-" is standard output
 * Different names may still mean one file; output_open() refuses that.
 */
int report_check(const struct report_options *options, const char *image_path);

/*
 * report_open - open the files, which are among @outputs; the run begins now
 * @options: must outlive the result; so must @image_path, the image's name in digests
 * Returns 0, or a negative errno after printing.
 */
int report_open(const struct report_options *options, const char *image_path,
		struct outputs *outputs, struct report **report);

/* report_digest - the sum that the bytes of the image are added to, or NULL without --digest */
struct sha256 *report_digest(struct report *report);

/* report_tree - write what follows from the tree; before anything of the image is written */
int report_tree(struct report *report, const struct tree *tree, const struct content *content);

/* report_image - write what follows from the image; before it is put in place */
int report_image(struct report *report);

/* report_figures - the image is written: print the figures of the run, if they are wanted */
int report_figures(struct report *report, const struct convert *convert);

/* report_close - release all but the files, which @outputs keeps; NULL is fine */
void report_close(struct report *report);

#endif
