/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "data_refs.h"

#include "blueprint.h"

struct data_refs data_refs_gather(const struct blueprint *bp)
{
	struct data_refs refs = { .nr = 0 };
	struct item_walk walk = item_walk_begin(bp->tree, bp->content);
	for (struct file_item item; item_walk_next(&walk, &item);) {
		if (walk.is_first || bp->content->blobs[item.blob].place == BLOB_ON_SEED ||
		    blueprint_shares_item(bp, walk.inode, &item))
			continue;
		const struct data_ref ref = data_ref_of(bp->tree, walk.inode, &item);
		data_refs_add(&refs, &ref);
	}
	data_refs_sort(&refs);
	return refs;
}
