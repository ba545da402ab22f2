/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "data_refs.h"

#include "base/mem.h"
#include "blueprint.h"
#include "disk/checksum.h"

#include <stdlib.h>

struct data_ref data_ref_of(const struct tree *tree, const struct inode *inode,
			    const struct file_item *item)
{
	u32 nr;
	struct data_ref ref = {
		.root = tree_subvols(tree, &nr)[inode->subvol].id,
		.ino = inode->ino,
		.offset = item->file_off - item->offset,
		.extent = item->extent,
		.count = 1,
	};
	ref.hash = data_ref_hash(ref.root, ref.ino, ref.offset);
	return ref;
}

static int compare_u64(u64 x, u64 y)
{
	return x < y ? -1 : x > y;
}

int data_refs_compare(const void *a, const void *b)
{
	const struct data_ref *x = a, *y = b;
	int order = compare_u64(x->extent, y->extent);
	if (!order)
		order = compare_u64(y->hash, x->hash);
	if (!order)
		order = compare_u64(x->root, y->root);
	if (!order)
		order = compare_u64(x->ino, y->ino);
	return order ? order : compare_u64(x->offset, y->offset);
}

static void merge_equal(struct data_refs *refs)
{
	size_t nr = 0;
	for (size_t i = 0; i < refs->nr; i++) {
		if (nr && !data_refs_compare(&refs->list[nr - 1], &refs->list[i]))
			refs->list[nr - 1].count++;
		else
			refs->list[nr++] = refs->list[i];
	}
	refs->nr = nr;
}

struct data_refs data_refs_gather(const struct blueprint *bp)
{
	struct data_refs refs = { .nr = 0 };
	struct item_walk walk = item_walk_begin(bp->tree, bp->content);
	size_t capacity = 0;
	for (struct file_item item; item_walk_next(&walk, &item);) {
		if (walk.is_first || blueprint_shares_item(bp, walk.inode, &item))
			continue;
		refs.list = mem_grow(refs.list, &capacity, refs.nr + 1, sizeof(*refs.list));
		refs.list[refs.nr++] = data_ref_of(bp->tree, walk.inode, &item);
	}
	if (refs.nr)
		qsort(refs.list, refs.nr, sizeof(*refs.list), data_refs_compare);
	merge_equal(&refs);
	return refs;
}
