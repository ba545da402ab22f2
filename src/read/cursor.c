/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cursor.h"
#include "filesystem_private.h"

#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

#define MESSAGE_BYTES 256

void cursor_init(struct cursor *c, struct filesystem *fs, const struct filesystem_tree *tree)
{
	*c = (struct cursor){ .fs = fs, .tree = *tree };
}

void cursor_release(struct cursor *c)
{
	for (u32 level = 0; level < BTRFS_MAX_LEVEL; level++) {
		block_put(c->blocks[level]);
		c->blocks[level] = NULL;
	}
}

void cursor_enter(struct cursor *c, struct filesystem *fs, const struct filesystem_tree *tree)
{
	if (c->fs == fs && c->tree.id == tree->id && c->tree.bytenr == tree->bytenr)
		return;
	cursor_release(c);
	cursor_init(c, fs, tree);
}

/* ---- down -------------------------------------------------------------------------- */

static int load_block(struct cursor *c, const struct block_wanted *w)
{
	block_put(c->blocks[w->level]);
	c->blocks[w->level] = NULL;
	return block_get(&c->fs->blocks, w, &c->blocks[w->level]);
}

static int load_root(struct cursor *c)
{
	const struct block_wanted w = {
		.tree = c->tree.id,
		.bytenr = c->tree.bytenr,
		.generation = c->tree.generation,
		.level = c->tree.level,
	};
	return c->blocks[w.level] ? 0 : load_block(c, &w);
}

/* Read the child that the slot of @level points to. */
static int load_child(struct cursor *c, u32 level)
{
	const struct btrfs_key_ptr *p = block_pointer(c->blocks[level], c->slots[level]);
	struct block_wanted w = {
		.tree = c->tree.id,
		.bytenr = from_le64(p->blockptr),
		.generation = from_le64(p->generation),
		.level = (u8)(level - 1),
		.has_first = true,
		.first = key_from_disk(&p->key),
	};
	for (u32 l = level; l <= c->tree.level && !w.has_bound; l++) {
		w.has_bound = c->slots[l] + 1 < c->blocks[l]->nritems;
		if (w.has_bound)
			w.bound = block_key(c->blocks[l], c->slots[l] + 1);
	}
	return load_block(c, &w);
}

/* Go down to the leaf that would have @key. */
static int find_leaf(struct cursor *c, const struct btrfs_key *key)
{
	int err = load_root(c);
	for (u32 level = c->tree.level; !err && level; level--) {
		const s64 slot = block_find(c->blocks[level], key);
		c->slots[level] = slot < 0 ? 0 : (u32)slot;
		err = load_child(c, level);
	}
	return err;
}

/* Whether @key is between the first and the last one of the leaf that is loaded. */
static bool leaf_has(const struct cursor *c, const struct btrfs_key *key)
{
	const struct block *leaf = c->blocks[0];
	if (!leaf || !leaf->nritems)
		return false;
	const struct btrfs_key first = block_key(leaf, 0),
			       last = block_key(leaf, leaf->nritems - 1);
	return key_compare(&first, key) <= 0 && key_compare(key, &last) <= 0;
}

/* ---- moves ------------------------------------------------------------------------- */

int cursor_seek_back(struct cursor *c, const struct btrfs_key *key)
{
	int err = leaf_has(c, key) ? 0 : find_leaf(c, key);
	if (err)
		return err;
	const s64 slot = block_find(c->blocks[0], key);
	c->is_at_end = !c->blocks[0]->nritems;
	c->slots[0] = slot < 0 ? 0 : (u32)slot;
	return slot < 0;
}

int cursor_seek(struct cursor *c, const struct btrfs_key *key)
{
	int r = cursor_seek_back(c, key);
	if (r || c->is_at_end)
		return r < 0 ? r : 0;
	const struct btrfs_key found = cursor_key(c);
	return key_compare(&found, key) ? cursor_next(c) : 0;
}

int cursor_next(struct cursor *c)
{
	u32 level = 0;
	while (level <= c->tree.level && c->slots[level] + 1 >= c->blocks[level]->nritems)
		level++;
	if (level > c->tree.level) {
		c->is_at_end = true;
		return 0;
	}
	c->slots[level]++;
	for (; level; level--) {
		int err = load_child(c, level);
		if (err)
			return err;
		c->slots[level - 1] = 0;
	}
	return 0;
}

/* ---- the item ---------------------------------------------------------------------- */

struct btrfs_key cursor_key(const struct cursor *c)
{
	return block_key(c->blocks[0], c->slots[0]);
}

const void *cursor_item(const struct cursor *c, u32 *bytes)
{
	return block_item(c->blocks[0], c->slots[0], bytes);
}

bool cursor_is_in(const struct cursor *c, u64 objectid, u8 type)
{
	if (c->is_at_end)
		return false;
	const struct btrfs_key key = cursor_key(c);
	return key.objectid == objectid && key.type == type;
}

struct item_place cursor_place(const struct cursor *c)
{
	return (struct item_place){
		.tree = c->tree.id,
		.block = c->blocks[0]->bytenr,
		.key = cursor_key(c),
	};
}

__attribute__((format(printf, 2, 0))) static int fail_at(const struct item_place *p,
							 const char *format, va_list args)
{
	char message[MESSAGE_BYTES];
	vsnprintf(message, sizeof(message), format, args);
	return fail(-EIO, "tree %lld, block at %llu, item (%lld %u %llu): %s", (long long)p->tree,
		    (unsigned long long)p->block, (long long)p->key.objectid, p->key.type,
		    (unsigned long long)p->key.offset, message);
}

int cursor_fail(const struct cursor *c, const char *format, ...)
{
	const struct item_place place = cursor_place(c);
	va_list args;
	va_start(args, format);
	int err = fail_at(&place, format, args);
	va_end(args);
	return err;
}

int item_fail(const struct item_place *place, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int err = fail_at(place, format, args);
	va_end(args);
	return err;
}

int tree_fail(const struct filesystem_tree *tree, const char *format, ...)
{
	char message[MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return fail(-EIO, "tree %lld, root block at %llu: %s", (long long)tree->id,
		    (unsigned long long)tree->bytenr, message);
}
