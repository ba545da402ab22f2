/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A btrfs image as it is becomes a tree: what export_member.h gives is entered as members. */
#ifndef CONVERT_IMPORT_H
#define CONVERT_IMPORT_H

#include "convert/convert.h"

/*
 * import_image - enter the subvolumes that options->source names, and where other ones are
 * @tree: made with these options
 * @counts: result, added to; bytes are those of files
 * Returns 0, or a negative errno after printing: what is damaged or not supported, or has more
 * entries or bytes than the options allow.
 */
int import_image(const struct convert_input *image, const struct convert_options *options,
		 struct tree *tree, struct file_data *data, struct reader_counts *counts);

#endif
