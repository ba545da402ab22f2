/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The roots of trees, and the extent tree. */
#include "grown_items.h"

#include "image/extent_items.h"

void change_root_tree(const struct plan *p, struct changes *changes)
{
	for (u32 i = 0; i < p->nr_trees; i++) {
		const struct grown_tree *tree = &p->trees[i];
		if (tree->id == BTRFS_CHUNK_TREE_OBJECTID || tree->id == BTRFS_ROOT_TREE_OBJECTID)
			continue;
		struct btrfs_root_item root = tree->old_root;
		const u64 blocks = tree->shape.total + tree->nr_kept;
		root.bytenr = to_le64(plan_tree_root(p, tree));
		root.level = tree->shape.level;
		root.bytes_used = to_le64(blocks * p->seed.nodesize);
		root.generation = root.generation_v2 = to_le64(p->generation);
		changes_set(changes, (struct btrfs_key){ tree->id, BTRFS_ROOT_ITEM_KEY, 0 }, &root,
			    sizeof(root));
	}
}

static void add_new_block(const struct plan *p, struct changes *changes, u64 logical, u8 level,
			  u64 tree)
{
	const struct extent_block_item item = extent_item_block(tree, p->generation);
	const struct btrfs_key key = { logical, BTRFS_METADATA_ITEM_KEY, level };
	changes_set(changes, key, &item, sizeof(item));
}

static void add_new_blocks(const struct plan *p, struct changes *changes)
{
	for (u32 i = 0; i < p->nr_trees; i++) {
		const struct grown_tree *tree = &p->trees[i];
		u64 index = 0;
		for (u8 level = 0; level <= tree->shape.level; level++)
			for (u64 nr = 0; nr < tree->shape.nr_blocks[level]; nr++)
				add_new_block(p, changes, plan_block(p, tree, index++), level,
					      tree->id);
	}
}

void change_extent_tree(const struct plan *p, struct changes *changes)
{
	for (size_t i = 0; i < p->nr_dead; i++) {
		const struct dead_block *dead = &p->dead[i];
		const struct btrfs_key key = { dead->bytenr, BTRFS_METADATA_ITEM_KEY, dead->level };
		changes_add(changes, CHANGE_REMOVE_BLOCK, key, dead->tree);
	}
	if (p->is_placed)
		add_new_blocks(p, changes);
	if (!p->seed.has_block_group_tree)
		change_block_groups(p, changes);
}
