/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a device has its superblocks. */
#ifndef DISK_SUPER_MIRROR_H
#define DISK_SUPER_MIRROR_H

#include "disk/format.h"

#define BTRFS_SUPER_MIRROR_1 (64ull << 20)
#define BTRFS_SUPER_MIRROR_2 (256ull << 30)

/* btrfs_sb_offset - physical offset of superblock number @mirror, 0 to BTRFS_SUPER_MIRROR_MAX - 1 */
static inline u64 btrfs_sb_offset(u32 mirror)
{
	static const u64 offsets[BTRFS_SUPER_MIRROR_MAX] = { BTRFS_SUPER_INFO_OFFSET,
							     BTRFS_SUPER_MIRROR_1,
							     BTRFS_SUPER_MIRROR_2 };
	return offsets[mirror];
}

/* btrfs_nr_supers - how many superblocks a device of @bytes has room for */
static inline u32 btrfs_nr_supers(u64 bytes)
{
	u32 nr = 0;
	while (nr < BTRFS_SUPER_MIRROR_MAX && btrfs_sb_offset(nr) + BTRFS_SUPER_INFO_SIZE <= bytes)
		nr++;
	return nr;
}

#endif
