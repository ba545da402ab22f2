/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/feature_names.h"
#include "read/foreign.h"

#include "disk/fsverity.h"

struct feature_name {
	u64 bit;
	const char *name;
};

static const struct feature_name incompat[] = {
	{ BTRFS_FEATURE_INCOMPAT_MIXED_BACKREF, "mixed-backref" },
	{ BTRFS_FEATURE_INCOMPAT_DEFAULT_SUBVOL, "default-subvol" },
	{ BTRFS_FEATURE_INCOMPAT_MIXED_GROUPS, "mixed-groups" },
	{ BTRFS_FEATURE_INCOMPAT_COMPRESS_LZO, "compress-lzo" },
	{ BTRFS_FEATURE_INCOMPAT_COMPRESS_ZSTD, "compress-zstd" },
	{ BTRFS_FEATURE_INCOMPAT_BIG_METADATA, "big-metadata" },
	{ BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF, "extended-iref" },
	{ BTRFS_FEATURE_INCOMPAT_RAID56, "raid56" },
	{ BTRFS_FEATURE_INCOMPAT_SKINNY_METADATA, "skinny-metadata" },
	{ BTRFS_FEATURE_INCOMPAT_NO_HOLES, "no-holes" },
	{ BTRFS_FEATURE_INCOMPAT_METADATA_UUID, "metadata-uuid" },
	{ BTRFS_FEATURE_INCOMPAT_RAID1C34, "raid1c34" },
	{ BTRFS_FEATURE_INCOMPAT_ZONED, "zoned" },
	{ BTRFS_FEATURE_INCOMPAT_EXTENT_TREE_V2, "extent-tree-v2" },
	{ BTRFS_FEATURE_INCOMPAT_RAID_STRIPE_TREE, "raid-stripe-tree" },
	{ BTRFS_FEATURE_INCOMPAT_SIMPLE_QUOTA, "simple-quota" },
	{ 0, NULL },
};

static const struct feature_name compat_ro[] = {
	{ BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE, "free-space-tree" },
	{ BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE_VALID, "free-space-tree-valid" },
	{ BTRFS_FEATURE_COMPAT_RO_VERITY, "verity" },
	{ BTRFS_FEATURE_COMPAT_RO_BLOCK_GROUP_TREE, "block-group-tree" },
	{ 0, NULL },
};

static const char *find_feature_name(const struct feature_name *list, u64 bit)
{
	while (list->name && list->bit != bit)
		list++;
	return list->name;
}

const char *incompat_feature_name(u64 bit)
{
	return find_feature_name(incompat, bit);
}

const char *compat_ro_feature_name(u64 bit)
{
	return find_feature_name(compat_ro, bit);
}
