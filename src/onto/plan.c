/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

u64 plan_block(const struct plan *p, const struct grown_tree *tree, u64 index)
{
	if (!p->is_placed)
		return 0;
	return layout_block(&p->layout, plan_is_system(tree), tree->first_block + index);
}

u64 plan_tree_root(const struct plan *p, const struct grown_tree *tree)
{
	return plan_block(p, tree, tree->shape.total - 1);
}

const struct grown_tree *plan_find_tree(const struct plan *p, u64 id)
{
	for (u32 i = 0; i < p->nr_trees; i++)
		if (p->trees[i].id == id)
			return &p->trees[i];
	return NULL;
}

size_t plan_first_dead(const struct plan *p, u64 logical)
{
	size_t low = 0, high = p->nr_dead;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (p->dead[middle].bytenr < logical)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

u64 plan_dead_in(const struct plan *p, const struct seed_chunk *chunk)
{
	const u64 end = chunk->logical + chunk->length;
	return (plan_first_dead(p, end) - plan_first_dead(p, chunk->logical)) * p->seed.nodesize;
}

struct layout_device plan_device(const struct plan *p)
{
	return (struct layout_device){
		.devid = p->devid,
		.total_bytes = p->options.image->size_bytes,
		.shift = p->layout.shift,
		.single_sub_stripes = 1,
		.uuid = p->ids.device_uuid,
		.ids = &p->ids.block,
	};
}

void plan_release(struct plan *p)
{
	for (u32 i = 0; i < p->nr_trees; i++) {
		raw_tree_close(&p->trees[i].old);
		xfree(p->trees[i].is_changed);
	}
	xfree(p->dead);
	layout_release(&p->layout);
	seed_close(&p->seed);
}
