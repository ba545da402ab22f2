/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "data_sums.h"
#include "filesystem_private.h"

#include "base/diag.h"
#include "base/mem.h"
#include "disk/checksum.h"

struct data_sums {
	struct filesystem *fs;
	u32 sum_bytes;
	bool is_open; /* the cursor is in the checksum tree */
	struct cursor cursor;
};

struct data_sums *data_sums_new(struct filesystem *fs)
{
	struct data_sums *s = xzalloc(sizeof(*s));
	s->fs = fs;
	s->sum_bytes = checksum_size(fs->blocks.csum);
	return s;
}

void data_sums_free(struct data_sums *s)
{
	if (s)
		cursor_release(&s->cursor);
	xfree(s);
}

static int open_sums(struct data_sums *s)
{
	struct filesystem_tree tree;
	if (s->is_open)
		return 0;
	int err = filesystem_find_tree(s->fs, BTRFS_CSUM_TREE_OBJECTID, &tree, NULL);
	if (err > 0)
		return fail(-EIO, "the filesystem has no checksum tree");
	if (err)
		return err;
	cursor_init(&s->cursor, s->fs, &tree);
	s->is_open = true;
	return 0;
}

static int no_sum(u64 logical)
{
	return fail(-EIO, "data at %llu: there is no checksum", (unsigned long long)logical);
}

/* The sums from the sector at @logical on; @nr is how many follow each other, at least 1. */
static int find_item(struct data_sums *s, u64 logical, const u8 **sums, u32 *nr)
{
	const struct btrfs_key key = { BTRFS_EXTENT_CSUM_OBJECTID, BTRFS_EXTENT_CSUM_KEY, logical };
	u32 bytes;
	int err = open_sums(s);
	if (!err)
		err = cursor_seek_back(&s->cursor, &key);
	if (err < 0)
		return err;
	if (err || !cursor_is_in(&s->cursor, key.objectid, key.type))
		return no_sum(logical);
	const u8 *item = cursor_item(&s->cursor, &bytes);
	const u64 first = cursor_key(&s->cursor).offset;
	if (bytes % s->sum_bytes || first % BTRFS_SECTORSIZE)
		return cursor_fail(&s->cursor, "checksums of %u bytes", bytes);
	const u64 skip = (logical - first) / BTRFS_SECTORSIZE, have = bytes / s->sum_bytes;
	if (skip >= have)
		return no_sum(logical);
	*sums = item + skip * s->sum_bytes;
	*nr = (u32)(have - skip);
	return 0;
}

int data_sums_find(struct data_sums *s, u64 logical, u32 sectors, u8 *out)
{
	u32 nr;
	for (u32 done = 0; done < sectors; done += nr) {
		const u8 *sums = NULL;
		int err = find_item(s, logical + (u64)done * BTRFS_SECTORSIZE, &sums, &nr);
		if (err)
			return err;
		assert(sums);
		nr = nr < sectors - done ? nr : sectors - done;
		memcpy(out + (size_t)done * s->sum_bytes, sums, (size_t)nr * s->sum_bytes);
	}
	return 0;
}
