/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGE_SIZING_H
#define IMAGE_SIZING_H

#include "blueprint.h"

/*
 * sizing_settle - decide which trees there are, their shapes, all addresses and the image's size
 * @bp:      options, tree and content are set, all else is zero; release with blueprint_release()
 * @content: the same content: the layout sets blob.logical, no other member
 * Returns 0 or a negative errno after printing.
 */
int sizing_settle(struct blueprint *bp, struct content *content);

#endif
