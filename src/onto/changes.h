/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a tree of the sprout has other than the seed's tree. Leaves without a change stay on the seed,
 * and the new tree refers to them.
 */
#ifndef ONTO_CHANGES_H
#define ONTO_CHANGES_H

#include "base/mem.h"
#include "image/tree_writer.h"
#include "read/raw_tree.h"

enum change_kind {
	CHANGE_SET,          /* add an item, or replace the one that is there */
	CHANGE_REMOVE,       /* an item that is there */
	CHANGE_REMOVE_BLOCK, /* the METADATA_ITEM of a block that only the tree @number has */
	CHANGE_USED,         /* a BLOCK_GROUP_ITEM: @number bytes less are in use */
};

struct change {
	struct btrfs_key key;
	enum change_kind kind;
	u64 number;
	u32 bytes; /* of the item, with CHANGE_SET */
	const void *item;
};

/* Zeroed at first. */
struct changes {
	struct change *list;
	size_t nr, capacity;
	struct arena arena; /* of items */
};

/* changes_add - one more change, with a key of its own */
void changes_add(struct changes *changes, enum change_kind kind, struct btrfs_key key, u64 number);

/* changes_set - add an item of @bytes at @item, which is copied */
void changes_set(struct changes *changes, struct btrfs_key key, const void *item, u32 bytes);

/* changes_sort - call it when all are added */
void changes_sort(struct changes *changes);

/* changes_clear - none is left; frees everything */
void changes_clear(struct changes *changes);

/* changes_mark - set @is_changed, which has an element for each leaf, for those with a change */
void changes_mark(const struct changes *changes, const struct raw_tree *old, bool *is_changed);

/*
 * changes_apply - emit the items of the new tree
 * @is_changed: at least one leaf, and all those that changes_mark() marks; others are referred to
 * Returns 0, or a negative errno after printing.
 */
int changes_apply(const struct changes *changes, struct raw_tree *old, const bool *is_changed,
		  struct tree_writer *tw);

#endif
