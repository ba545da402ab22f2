/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of data: that of the tree's files. The position of a blob is that of the first file
 * extent, in tree order, that refers to it. So the image does not show which copy of equal data
 * came first.
 */
#ifndef MODEL_BLOB_ORDER_H
#define MODEL_BLOB_ORDER_H

#include "model/content.h"
#include "model/tree.h"

/*
 * blob_order_apply - sort content.blobs by their first use, drop the unused ones, join
 * plain blobs that follow each other in a file: one extent of at most MAX_PLAIN_EXTENT bytes
 * The last step of the model, after pack_tails() and before image_plan().
 * @content: flushed; nothing is added to it afterwards
 * @tree:    finished; every inode has file extents of its own
 */
void blob_order_apply(struct content *content, const struct tree *tree);

#endif
