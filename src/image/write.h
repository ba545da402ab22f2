/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of an image on their way out. The blueprint is final and the ids are known, but for
 * write_data() and write_backward(): data does not depend on ids. All functions return 0 or a
 * negative errno after printing.
 */
#ifndef IMAGE_WRITE_H
#define IMAGE_WRITE_H

#include "blueprint.h"
#include "image/emit.h"

/* ---- write_trees.c */

/* write_trees - all tree blocks, sealed; with DUP both copies of each chunk */
int write_trees(struct emit *emit, const struct blueprint *bp);

/* ---- write_data.c */

/* write_data - the stored bytes of blobs [@first, @end), at ascending positions */
int write_data(struct emit *emit, const struct blueprint *bp, size_t first, size_t end);

/* ---- write_backward.c */

/* write_may_be_backward - whether this image and this output allow write_backward() */
bool write_may_be_backward(const struct blueprint *bp, const struct image_output *output);

/*
 * write_backward - all data, from the end of the image to its beginning; then the output is at
 * position 0. The data spool is consumed.
 */
int write_backward(const struct blueprint *bp, const struct image_output *output);

/* write_around_data - after write_backward(): the superblock copies among the data */
int write_around_data(struct emit *emit, const struct blueprint *bp);

#endif
