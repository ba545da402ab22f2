/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "changes.h"

#include "base/diag.h"

#include <stdlib.h>

void changes_add(struct changes *c, enum change_kind kind, struct btrfs_key key, u64 number)
{
	c->list = mem_grow(c->list, &c->capacity, c->nr + 1, sizeof(*c->list));
	c->list[c->nr++] = (struct change){ .key = key, .kind = kind, .number = number };
}

void changes_set(struct changes *c, struct btrfs_key key, const void *item, u32 bytes)
{
	changes_add(c, CHANGE_SET, key, 0);
	c->list[c->nr - 1].bytes = bytes;
	c->list[c->nr - 1].item = arena_memdup(&c->arena, item, bytes);
}

static int compare_changes(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	return key_compare(&x->key, &y->key);
}

void changes_sort(struct changes *c)
{
	if (c->nr)
		qsort(c->list, c->nr, sizeof(*c->list), compare_changes);
}

void changes_clear(struct changes *c)
{
	xfree(c->list);
	arena_free(&c->arena);
	*c = (struct changes){ 0 };
}

void changes_mark(const struct changes *c, const struct raw_tree *old, bool *is_changed)
{
	for (size_t i = 0; i < c->nr; i++)
		is_changed[raw_tree_find(old, &c->list[i].key)] = true;
}

/* ---- the new tree ------------------------------------------------------------------ */

static int fail_change(const struct raw_tree *old, const struct btrfs_key *key, const char *what)
{
	return fail(-EIO, "tree %lld, item (%lld %u %llu): %s", (long long)old->tree.id,
		    (long long)key->objectid, key->type, (unsigned long long)key->offset, what);
}

/* Whether the item of a block says that @tree has it, and no other tree. */
static bool is_of_one_tree(const void *item, u32 bytes, u64 tree)
{
	const struct btrfs_extent_item *extent = item;
	const struct btrfs_extent_inline_ref *ref = (const void *)(extent + 1);
	return bytes == sizeof(*extent) + sizeof(*ref) && from_le64(extent->refs) == 1 &&
	       ref->type == BTRFS_TREE_BLOCK_REF_KEY && from_le64(ref->offset) == tree;
}

static int put_less_used(struct raw_tree *old, u32 slot, const struct change *c,
			 struct tree_writer *tw)
{
	u32 bytes;
	const void *item = raw_tree_item(old, slot, &bytes);
	struct btrfs_block_group_item group;
	if (bytes != sizeof(group))
		return fail_change(old, &c->key, "its size is wrong");
	memcpy(&group, item, sizeof(group));
	const u64 used = from_le64(group.used);
	if (used < c->number)
		return fail_change(old, &c->key, "more blocks are in use than it says");
	group.used = to_le64(used - c->number);
	return tree_writer_put(tw, c->key, &group, sizeof(group));
}

/* @slot: of the item that is changed */
static int change_item(struct raw_tree *old, u32 slot, const struct change *c,
		       struct tree_writer *tw)
{
	u32 bytes;
	const void *item = raw_tree_item(old, slot, &bytes);
	switch (c->kind) {
	case CHANGE_SET:
		return tree_writer_put(tw, c->key, c->item, c->bytes);
	case CHANGE_USED:
		return put_less_used(old, slot, c, tw);
	case CHANGE_REMOVE_BLOCK:
		return is_of_one_tree(item, bytes, c->number)
			       ? 0
			       : fail_change(old, &c->key, "the block is not of one tree alone");
	case CHANGE_REMOVE:
		break;
	}
	return 0;
}

static int add_change(const struct raw_tree *old, const struct change *c, struct tree_writer *tw)
{
	if (c->kind != CHANGE_SET)
		return fail_change(old, &c->key, "it is missing");
	return tree_writer_put(tw, c->key, c->item, c->bytes);
}

static int keep_item(struct raw_tree *old, u32 slot, struct tree_writer *tw)
{
	u32 bytes;
	const void *item = raw_tree_item(old, slot, &bytes);
	return tree_writer_put(tw, raw_tree_key(old, slot), item, bytes);
}

/* The items of the loaded leaf, with changes [@at, @end). */
static int merge_leaf(struct raw_tree *old, const struct change *at, const struct change *end,
		      struct tree_writer *tw)
{
	const u32 nr = raw_tree_nr_items(old);
	u32 slot = 0;
	int err = 0;
	while (!err && (slot < nr || at < end)) {
		int order = slot == nr ? 1 : -1;
		if (slot < nr && at < end) {
			const struct btrfs_key key = raw_tree_key(old, slot);
			order = key_compare(&key, &at->key);
		}
		if (order < 0)
			err = keep_item(old, slot++, tw);
		else if (order > 0)
			err = add_change(old, at++, tw);
		else
			err = change_item(old, slot++, at++, tw);
	}
	return err;
}

int changes_apply(const struct changes *c, struct raw_tree *old, const bool *is_changed,
		  struct tree_writer *tw)
{
	const struct change *at = c->list, *const all = at + c->nr;
	int err = 0;
	for (size_t i = 0; i < old->nr_leaves && !err; i++) {
		const struct raw_leaf *leaf = &old->leaves[i];
		const struct change *end = at;
		while (end < all &&
		       (i + 1 == old->nr_leaves || key_compare(&end->key, &leaf[1].first) < 0))
			end++;
		assert(is_changed[i] || at == end);
		if (!is_changed[i]) {
			err = tree_writer_refer(tw, leaf->first, leaf->bytenr, leaf->generation);
			continue;
		}
		err = raw_tree_load(old, i);
		if (!err)
			err = merge_leaf(old, at, end, tw);
		at = end;
	}
	return err;
}
