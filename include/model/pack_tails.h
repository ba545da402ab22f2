/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ends of files and small files share compressed extents. Each begins at a sector of its
 * pack, so that a file extent can lead there; the zeros between compress to nothing.
 */
#ifndef MODEL_PACK_TAILS_H
#define MODEL_PACK_TAILS_H

#include "model/file_data.h"
#include "model/tree.h"

/* Choices for --pack-tails: more is decompressed to read one small file, less compresses worse. */
#define PACK_MIN_BYTES (2 * BTRFS_SECTORSIZE)
#define PACK_MAX_BYTES BTRFS_MAX_COMPRESSED

/*
 * pack_tails - put all tails of the tree's files into packs, through @fd
 * @pack_bytes: the most that a pack holds, uncompressed, PACK_MIN_BYTES to PACK_MAX_BYTES
 * The tree is finished and its rules are applied; @fd is flushed before and after. Returns 0 or a
 * negative errno after printing.
 */
int pack_tails(struct file_data *data, struct content *content, const struct tree *tree,
	       u32 pack_bytes);

#endif
