/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "superblock.h"

#include "disk/checksum.h"
#include "disk/super_mirror.h"
#include "items.h"
#include "model/verity.h"

static u64 incompat_flags(const struct blueprint *bp)
{
	u64 flags = BTRFS_FEATURE_INCOMPAT_MIXED_BACKREF | BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF |
		    BTRFS_FEATURE_INCOMPAT_SKINNY_METADATA | BTRFS_FEATURE_INCOMPAT_NO_HOLES |
		    bp->codec_flags;
	if (bp->options.nodesize > BTRFS_SECTORSIZE)
		flags |= BTRFS_FEATURE_INCOMPAT_BIG_METADATA;
	if (bp->options.grows_on)
		flags |= bp->options.grows_on->incompat_flags &
			 ~(u64)BTRFS_FEATURE_INCOMPAT_DEFAULT_SUBVOL;
	if (tree_default_subvol(bp->tree)->id != BTRFS_FS_TREE_OBJECTID)
		flags |= BTRFS_FEATURE_INCOMPAT_DEFAULT_SUBVOL;
	return flags;
}

static u64 compat_ro_flags(const struct blueprint *bp)
{
	u64 flags = 0;
	if (bp->options.free_space_tree)
		flags |= BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE |
			 BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE_VALID;
	if (bp->options.block_group_tree)
		flags |= BTRFS_FEATURE_COMPAT_RO_BLOCK_GROUP_TREE;
	if (verity_nr_files(bp->content->verity))
		flags |= BTRFS_FEATURE_COMPAT_RO_VERITY;
	return flags;
}

static const struct planned_tree *find_tree(const struct blueprint *bp, u64 id)
{
	u32 i = 0;
	while (bp->trees[i].id != id) {
		i++;
		assert(i < bp->nr_trees); /* every image has this tree */
	}
	return &bp->trees[i];
}

void superblock_fill(const struct blueprint *bp, struct btrfs_super_block *sb)
{
	const struct planned_tree *root = find_tree(bp, BTRFS_ROOT_TREE_OBJECTID);
	const struct planned_tree *chunk = find_tree(bp, BTRFS_CHUNK_TREE_OBJECTID);
	const struct layout_device device = blueprint_device(bp);
	const struct image_seed *seed = bp->options.grows_on;
	u64 bytes_used = seed ? seed->bytes_used(seed->context) : 0;
	for (size_t i = 0; i < bp->layout.nr_chunks; i++)
		bytes_used += bp->layout.chunks[i].used;

	*sb = (struct btrfs_super_block){
		.bytenr = to_le64(BTRFS_SUPER_INFO_OFFSET),
		.flags = to_le64(BTRFS_HEADER_FLAG_WRITTEN |
				 (bp->options.seed ? BTRFS_SUPER_FLAG_SEEDING : 0)),
		.generation = to_le64(bp->generation),
		.root = to_le64(planned_tree_root(bp, root)),
		.chunk_root = to_le64(planned_tree_root(bp, chunk)),
		.total_bytes = to_le64(bp->total_bytes + (seed ? seed->total_bytes : 0)),
		.bytes_used = to_le64(bytes_used),
		.root_dir_objectid = to_le64(BTRFS_ROOT_TREE_DIR_OBJECTID),
		.num_devices = to_le64(seed ? (u64)seed->nr_devices + 1 : 1),
		.sectorsize = to_le32(BTRFS_SECTORSIZE),
		.nodesize = to_le32(bp->options.nodesize),
		.unused_leafsize = to_le32(bp->options.nodesize),
		.stripesize = to_le32(BTRFS_SECTORSIZE),
		.chunk_root_generation = to_le64(bp->generation),
		.compat_ro_flags = to_le64(compat_ro_flags(bp)),
		.incompat_flags = to_le64(incompat_flags(bp)),
		.csum_type = to_le16((u16)bp->options.csum),
		.root_level = root->shape.level,
		.chunk_root_level = chunk->shape.level,
		.dev_item = chunk_item_device(&device, &bp->layout),
		.uuid_tree_generation = to_le64(bp->generation),
	};
	memcpy(sb->magic, BTRFS_MAGIC, sizeof(sb->magic));
	memcpy(sb->fsid, bp->ids.block.fsid, sizeof(sb->fsid));
	memcpy(sb->label, bp->options.label, sizeof(sb->label));
	sb->sys_chunk_array_size =
		to_le32(chunk_item_array(&device, &bp->layout, sb->sys_chunk_array));
}

u32 superblock_copies(const struct blueprint *bp, struct btrfs_super_block *supers)
{
	const u32 nr_copies = btrfs_nr_supers(bp->total_bytes);
	for (u32 nr = 0; nr < nr_copies; nr++) {
		superblock_fill(bp, &supers[nr]);
		supers[nr].bytenr = to_le64(btrfs_sb_offset(nr));
		seal_block(bp->options.csum, &supers[nr], sizeof(supers[nr]));
	}
	return nr_copies;
}
