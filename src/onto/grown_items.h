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

#endif
