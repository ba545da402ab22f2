/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGE_SUPERBLOCK_H
#define IMAGE_SUPERBLOCK_H

#include "blueprint.h"

/* superblock_fill - the superblock, not sealed; bytenr is that of the primary */
void superblock_fill(const struct blueprint *bp, struct btrfs_super_block *sb);

/*
 * superblock_copies - the superblock and its mirrors, as far as the image is long enough, sealed
 * @supers: result: up to BTRFS_SUPER_MIRROR_MAX, ascending by bytenr. Returns how many there are.
 */
u32 superblock_copies(const struct blueprint *bp, struct btrfs_super_block *supers);

#endif
