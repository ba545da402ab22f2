/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The superblock of one device, chosen among its copies. */
#ifndef READ_SUPER_READ_H
#define READ_SUPER_READ_H

#include "read/filesystem.h"

/*
 * super_read - the newest good copy
 * @warns: a warning tells of a bad first copy
 * Returns 0, or a negative errno after printing.
 */
int super_read(const struct filesystem_device *device, bool warns, struct btrfs_super_block *super);

/* super_check - refuse what this program cannot read; 0, or a negative errno after printing */
int super_check(const struct filesystem_device *device, const struct btrfs_super_block *super);

/* super_csum_type - of a superblock that super_read() returned */
static inline enum btrfs_csum_type super_csum_type(const struct btrfs_super_block *super)
{
	return (enum btrfs_csum_type)from_le16(super->csum_type);
}

/* super_block_fsid - the id in the headers of the tree blocks on this device */
const u8 *super_block_fsid(const struct btrfs_super_block *super);

#endif
