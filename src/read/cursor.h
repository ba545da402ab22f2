/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A place among the items of one tree. Takes the memory of one block for each level. */
#ifndef READ_CURSOR_H
#define READ_CURSOR_H

#include "block.h"

struct cursor {
	struct filesystem *fs;
	struct filesystem_tree tree;
	struct block *blocks[BTRFS_MAX_LEVEL]; /* from a leaf, [0], to the root */
	u32 slots[BTRFS_MAX_LEVEL];
	bool is_at_end; /* behind the last item */
};

/* cursor_init - before all items of @tree; nothing is read */
void cursor_init(struct cursor *cursor, struct filesystem *fs, const struct filesystem_tree *tree);

/* cursor_release - give the blocks back; cursor_seek() may follow */
void cursor_release(struct cursor *cursor);

/* cursor_enter - go on in @tree, if the cursor is not in it already */
void cursor_enter(struct cursor *cursor, struct filesystem *fs, const struct filesystem_tree *tree);

/* cursor_seek - go to the first item that is not before @key; 0, or a negative errno after printing
 */
int cursor_seek(struct cursor *cursor, const struct btrfs_key *key);

/*
 * cursor_seek_back - go to the last item that is not behind @key
 * Returns 0, 1 if there is none, or a negative errno after printing.
 */
int cursor_seek_back(struct cursor *cursor, const struct btrfs_key *key);

/* cursor_next - go on by one item; not at the end. 0, or a negative errno after printing */
int cursor_next(struct cursor *cursor);

/* cursor_key, cursor_item - of the item where the cursor is: not at the end. The bytes stay where
 * they are until the cursor moves. */
struct btrfs_key cursor_key(const struct cursor *cursor);
const void *cursor_item(const struct cursor *cursor, u32 *bytes);

/* cursor_is_in - whether the cursor is at an item of @objectid and @type */
bool cursor_is_in(const struct cursor *cursor, u64 objectid, u8 type);

/* Where an item is, for messages that come later. */
struct item_place {
	u64 tree;  /* id */
	u64 block; /* logical address of the leaf */
	struct btrfs_key key;
};

/* cursor_place - of the item where the cursor is */
struct item_place cursor_place(const struct cursor *cursor);

/*
 * cursor_fail - print an error line that names the tree, the leaf and the key; returns -EIO
 * The cursor is at an item.
 */
int cursor_fail(const struct cursor *cursor, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* item_fail - print an error line as cursor_fail() does; returns -EIO */
int item_fail(const struct item_place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* tree_fail - print an error line that names the tree; returns -EIO */
int tree_fail(const struct filesystem_tree *tree, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
