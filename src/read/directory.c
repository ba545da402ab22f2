/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/directory.h"
#include "dir_record.h"

#include "base/mem.h"
#include "disk/checksum.h"

static int set_entry(const struct cursor *c, const struct dir_record *r,
		     struct directory_entry *entry)
{
	const u8 type = r->location.type;
	if (type != BTRFS_INODE_ITEM_KEY && type != BTRFS_ROOT_ITEM_KEY)
		return cursor_fail(c, "a name of what is neither inode nor subvolume, but type %u",
				   type);
	*entry = (struct directory_entry){
		.is_subvolume = type == BTRFS_ROOT_ITEM_KEY,
		.id = r->location.objectid,
		.name_len = r->name_len,
	};
	memcpy(entry->name, r->name, r->name_len);
	return dir_record_check_name(c, r);
}

/* Look for @name among the records with its hash, where the cursor is. */
static int find_record(const struct cursor *c, const char *name, size_t name_len,
		       struct directory_entry *entry)
{
	struct dir_record r;
	u32 at = 0;
	int more;
	while ((more = dir_record_next(c, &at, &r)) > 0) {
		if (r.name_len == name_len && !memcmp(r.name, name, name_len))
			return set_entry(c, &r, entry);
	}
	return more ? more : 1;
}

int directory_find(struct filesystem *fs, const struct filesystem_tree *tree, u64 dir,
		   const char *name, size_t name_len, struct directory_entry *entry)
{
	const struct btrfs_key key = { dir, BTRFS_DIR_ITEM_KEY, name_hash(name, name_len) };
	struct cursor c;
	cursor_init(&c, fs, tree);
	int r = cursor_seek(&c, &key);
	if (!r)
		r = cursor_is_in(&c, dir, key.type) && cursor_key(&c).offset == key.offset
			    ? find_record(&c, name, name_len, entry)
			    : 1;
	cursor_release(&c);
	return r;
}

struct directory_reader {
	struct filesystem *fs;
	struct cursor cursor;
};

struct directory_reader *directory_reader_new(struct filesystem *fs)
{
	struct directory_reader *r = xzalloc(sizeof(*r));
	r->fs = fs;
	return r;
}

void directory_reader_free(struct directory_reader *r)
{
	if (r)
		cursor_release(&r->cursor);
	xfree(r);
}

int directory_next(struct directory_reader *reader, const struct filesystem_tree *tree, u64 dir,
		   u64 index, struct directory_entry *entry)
{
	const struct btrfs_key key = { dir, BTRFS_DIR_INDEX_KEY, index };
	struct cursor *c = &reader->cursor;
	struct dir_record r;
	u32 at = 0, bytes;
	cursor_enter(c, reader->fs, tree);
	int err = cursor_seek(c, &key);
	if (err || !cursor_is_in(c, dir, key.type))
		return err;
	cursor_item(c, &bytes);
	err = dir_record_next(c, &at, &r);
	if (err <= 0 || at != bytes)
		return err < 0 ? err : cursor_fail(c, "not one name, but none or several");
	err = set_entry(c, &r, entry);
	entry->index = cursor_key(c).offset;
	if (!err && entry->index == UINT64_MAX)
		err = cursor_fail(c, "the last index that there is");
	return err ? err : 1;
}
