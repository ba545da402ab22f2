/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/raw_tree.h"
#include "filesystem_private.h"

#include "base/mem.h"

static void add_raw_leaf(struct raw_tree *raw, const struct btrfs_key *first, u64 bytenr,
			 u64 generation)
{
	raw->leaves = mem_grow(raw->leaves, &raw->leaves_capacity, raw->nr_leaves + 1,
			       sizeof(*raw->leaves));
	raw->leaves[raw->nr_leaves++] = (struct raw_leaf){ *first, bytenr, generation };
}

/* What the pointer in @slot of a node that was read as @parent says of its child. */
static struct block_wanted wanted_child(const struct block_wanted *parent, const struct block *node,
					u32 slot)
{
	const struct btrfs_key_ptr *p = block_pointer(node, slot);
	const bool is_last = slot + 1 == node->nritems;
	return (struct block_wanted){
		.tree = parent->tree,
		.bytenr = from_le64(p->blockptr),
		.generation = from_le64(p->generation),
		.level = (u8)(parent->level - 1),
		.has_first = true,
		.has_bound = !is_last || parent->has_bound,
		.first = key_from_disk(&p->key),
		.bound = is_last ? parent->bound : block_key(node, slot + 1),
	};
}

/* Read the node that @w describes, and all nodes below it. */
static int read_nodes(struct raw_tree *raw, const struct block_wanted *w)
{
	struct block *node;
	int err = block_get(&raw->fs->blocks, w, &node);
	if (err)
		return err;
	raw->nodes =
		mem_grow(raw->nodes, &raw->nodes_capacity, raw->nr_nodes + 1, sizeof(*raw->nodes));
	raw->nodes[raw->nr_nodes++] = (struct raw_node){ w->bytenr, w->level };
	for (u32 slot = 0; slot < node->nritems && !err; slot++) {
		const struct block_wanted child = wanted_child(w, node, slot);
		if (child.level)
			err = read_nodes(raw, &child);
		else
			add_raw_leaf(raw, &child.first, child.bytenr, child.generation);
	}
	block_put(node);
	return err;
}

int raw_tree_open(struct raw_tree *raw, struct filesystem *fs, const struct filesystem_tree *tree)
{
	const struct block_wanted root = {
		.tree = tree->id,
		.bytenr = tree->bytenr,
		.generation = tree->generation,
		.level = tree->level,
	};
	*raw = (struct raw_tree){ .fs = fs, .tree = *tree };
	if (root.level)
		return read_nodes(raw, &root);
	add_raw_leaf(raw, &(struct btrfs_key){ 0 }, root.bytenr, root.generation);
	return 0;
}

void raw_tree_close(struct raw_tree *raw)
{
	block_put(raw->loaded);
	xfree(raw->leaves);
	xfree(raw->nodes);
}

static int get_leaf(const struct raw_tree *raw, size_t nr, struct block **leaf)
{
	const bool has_next = nr + 1 < raw->nr_leaves;
	const struct block_wanted w = {
		.tree = raw->tree.id,
		.bytenr = raw->leaves[nr].bytenr,
		.generation = raw->leaves[nr].generation,
		.has_first = raw->tree.level,
		.has_bound = has_next,
		.first = raw->leaves[nr].first,
		.bound = has_next ? raw->leaves[nr + 1].first : (struct btrfs_key){ 0 },
	};
	return block_get(&raw->fs->blocks, &w, leaf);
}

int raw_tree_load(struct raw_tree *raw, size_t nr)
{
	block_put(raw->loaded);
	raw->loaded = NULL;
	return get_leaf(raw, nr, &raw->loaded);
}

int raw_tree_copy(const struct raw_tree *raw, size_t nr, u8 *block)
{
	struct block *leaf;
	int err = get_leaf(raw, nr, &leaf);
	if (err)
		return err;
	memcpy(block, leaf->bytes, raw->fs->blocks.nodesize);
	block_put(leaf);
	return 0;
}

size_t raw_tree_find(const struct raw_tree *raw, const struct btrfs_key *key)
{
	size_t low = 0, high = raw->nr_leaves;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (key_compare(&raw->leaves[middle].first, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : 0;
}

u32 raw_tree_nr_items(const struct raw_tree *raw)
{
	return raw->loaded->nritems;
}

struct btrfs_key raw_tree_key(const struct raw_tree *raw, u32 slot)
{
	return block_key(raw->loaded, slot);
}

const void *raw_tree_item(const struct raw_tree *raw, u32 slot, u32 *bytes)
{
	return block_item(raw->loaded, slot, bytes);
}
