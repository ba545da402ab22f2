/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trees.h"

#include "items.h"

static bool wants_free_space_tree(const struct image_options *options)
{
	return options->free_space_tree;
}

static bool wants_block_group_tree(const struct image_options *options)
{
	return options->block_group_tree;
}

/* The chunk tree first, then by id. */
static const struct tree_kind tree_kinds[] = {
	{ .name = "chunk", .id = BTRFS_CHUNK_TREE_OBJECTID, .produce = produce_chunk_tree },
	{ .name = "root",
	  .id = BTRFS_ROOT_TREE_OBJECTID,
	  .produce = produce_root_tree,
	  .fixed = true },
	{ .name = "extent", .id = BTRFS_EXTENT_TREE_OBJECTID, .produce = produce_extent_tree },
	{ .name = "device", .id = BTRFS_DEV_TREE_OBJECTID, .produce = produce_dev_tree },
	{ .name = "fs", .id = BTRFS_FS_TREE_OBJECTID, .fixed = true },
	{ .name = "checksum", .id = BTRFS_CSUM_TREE_OBJECTID, .produce = produce_csum_tree },
	{ .name = "uuid",
	  .id = BTRFS_UUID_TREE_OBJECTID,
	  .produce = produce_uuid_tree,
	  .fixed = true },
	{ .name = "free-space",
	  .id = BTRFS_FREE_SPACE_TREE_OBJECTID,
	  .produce = produce_free_space_tree,
	  .wanted = wants_free_space_tree },
	{ .name = "block-group",
	  .id = BTRFS_BLOCK_GROUP_TREE_OBJECTID,
	  .produce = produce_block_group_tree,
	  .wanted = wants_block_group_tree },
	{ .name = "subvolumes", .id = BTRFS_FIRST_FREE_OBJECTID, .fixed = true },
	{ .name = "data-reloc",
	  .id = BTRFS_DATA_RELOC_TREE_OBJECTID,
	  .produce = produce_data_reloc_tree,
	  .fixed = true },
};
#define NR_KINDS (sizeof(tree_kinds) / sizeof(tree_kinds[0]))

void trees_choose(struct blueprint *bp)
{
	bp->trees = xzalloc((NR_KINDS + bp->nr_subvols) * sizeof(*bp->trees));
	for (u32 i = 0; i < NR_KINDS; i++) {
		const struct tree_kind *kind = &tree_kinds[i];
		u32 first = 0, end = 1;
		if (kind->wanted && !kind->wanted(&bp->options))
			continue;
		if (kind->id == BTRFS_FIRST_FREE_OBJECTID) {
			bp->first_subvol_tree = bp->nr_trees;
			first = 1;
			end = bp->nr_subvols;
		}
		for (u32 nr = first; nr < end; nr++)
			bp->trees[bp->nr_trees++] = (struct planned_tree){
				.kind = kind,
				.id = kind->produce ? kind->id : bp->subvols[nr].id,
				.is_subvol = !kind->produce,
				.subvol = nr,
			};
	}
}

int trees_produce(const struct blueprint *bp, const struct planned_tree *tree,
		  const struct block_sink *sink, struct tree_shape *shape)
{
	struct tree_writer_options options = {
		.layout = bp->is_placed ? &bp->layout : NULL,
		.system = planned_tree_is_system(tree),
		.owner = tree->id,
		.first_block = tree->first_block,
		.generation = bp->generation,
		.shared = tree->shared,
		.nr_shared = tree->nr_shared,
		.ids = &bp->ids.block,
		.sink = sink,
	};
	struct tree_writer *tw = tree_writer_new(&options, bp->options.nodesize);
	int err = tree->is_subvol ? produce_fs_tree(bp, &bp->subvols[tree->subvol], tw)
				  : tree->kind->produce(bp, tw);
	if (!err)
		err = tree_writer_finish(tw, shape);
	tree_writer_free(tw);
	return err;
}

int trees_produce_all(const struct blueprint *bp, const struct block_sink *sink)
{
	for (u32 i = 0; i < bp->nr_trees; i++) {
		struct tree_shape shape;
		int err = trees_produce(bp, &bp->trees[i], sink, &shape);
		if (err)
			return err;
		assert(tree_writer_shape_equal(&shape, &bp->trees[i].shape));
	}
	return 0;
}
