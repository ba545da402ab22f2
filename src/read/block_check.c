/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules are those of the kernel's tree-checker.c: sum, address, level, generation, owner, order
 * of keys, places of items. That a block's keys lie between its parent's makes a tree of what is
 * read: no block can be in two places of it, and levels that decrease cannot loop.
 */
#include "block_check.h"

#include "disk/checksum.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 3))) static bool refuse_block(char *reason, const char *format,
							       ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(reason, BLOCK_REASON_BYTES, format, args);
	va_end(args);
	return false;
}

/* ---- in itself --------------------------------------------------------------------- */

static bool sum_is_good(const struct block_source *s, const u8 *bytes)
{
	u8 sum[BTRFS_CSUM_SIZE];
	checksum(s->csum, bytes + BTRFS_CSUM_SIZE, s->nodesize - BTRFS_CSUM_SIZE, sum);
	return !memcmp(sum, bytes, checksum_size(s->csum));
}

static bool keys_ascend(const struct block *b, char *reason)
{
	for (u32 i = 1; i < b->nritems; i++) {
		const struct btrfs_key before = block_key(b, i - 1), key = block_key(b, i);
		if (key_compare(&before, &key) >= 0)
			return refuse_block(reason, "the keys of items %u and %u are out of order",
					    i - 1, i);
	}
	return true;
}

/* The data of items lie without gaps from the end of the block down, behind the item headers. */
static bool items_are_good(const struct block_source *s, const struct block *b, char *reason)
{
	const struct btrfs_item *items = (const void *)(b->bytes + sizeof(struct btrfs_header));
	u64 end = btrfs_block_payload(s->nodesize);
	for (u32 i = 0; i < b->nritems; i++) {
		const u64 offset = from_le32(items[i].offset), size = from_le32(items[i].size);
		const u64 behind = offset + size;
		if (behind != end || offset < b->nritems * sizeof(*items))
			return refuse_block(reason, "item %u has its data at %llu to %llu", i,
					    (unsigned long long)offset, (unsigned long long)behind);
		end = offset;
	}
	return true;
}

bool block_check_inside(const struct block_source *s, struct block *b, const u8 *fsid, char *reason)
{
	const struct btrfs_header *h = (const void *)b->bytes;
	const u32 payload = btrfs_block_payload(s->nodesize);
	if (!sum_is_good(s, b->bytes))
		return refuse_block(reason, "its checksum is wrong");
	if (from_le64(h->bytenr) != b->bytenr)
		return refuse_block(reason, "it says that it is at %llu",
				    (unsigned long long)from_le64(h->bytenr));
	if (memcmp(h->fsid, fsid, sizeof(h->fsid)))
		return refuse_block(reason, "it has the id of another filesystem");
	if (!(from_le64(h->flags) & BTRFS_HEADER_FLAG_WRITTEN))
		return refuse_block(reason, "it is not marked as written");
	b->level = h->level;
	b->nritems = from_le32(h->nritems);
	if (b->level >= BTRFS_MAX_LEVEL)
		return refuse_block(reason, "its level is %u, allowed is %u", b->level,
				    BTRFS_MAX_LEVEL - 1);
	const size_t room = b->level ? sizeof(struct btrfs_key_ptr) : sizeof(struct btrfs_item);
	if (b->nritems > payload / room || (b->level && !b->nritems))
		return refuse_block(reason, "it cannot have %u items", b->nritems);
	return keys_ascend(b, reason) && (b->level || items_are_good(s, b, reason));
}

/* ---- in its place ------------------------------------------------------------------ */

/* Trees that may share blocks: subvolumes and their snapshots (is_fstree). */
static bool is_subvolume(u64 tree)
{
	return tree == BTRFS_FS_TREE_OBJECTID ||
	       (tree >= BTRFS_FIRST_FREE_OBJECTID && tree < 1ull << 48);
}

bool block_check_place(const struct block *b, const struct block_wanted *w, char *reason)
{
	const struct btrfs_header *h = (const void *)b->bytes;
	const u64 owner = from_le64(h->owner);
	if (b->level != w->level)
		return refuse_block(reason, "its level is %u, expected is %u", b->level, w->level);
	if (from_le64(h->generation) != w->generation)
		return refuse_block(reason, "its generation is %llu, expected is %llu",
				    (unsigned long long)from_le64(h->generation),
				    (unsigned long long)w->generation);
	if (is_subvolume(w->tree) ? !is_subvolume(owner) : owner != w->tree)
		return refuse_block(reason, "it belongs to tree %llu", (unsigned long long)owner);
	if (!b->nritems)
		return !w->has_first || refuse_block(reason, "it is empty");
	const struct btrfs_key first = block_key(b, 0), last = block_key(b, b->nritems - 1);
	if (w->has_first && key_compare(&first, &w->first))
		return refuse_block(reason, "its first key is not the one that its parent has");
	if (w->has_bound && key_compare(&last, &w->bound) >= 0)
		return refuse_block(reason, "its last key is behind the next one of its parent");
	return true;
}
