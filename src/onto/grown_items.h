/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each tree of a sprout has other than the seed's. */
#ifndef ONTO_GROWN_ITEMS_H
#define ONTO_GROWN_ITEMS_H

#include "plan.h"

/* Each adds the changes of one tree, not sorted. */
void change_chunk_tree(const struct plan *plan, struct changes *changes);
void change_root_tree(const struct plan *plan, struct changes *changes);
void change_extent_tree(const struct plan *plan, struct changes *changes);
void change_device_tree(const struct plan *plan, struct changes *changes);
void change_block_groups(const struct plan *plan, struct changes *changes);

/* grown_seed_device - the DEV_ITEM of device @nr of the seed, without its SYSTEM chunks */
struct btrfs_dev_item grown_seed_device(const struct seed *seed, u32 nr);

struct free_range {
	u64 begin, end; /* logical */
};

/* free_space_put_group - the free space of a group: its FREE_SPACE_INFO, and @nr ranges, ascending */
int free_space_put_group(struct tree_writer *tw, u64 logical, u64 length,
			 const struct free_range *ranges, size_t nr);

/* produce_free_space - all items of the free space tree; 0, or a negative errno after printing */
int produce_free_space(struct plan *plan, struct raw_tree *old, struct tree_writer *tw);

#endif
