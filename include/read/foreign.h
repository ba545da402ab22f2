/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What no image of ours has, but filesystems of others. */
#ifndef READ_FOREIGN_H
#define READ_FOREIGN_H

#include "disk/format.h"

/* struct btrfs_chunk: type */
#define BTRFS_BLOCK_GROUP_RAID0 (1ull << 3)
#define BTRFS_BLOCK_GROUP_RAID1 (1ull << 4)
#define BTRFS_BLOCK_GROUP_RAID10 (1ull << 6)
#define BTRFS_BLOCK_GROUP_RAID5 (1ull << 7)
#define BTRFS_BLOCK_GROUP_RAID6 (1ull << 8)
#define BTRFS_BLOCK_GROUP_RAID1C3 (1ull << 9)
#define BTRFS_BLOCK_GROUP_RAID1C4 (1ull << 10)

/* struct btrfs_super_block: incompat_flags */
#define BTRFS_FEATURE_INCOMPAT_MIXED_GROUPS (1ull << 2)
#define BTRFS_FEATURE_INCOMPAT_RAID56 (1ull << 7)
#define BTRFS_FEATURE_INCOMPAT_METADATA_UUID (1ull << 10)
#define BTRFS_FEATURE_INCOMPAT_RAID1C34 (1ull << 11)
#define BTRFS_FEATURE_INCOMPAT_ZONED (1ull << 12)
#define BTRFS_FEATURE_INCOMPAT_EXTENT_TREE_V2 (1ull << 13)
#define BTRFS_FEATURE_INCOMPAT_RAID_STRIPE_TREE (1ull << 14)
#define BTRFS_FEATURE_INCOMPAT_SIMPLE_QUOTA (1ull << 16)

/* struct btrfs_super_block: compat_ro_flags */

/* The last id that a subvolume or inode can have. */
#define BTRFS_LAST_FREE_OBJECTID ((u64)-256)

/* Old kernels wrote the fields up to here. */
#define BTRFS_ROOT_ITEM_OLD_SIZE offsetof(struct btrfs_root_item, generation_v2)
static_assert(BTRFS_ROOT_ITEM_OLD_SIZE == 239, "btrfs_root_item of old kernels");

#endif
