/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "blueprint.h"

void blueprint_release(struct blueprint *bp)
{
	layout_release(&bp->layout);
	xfree(bp->refs.list);
	for (u32 i = 0; i < bp->nr_trees; i++)
		xfree(bp->trees[i].shared);
	xfree(bp->trees);
	xfree(bp->leaf_users.list);
	xfree(bp->ids.subvols);
}

struct layout_device blueprint_device(const struct blueprint *bp)
{
	return (struct layout_device){
		.devid = bp->options.grows_on ? bp->options.grows_on->devid : DEVID,
		.total_bytes = bp->total_bytes,
		.shift = bp->layout.shift,
		.uuid = bp->ids.device_uuid,
		.ids = &bp->ids.block,
	};
}

int blueprint_produce_seed(const struct blueprint *bp, enum seed_items items,
			   struct tree_writer *tw)
{
	const struct image_seed *seed = bp->options.grows_on;
	return seed ? seed->produce(seed->context, items, tw) : 0;
}

void ids_clear(struct blueprint *bp)
{
	struct subvol_uuid *subvols = bp->ids.subvols;
	bp->ids = (struct ids){ .subvols = subvols };
	if (bp->options.grows_on)
		memcpy(bp->ids.block.chunk_tree_uuid, bp->options.grows_on->chunk_tree_uuid,
		       BTRFS_UUID_SIZE);
	for (u32 i = 0; i < bp->nr_subvols; i++) {
		const le64 halves[2] = { to_le64(0), to_le64(i) };
		memcpy(subvols[i].bytes, halves, sizeof(halves));
	}
}

bool blueprint_shares_item(const struct blueprint *bp, const struct inode *inode,
			   const struct file_item *item)
{
	if (!bp->leaf_users.nr)
		return false;
	/* The top level of layers has no files. */
	const struct planned_tree *tree = &bp->trees[bp->first_subvol_tree + inode->subvol - 1];
	const struct btrfs_key key = { inode->ino, BTRFS_EXTENT_DATA_KEY, item->file_off };
	size_t low = 0, high = tree->nr_shared;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (key_compare(&tree->shared[middle].last, &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < tree->nr_shared && key_compare(&tree->shared[low].first, &key) <= 0;
}
