/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which blocks a sprout has. A leaf without a change stays on the seed; nodes, which are less than 1 %
 * of all blocks, are all written anew. What the sprout does not use of the seed's blocks must leave the
 * extent tree. That changes leaves of the extent tree, whose old blocks are not used either:
 * mark_dead_leaves().
 */
#include "settle.h"
#include "grown_trees.h"

#include "base/diag.h"
#include "disk/checksum.h"

#include <stdlib.h>

#define MAX_ROUNDS 100 /* about five are needed; more is a bug */

/* With less room the kernel cannot add a METADATA chunk, as in an image that is no seed. */
#define WRITABLE_ROOM (48ull << 20)

/* ---- which blocks stay in use ------------------------------------------------------ */

static void add_dead(struct plan *p, const struct grown_tree *tree, u64 bytenr, u8 level)
{
	p->dead = mem_grow(p->dead, &p->dead_capacity, p->nr_dead + 1, sizeof(*p->dead));
	p->dead[p->nr_dead++] = (struct dead_block){ bytenr, level, tree->id };
}

static void mark_all(struct grown_tree *tree)
{
	memset(tree->is_changed, true, tree->old.nr_leaves * sizeof(*tree->is_changed));
}

/* The leaves with changes whose keys are known from the beginning; new items are in the last leaf. */
static void mark_leaves(const struct plan *p, struct grown_tree *tree)
{
	struct changes changes = { 0 };
	if (tree->id == BTRFS_CHUNK_TREE_OBJECTID || !tree->change) {
		mark_all(tree);
		return;
	}
	tree->change(p, &changes);
	changes_mark(&changes, &tree->old, tree->is_changed);
	tree->is_changed[tree->old.nr_leaves - 1] = true;
	changes_clear(&changes);
}

static void bury_tree(struct plan *p, const struct grown_tree *tree)
{
	for (size_t i = 0; i < tree->old.nr_nodes; i++)
		add_dead(p, tree, tree->old.nodes[i].bytenr, tree->old.nodes[i].level);
	for (size_t i = 0; i < tree->old.nr_leaves; i++)
		if (tree->is_changed[i])
			add_dead(p, tree, tree->old.leaves[i].bytenr, 0);
}

/* A leaf of the extent tree that has the item of a dead block is dead, too. */
static void mark_dead_leaves(struct plan *p, struct grown_tree *tree)
{
	assert(tree);
	for (size_t i = 0; i < p->nr_dead; i++) {
		const struct btrfs_key key = { p->dead[i].bytenr, BTRFS_METADATA_ITEM_KEY,
					       p->dead[i].level };
		const size_t leaf = raw_tree_find(&tree->old, &key);
		if (tree->is_changed[leaf])
			continue;
		tree->is_changed[leaf] = true;
		add_dead(p, tree, tree->old.leaves[leaf].bytenr, 0);
	}
}

static int compare_dead(const void *a, const void *b)
{
	const struct dead_block *x = a, *y = b;
	return x->bytenr < y->bytenr ? -1 : x->bytenr > y->bytenr;
}

/* Whether a dead block is in a chunk for blocks of its tree. */
static bool is_in_its_chunk(const struct plan *p, const struct dead_block *dead)
{
	const u64 type = dead->tree == BTRFS_CHUNK_TREE_OBJECTID ? BTRFS_BLOCK_GROUP_SYSTEM
								 : BTRFS_BLOCK_GROUP_METADATA;
	for (size_t i = 0; i < p->seed.nr_chunks; i++) {
		const struct seed_chunk *chunk = &p->seed.chunks[i];
		if (dead->bytenr >= chunk->logical && dead->bytenr - chunk->logical < chunk->length)
			return chunk->type & type;
	}
	return false;
}

static int sort_dead(struct plan *p)
{
	qsort(p->dead, p->nr_dead, sizeof(*p->dead), compare_dead);
	for (size_t i = 0; i < p->nr_dead; i++) {
		const struct dead_block *dead = &p->dead[i];
		if (i && dead->bytenr - dead[-1].bytenr < p->seed.nodesize)
			return fail(-EIO, "%s: two trees have the block at %llu", p->seed.name,
				    (unsigned long long)dead->bytenr);
		if (!is_in_its_chunk(p, dead))
			return fail(-EIO, "%s: the block at %llu of tree %llu is in a wrong chunk",
				    p->seed.name, (unsigned long long)dead->bytenr,
				    (unsigned long long)dead->tree);
	}
	return 0;
}

static int choose_blocks(struct plan *p)
{
	struct grown_tree *extent = NULL;
	for (u32 i = 0; i < p->nr_trees; i++) {
		mark_leaves(p, &p->trees[i]);
		bury_tree(p, &p->trees[i]);
		if (p->trees[i].id == BTRFS_EXTENT_TREE_OBJECTID)
			extent = &p->trees[i];
	}
	mark_dead_leaves(p, extent);
	for (u32 i = 0; i < p->nr_trees; i++)
		for (size_t leaf = 0; leaf < p->trees[i].old.nr_leaves; leaf++)
			p->trees[i].nr_kept += !p->trees[i].is_changed[leaf];
	return sort_dead(p);
}

/* ---- the new trees ----------------------------------------------------------------- */

/* Chunks for so many blocks: SYSTEM, METADATA. */
static void place_chunks(struct plan *p, u64 system_room, u64 metadata_room)
{
	struct content none = { 0 };
	p->layout.shift = layout_shift_behind(p->seed.end);
	layout_place(&p->layout, p->seed.nodesize, p->seed.dup, system_room, metadata_room, &none);
	p->is_placed = true;
}

/* Measure all trees by addresses that follow from the shapes they had. */
static int measure_trees(struct plan *p, bool *changed)
{
	struct tree_shape shapes[GROWN_TREES_MAX];
	for (u32 i = 0; i < p->nr_trees; i++) {
		int err = grown_trees_produce(p, i, NULL, &shapes[i]);
		if (err)
			return err;
	}
	for (u32 i = 0; i < p->nr_trees; i++) {
		*changed |= !tree_writer_shape_equal(&shapes[i], &p->trees[i].shape);
		p->trees[i].shape = shapes[i];
	}
	return 0;
}

/* Number the blocks of all trees as they are shaped now. */
static void number_blocks(struct plan *p, u64 *system_blocks, u64 *metadata_blocks)
{
	*system_blocks = *metadata_blocks = 0;
	for (u32 i = 0; i < p->nr_trees; i++) {
		u64 *count = plan_is_system(&p->trees[i]) ? system_blocks : metadata_blocks;
		p->trees[i].first_block = *count;
		*count += p->trees[i].shape.total;
	}
}

/*
 * For a device of @size bytes. The extent tree describes the new blocks, its own among them: repeat
 * until nothing changes.
 */
static int settle_trees(struct plan *p, u64 size)
{
	const u64 spare_metadata = layout_spare_metadata_blocks(
		p->seed.nodesize,
		checksum_size((enum btrfs_csum_type)from_le16(p->seed.super.csum_type)), size);
	u64 system_room = 0, metadata_room = 0, system_blocks, metadata_blocks;
	bool changed = true;
	int err = 0;
	for (u32 i = 0; i < p->nr_trees; i++)
		p->trees[i].shape = (struct tree_shape){ .nr_blocks = { 1 }, .total = 1 };
	for (u32 round = 0; !err && changed; round++) {
		assert(round < MAX_ROUNDS);
		changed = false;
		number_blocks(p, &system_blocks, &metadata_blocks);
		system_room = max_u64(system_room, system_blocks + layout_spare_system_blocks());
		metadata_room = max_u64(metadata_room, metadata_blocks + spare_metadata);
		place_chunks(p, system_room, metadata_room);
		layout_set_used(&p->layout, system_blocks, metadata_blocks);
		err = measure_trees(p, &changed);
	}
	return err;
}

/* A larger device needs more free room for metadata: find the least that has enough. */
static int fail_small(struct plan *p, u64 size)
{
	u64 least = size;
	int err = 0;
	while (!err && least < p->layout.end) {
		least = p->layout.end;
		err = settle_trees(p, least);
	}
	return err ? err
		   : fail(-ENOSPC, "the sprout needs at least %llu bytes, %llu are allowed",
			  (unsigned long long)least, (unsigned long long)size);
}

static int check_sprout_size(struct plan *p)
{
	const u64 size = p->options.image->size_bytes, least = p->layout.end;
	u64 sum;
	if (size < least)
		return fail_small(p, size);
	if (add_overflows(from_le64(p->seed.super.total_bytes), size, &sum))
		return fail(-EFBIG, "seed and sprout have more than 2^64 bytes");
	if (size - least < WRITABLE_ROOM)
		warning("%llu bytes of room: the kernel needs 48m to add many small files",
			(unsigned long long)(size - least));
	return 0;
}

int settle_plan(struct plan *p, const struct sprout_options *options,
		const struct filesystem_device *seed, u32 nr_devices)
{
	*p = (struct plan){ .options = *options };
	int err = seed_open(seed, nr_devices, &p->seed);
	if (err)
		return err;
	p->generation = from_le64(p->seed.super.generation) + 1;
	p->devid = seed_last_devid(&p->seed) + 1;
	memcpy(p->ids.block.chunk_tree_uuid, p->seed.chunk_tree_uuid, BTRFS_UUID_SIZE);
	err = grown_trees_open(p);
	if (!err)
		err = choose_blocks(p);
	if (!err)
		err = settle_trees(p, p->options.image->size_bytes);
	return err ? err : check_sprout_size(p);
}
