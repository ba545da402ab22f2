/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizing. The extent tree and the free space tree describe blocks that are their
 * own, and data moves when trees grow. So sizing repeats until nothing changes: room
 * for tree blocks only ever grows from round to round, and what turns out to be
 * spare is free space at the end of the METADATA chunks.
 */
#include "plan.h"

#include "base/diag.h"
#include "disk/codec.h"
#include "model/blob_order.h"

#define MAX_ROUNDS 100 /* a handful is needed; more is a bug */

/* With less room a writable mount's first transaction may abort (tried on kernel 6.18). */
#define WRITABLE_ROOM (48ull << 20)

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

static void choose_trees(struct plan *plan)
{
	plan->trees = xzalloc((NR_KINDS + plan->nr_subvols) * sizeof(*plan->trees));
	for (u32 i = 0; i < NR_KINDS; i++) {
		const struct tree_kind *kind = &tree_kinds[i];
		u32 first = 0, end = 1;
		if (kind->wanted && !kind->wanted(&plan->options))
			continue;
		if (kind->id == BTRFS_FIRST_FREE_OBJECTID) {
			plan->first_subvol_tree = plan->nr_trees;
			first = 1;
			end = plan->nr_subvols;
		}
		for (u32 nr = first; nr < end; nr++)
			plan->trees[plan->nr_trees++] = (struct planned_tree){
				.kind = kind,
				.id = kind->produce ? kind->id : plan->subvols[nr].id,
				.subvol = nr,
			};
	}
}

static void find_codec_flags(struct plan *plan)
{
	bool used[256] = { false };
	plan->codec_flags = tree_property_features(plan->tree);
	for (size_t i = 0; i < plan->content->nr_blobs; i++)
		used[plan->content->blobs[i].compression] = true;
	for (const struct codec *const *codec = codec_table; *codec; codec++)
		if (used[(*codec)->type])
			plan->codec_flags |= (*codec)->incompat_flag;
}

int plan_run_producer(const struct plan *plan, const struct planned_tree *tree,
		      const struct block_sink *sink, struct tree_shape *shape)
{
	struct tree_writer_options options = {
		.layout = plan->is_placed ? &plan->layout : NULL,
		.system = plan_tree_is_system(tree),
		.owner = tree->id,
		.first_block = tree->first_block,
		.shared = tree->shared,
		.nr_shared = tree->nr_shared,
		.ids = &plan->ids.block,
		.sink = sink,
	};
	struct tree_writer *tw = tree_writer_new(&options, plan->options.nodesize);
	int err = plan_tree_is_subvol(tree)
			  ? produce_fs_tree(plan, &plan->subvols[tree->subvol], tw)
			  : tree->kind->produce(plan, tw);
	if (!err)
		err = tree_writer_finish(tw, shape);
	tree_writer_free(tw);
	return err;
}

static int measure(struct plan *plan, bool fixed, bool *changed)
{
	for (u32 i = 0; i < plan->nr_trees; i++) {
		struct planned_tree *tree = &plan->trees[i];
		struct tree_shape shape;
		if (tree->kind->fixed != fixed)
			continue;
		int err = plan_run_producer(plan, tree, NULL, &shape);
		if (err)
			return err;
		if (!tree_shape_equal(&shape, &tree->shape))
			*changed = true;
		tree->shape = shape;
	}
	return 0;
}

/* Number the blocks of all trees as they are shaped now. */
static void stack_trees(struct plan *plan, u64 *system_blocks, u64 *metadata_blocks)
{
	*system_blocks = 0;
	*metadata_blocks = 0;
	for (u32 i = 0; i < plan->nr_trees; i++) {
		struct planned_tree *tree = &plan->trees[i];
		u64 *count = plan_tree_is_system(tree) ? system_blocks : metadata_blocks;
		tree->first_block = *count;
		*count += tree->shape.total;
	}
}

static int settle(struct plan *plan)
{
	u64 system_room = 1, metadata_room = 1, system_blocks, metadata_blocks;
	bool changed = true;
	int err = measure(plan, true, &changed);
	for (u32 i = 0; i < plan->nr_trees; i++)
		if (!plan->trees[i].kind->fixed)
			plan->trees[i].shape =
				(struct tree_shape){ .nr_blocks = { 1 }, .total = 1 };

	for (u32 round = 0; !err && changed; round++) {
		assert(round < MAX_ROUNDS);
		changed = false;
		stack_trees(plan, &system_blocks, &metadata_blocks);
		system_room = max_u64(system_room, system_blocks);
		metadata_room = max_u64(metadata_room, metadata_blocks);
		layout_place(&plan->layout, plan->options.nodesize, plan->options.dup, system_room,
			     metadata_room, plan->content);
		layout_set_used(&plan->layout, system_blocks, metadata_blocks);
		err = measure(plan, false, &changed);
	}
	return err;
}

static int choose_size(struct plan *plan)
{
	u64 least = plan->layout.end, wanted = plan->options.size_bytes;
	if (wanted && wanted < least)
		return fail(-ENOSPC,
			    "--size %llu is too small: the image needs at least %llu bytes",
			    (unsigned long long)wanted, (unsigned long long)least);
	if (!wanted && add_overflows(least, plan->options.free_bytes, &wanted))
		return fail(-EFBIG, "--free is too large: %llu bytes",
			    (unsigned long long)plan->options.free_bytes);
	plan->total_bytes = wanted;
	if (!plan->options.seed && wanted - least < WRITABLE_ROOM)
		warning("%llu bytes of room: below 48m the kernel may find none to write in (see --free)",
			(unsigned long long)(wanted - least));
	return 0;
}

int plan_settle(struct plan *plan)
{
	plan->subvols = tree_subvols(plan->tree, &plan->nr_subvols);
	plan->ids.subvols = xzalloc(plan->nr_subvols * sizeof(*plan->ids.subvols));
	ids_clear(plan);
	choose_trees(plan);
	blob_order_apply(plan->content, plan->tree);
	int err = share_leaves(plan);
	if (err)
		return err;
	plan->refs = data_refs_gather(plan);
	find_codec_flags(plan);
	plan->is_placed = true;
	err = settle(plan);
	return err ? err : choose_size(plan);
}

void plan_release(struct plan *plan)
{
	layout_release(&plan->layout);
	data_refs_release(&plan->refs);
	for (u32 i = 0; i < plan->nr_trees; i++)
		xfree(plan->trees[i].shared);
	xfree(plan->trees);
	xfree(plan->leaf_users.list);
	xfree(plan->ids.subvols);
}

int plan_write_trees(const struct plan *plan, const struct block_sink *sink)
{
	for (u32 i = 0; i < plan->nr_trees; i++) {
		struct tree_shape shape;
		int err = plan_run_producer(plan, &plan->trees[i], sink, &shape);
		if (err)
			return err;
		assert(tree_shape_equal(&shape, &plan->trees[i].shape));
	}
	return 0;
}
