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

/* produce_free_space - all items of the free space tree; 0, or a negative errno after printing */
int produce_free_space(struct plan *plan, struct raw_tree *old, struct tree_writer *tw);

/* sprout_device_item - of the new device; the superblock repeats it */
struct btrfs_dev_item sprout_device_item(const struct plan *plan);

/* sprout_chunk_bytes, sprout_chunk_fill - a CHUNK_ITEM of the new device with its stripes */
u32 sprout_chunk_bytes(const struct chunk *chunk);
void sprout_chunk_fill(const struct plan *plan, const struct chunk *chunk, void *item);

#endif
