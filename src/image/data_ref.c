/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/data_ref.h"

#include "base/mem.h"
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

void data_refs_add(struct data_refs *refs, const struct data_ref *ref)
{
	refs->list = mem_grow(refs->list, &refs->capacity, refs->nr + 1, sizeof(*refs->list));
	refs->list[refs->nr++] = *ref;
}

void data_refs_sort(struct data_refs *refs)
{
	size_t nr = 0;
	if (refs->nr)
		qsort(refs->list, refs->nr, sizeof(*refs->list), data_refs_compare);
	for (size_t i = 0; i < refs->nr; i++) {
		if (nr && !data_refs_compare(&refs->list[nr - 1], &refs->list[i]))
			refs->list[nr - 1].count++;
		else
			refs->list[nr++] = refs->list[i];
	}
	refs->nr = nr;
}
