/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tails (ends of files, and small files) share compressed extents. Each tail begins at a sector of
 * its pack, so that a file extent can refer to it; the zeros between tails compress to nothing.
 */
#ifndef MODEL_PACK_TAILS_H
#define MODEL_PACK_TAILS_H

#include "model/file_data.h"
#include "model/tree.h"

/* The range of @pack_bytes: the kernel decompresses a whole pack to read one small file, and small
 * packs compress worse. */
#define PACK_MIN_BYTES (2 * BTRFS_SECTORSIZE)
#define PACK_MAX_BYTES BTRFS_MAX_COMPRESSED

/*
 * pack_tails - put all tails of the tree's files into packs, through @data
 * @pack_bytes: the most that a pack holds, uncompressed, PACK_MIN_BYTES to PACK_MAX_BYTES
 * The tree is finished and its rules are applied; @data is flushed before and after. Returns 0 or
 * a negative errno after printing.
 */
int pack_tails(struct file_data *data, struct content *content, const struct tree *tree,
	       u32 pack_bytes);

#endif
