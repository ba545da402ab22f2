/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of trees that a sprout has anew, and how to make the items of one. */
#include "grown_trees.h"
#include "grown_items.h"

#include "base/diag.h"

static const struct {
	u64 id;
	void (*change)(const struct plan *plan, struct changes *changes);
} kinds[GROWN_TREES_MAX] = {
	{ BTRFS_CHUNK_TREE_OBJECTID, change_chunk_tree },
	{ BTRFS_ROOT_TREE_OBJECTID, change_root_tree },
	{ BTRFS_EXTENT_TREE_OBJECTID, change_extent_tree },
	{ BTRFS_DEV_TREE_OBJECTID, change_device_tree },
	{ BTRFS_FREE_SPACE_TREE_OBJECTID, NULL },
	{ BTRFS_BLOCK_GROUP_TREE_OBJECTID, change_block_groups },
};

static int open_grown_tree(struct plan *p, struct grown_tree *tree)
{
	struct filesystem *fs = p->seed.fs;
	struct filesystem_tree where = tree->id == BTRFS_CHUNK_TREE_OBJECTID
					       ? filesystem_chunk_tree(fs)
					       : filesystem_root_tree(fs);
	int err = 0;
	if (tree->id != where.id)
		err = filesystem_find_tree(fs, tree->id, &where, &tree->old_root);
	if (err > 0)
		return fail(-EINVAL, "%s has no tree of the id %llu", p->seed.name,
			    (unsigned long long)tree->id);
	if (!err)
		err = raw_tree_open(&tree->old, fs, &where);
	if (!err)
		tree->is_changed = xzalloc(tree->old.nr_leaves * sizeof(*tree->is_changed));
	return err;
}

int grown_trees_open(struct plan *p)
{
	for (u32 i = 0; i < GROWN_TREES_MAX; i++) {
		const u64 id = kinds[i].id;
		if ((id == BTRFS_FREE_SPACE_TREE_OBJECTID && !p->seed.has_free_space_tree) ||
		    (id == BTRFS_BLOCK_GROUP_TREE_OBJECTID && !p->seed.has_block_group_tree))
			continue;
		struct grown_tree *tree = &p->trees[p->nr_trees++];
		tree->id = id;
		tree->change = kinds[i].change;
		int err = open_grown_tree(p, tree);
		if (err)
			return err;
	}
	return 0;
}

static int produce_changed(struct plan *p, struct grown_tree *tree, struct tree_writer *tw)
{
	struct changes changes = { 0 };
	tree->change(p, &changes);
	changes_sort(&changes);
	int err = changes_apply(&changes, &tree->old, tree->is_changed, tw);
	changes_clear(&changes);
	return err;
}

int grown_trees_produce(struct plan *p, u32 nr, const struct block_sink *sink,
			struct tree_shape *shape)
{
	struct grown_tree *tree = &p->trees[nr];
	const struct tree_writer_options options = {
		.layout = p->is_placed ? &p->layout : NULL,
		.system = plan_is_system(tree),
		.owner = tree->id,
		.first_block = tree->first_block,
		.generation = p->generation,
		.ids = &p->ids.block,
		.sink = sink,
	};
	struct tree_writer *tw = tree_writer_new(&options, p->seed.nodesize);
	int err =
		tree->change ? produce_changed(p, tree, tw) : produce_free_space(p, &tree->old, tw);
	if (!err)
		err = tree_writer_finish(tw, shape);
	tree_writer_free(tw);
	return err;
}
