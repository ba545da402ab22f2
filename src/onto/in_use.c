/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the seed is in use: the extents that files refer to, and the leaves that trees refer to. */
#include "stack_private.h"

#include "base/diag.h"
#include "base/mem.h"

#include <stdlib.h>

static void add_used(struct used_extents *extents, const struct used_extent *extent)
{
	extents->list = mem_grow(extents->list, &extents->capacity, extents->nr + 1,
				 sizeof(*extents->list));
	extents->list[extents->nr++] = *extent;
}

static int compare_used(const void *a, const void *b)
{
	const struct used_extent *x = a, *y = b;
	if (x->logical != y->logical)
		return x->logical < y->logical ? -1 : 1;
	return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static void sort_used(struct used_extents *extents)
{
	if (extents->nr)
		qsort(extents->list, extents->nr, sizeof(*extents->list), compare_used);
}

size_t in_use_first(const struct used_extents *extents, u64 logical)
{
	size_t low = 0, high = extents->nr;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (extents->list[middle].logical + extents->list[middle].bytes <= logical)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A seed whose files claim overlapping extents, or such behind a chunk's end, is damaged. */
static int check_used(const struct stack *s, const struct used_extents *extents)
{
	for (size_t i = 0; i < extents->nr; i++) {
		const struct used_extent *e = &extents->list[i];
		const struct seed_chunk *chunk = seed_find_chunk(&s->seed, e->logical, e->bytes);
		const u64 type = e->owner ? BTRFS_BLOCK_GROUP_METADATA : BTRFS_BLOCK_GROUP_DATA;
		if (!chunk || !(chunk->type & type))
			return fail(-EIO, "%s: the extent at %llu is in a wrong chunk",
				    s->seed.name, (unsigned long long)e->logical);
		if (i && e->logical - e[-1].logical < e[-1].bytes)
			return fail(-EIO, "%s: the extents at %llu and %llu overlap", s->seed.name,
				    (unsigned long long)e[-1].logical,
				    (unsigned long long)e->logical);
	}
	return 0;
}

/* ---- data -------------------------------------------------------------------------- */

static struct used_extent extent_of(const struct content *content, const struct file_item *item)
{
	const struct blob *b = &content->blobs[item->blob];
	return (struct used_extent){ .logical = blob_extent_logical(b),
				     .bytes = blob_extent_bytes(b) };
}

static void gather_extents(struct stack *s, const struct tree *tree, const struct content *content)
{
	struct item_walk walk = item_walk_begin(tree, content);
	size_t nr = 0;
	for (struct file_item item; item_walk_next(&walk, &item);) {
		const struct used_extent extent = extent_of(content, &item);
		if (content->blobs[item.blob].place == BLOB_ON_SEED)
			add_used(&s->data, &extent);
	}
	sort_used(&s->data);
	for (size_t i = 0; i < s->data.nr; i++)
		if (!i || compare_used(&s->data.list[nr - 1], &s->data.list[i]))
			s->data.list[nr++] = s->data.list[i];
	s->data.nr = nr;
}

static void gather_data_refs(struct stack *s, const struct tree *tree,
			     const struct content *content)
{
	struct item_walk walk = item_walk_begin(tree, content);
	for (struct file_item item; item_walk_next(&walk, &item);) {
		if (content->blobs[item.blob].place != BLOB_ON_SEED)
			continue;
		struct data_ref ref = data_ref_of(tree, walk.inode, &item);
		ref.extent =
			u32_from_u64(in_use_first(&s->data, extent_of(content, &item).logical));
		data_refs_add(&s->refs, &ref);
	}
	data_refs_sort(&s->refs);
	for (size_t i = 0; i < s->refs.nr; i++) {
		struct used_extent *extent = &s->data.list[s->refs.list[i].extent];
		if (!extent->nr_refs++)
			extent->first_ref = i;
	}
}

int in_use_gather(struct stack *s, const struct tree *tree, const struct content *content)
{
	gather_extents(s, tree, content);
	int err = check_used(s, &s->data);
	if (!err)
		gather_data_refs(s, tree, content);
	return err;
}

/* ---- all --------------------------------------------------------------------------- */

int in_use_list(struct stack *s)
{
	if (!s->is_stale)
		return 0;
	s->used.nr = 0;
	for (size_t i = 0; i < s->data.nr; i++)
		add_used(&s->used, &s->data.list[i]);
	for (size_t i = 0; i < s->nr_trees; i++) {
		const struct stack_tree *t = s->trees[i];
		for (size_t leaf = 0; t->exists && leaf < t->raw.nr_leaves; leaf++) {
			const struct used_extent block = {
				.logical = t->raw.leaves[leaf].bytenr,
				.bytes = s->seed.nodesize,
				.owner = t->id,
				.generation = t->raw.leaves[leaf].generation,
			};
			if (t->is_kept[leaf])
				add_used(&s->used, &block);
		}
	}
	sort_used(&s->used);
	s->is_stale = false;
	return check_used(s, &s->used);
}

u64 in_use_bytes(const struct stack *s, const struct seed_chunk *chunk)
{
	u64 bytes = 0;
	assert(!s->is_stale);
	for (size_t i = in_use_first(&s->used, chunk->logical);
	     i < s->used.nr && s->used.list[i].logical < chunk->logical + chunk->length; i++)
		bytes += s->used.list[i].bytes;
	return bytes;
}
