/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizing. The extent tree and the free space tree describe their own blocks, and data moves when
 * trees grow. So sizing repeats until nothing changes. Room for tree blocks only grows from round
 * to round; room that is not needed in the end is free space at the end of the METADATA chunks.
 */
#include "sizing.h"

#include "base/diag.h"
#include "disk/checksum.h"
#include "disk/codec.h"
#include "share_seed.h"
#include "trees.h"

#define MAX_ROUNDS 100 /* about five are needed; more is a bug */

/* With less room the kernel cannot add a METADATA chunk, of 16 MiB or more (tried on kernel 6.18). */
#define WRITABLE_ROOM (48ull << 20)

static void find_codec_flags(struct blueprint *bp)
{
	bool used[256] = { false };
	bp->codec_flags = tree_property_features(bp->tree);
	for (size_t i = 0; i < bp->content->nr_blobs; i++)
		used[bp->content->blobs[i].compression] = true;
	for (const struct codec *const *codec = codec_table; *codec; codec++)
		if (used[(*codec)->type])
			bp->codec_flags |= (*codec)->incompat_flag;
}

static int measure(struct blueprint *bp, bool fixed, bool *changed)
{
	for (u32 i = 0; i < bp->nr_trees; i++) {
		struct planned_tree *tree = &bp->trees[i];
		struct tree_shape shape;
		if (tree->kind->fixed != fixed)
			continue;
		int err = trees_produce(bp, tree, NULL, &shape);
		if (err)
			return err;
		if (!tree_writer_shape_equal(&shape, &tree->shape))
			*changed = true;
		tree->shape = shape;
	}
	return 0;
}

/* Number the blocks of all trees as they are shaped now. */
static void stack_trees(struct blueprint *bp, u64 *system_blocks, u64 *metadata_blocks)
{
	*system_blocks = 0;
	*metadata_blocks = 0;
	for (u32 i = 0; i < bp->nr_trees; i++) {
		struct planned_tree *tree = &bp->trees[i];
		u64 *count = planned_tree_is_system(tree) ? system_blocks : metadata_blocks;
		tree->first_block = *count;
		*count += tree->shape.total;
	}
}

static void place(struct blueprint *bp, struct content *content, u64 system_room, u64 metadata_room)
{
	layout_place(&bp->layout, bp->options.nodesize, bp->options.dup, system_room, metadata_room,
		     content);
}

/* A seed needs no free blocks: its sprout allocates on another device. */
static u64 spare_system_blocks(const struct blueprint *bp)
{
	return bp->options.seed ? 0 : layout_spare_system_blocks();
}

static u64 spare_metadata_blocks(const struct blueprint *bp)
{
	const u64 room = max_u64(bp->options.size_bytes, bp->options.free_bytes);
	return bp->options.seed
		       ? 0
		       : layout_spare_metadata_blocks(bp->options.nodesize,
						      checksum_size(bp->options.csum), room);
}

static int settle_shapes(struct blueprint *bp, struct content *content)
{
	u64 system_room = 1, metadata_room = 1, system_blocks, metadata_blocks;
	bool changed = true;
	int err = measure(bp, true, &changed);
	for (u32 i = 0; i < bp->nr_trees; i++)
		if (!bp->trees[i].kind->fixed)
			bp->trees[i].shape = (struct tree_shape){ .nr_blocks = { 1 }, .total = 1 };

	for (u32 round = 0; !err && changed; round++) {
		assert(round < MAX_ROUNDS);
		changed = false;
		stack_trees(bp, &system_blocks, &metadata_blocks);
		system_room = max_u64(system_room, system_blocks + spare_system_blocks(bp));
		metadata_room = max_u64(metadata_room, metadata_blocks + spare_metadata_blocks(bp));
		place(bp, content, system_room, metadata_room);
		layout_set_used(&bp->layout, system_blocks, metadata_blocks);
		bp->is_placed = true;
		err = measure(bp, false, &changed);
	}
	return err;
}

static int choose_size(struct blueprint *bp)
{
	u64 least = bp->layout.end, wanted = bp->options.size_bytes;
	if (wanted && wanted < least)
		return fail(-ENOSPC, "the image needs at least %llu bytes, %llu are allowed",
			    (unsigned long long)least, (unsigned long long)wanted);
	if (!wanted && add_overflows(least, bp->options.free_bytes, &wanted))
		return fail(-EFBIG, "%llu bytes of room: more than an image can have",
			    (unsigned long long)bp->options.free_bytes);
	bp->total_bytes = wanted;
	if (!bp->options.seed && wanted - least < WRITABLE_ROOM)
		warning_hint(HINT_ROOM,
			     "%llu bytes of room: the kernel needs 48m to add many small files",
			     (unsigned long long)(wanted - least));
	return 0;
}

/* The chunks follow the seed's, and what is alike is left there. */
static int begin_on_seed(struct blueprint *bp, struct content *content)
{
	const struct image_seed *seed = bp->options.grows_on;
	bp->generation = seed->generation;
	bp->layout.shift = layout_shift_behind(seed->end);
	place(bp, content, 1, 1);
	return share_seed_leaves(bp);
}

int sizing_settle(struct blueprint *bp, struct content *content)
{
	bp->subvols = tree_subvols(bp->tree, &bp->nr_subvols);
	bp->ids.subvols = xzalloc(bp->nr_subvols * sizeof(*bp->ids.subvols));
	ids_clear(bp);
	trees_choose(bp);
	bp->generation = GENERATION;
	if (bp->options.grows_on) {
		int err = begin_on_seed(bp, content);
		if (err)
			return err;
	}
	if (tree_has_layers(bp->tree)) {
		place(bp, content, 1, 1);
		int err = share_leaves(bp);
		if (err)
			return err;
	}
	bp->refs = data_refs_gather(bp);
	find_codec_flags(bp);
	int err = settle_shapes(bp, content);
	return err ? err : choose_size(bp);
}
