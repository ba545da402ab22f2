/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Back references of data extents. Most extents are used by one file item, which the producer of
 * the extent tree meets when it walks the tree. All further references are gathered here.
 */
#ifndef IMAGE_DATA_REFS_H
#define IMAGE_DATA_REFS_H

#include "image/data_ref.h"

struct blueprint;

/*
 * data_refs_gather - all references except the first of each extent
 * A file item in a shared leaf is a reference of the leaf's owner only.
 */
struct data_refs data_refs_gather(const struct blueprint *bp);

#endif
