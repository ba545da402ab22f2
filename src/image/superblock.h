/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGE_SUPERBLOCK_H
#define IMAGE_SUPERBLOCK_H

#include "blueprint.h"

/* superblock_fill - the superblock, not sealed; bytenr is that of the primary */
void superblock_fill(const struct blueprint *bp, struct btrfs_super_block *sb);

#endif
