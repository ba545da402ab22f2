/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/subvolume.h"
#include "cursor.h"

#include "base/diag.h"
#include "read/foreign.h"

#define DEFAULT_NAME "default"

static bool is_subvolume_id(u64 id)
{
	return id == BTRFS_FS_TREE_OBJECTID ||
	       (id >= BTRFS_FIRST_FREE_OBJECTID && id <= BTRFS_LAST_FREE_OBJECTID);
}

/* Read the ROOT_BACKREF where the cursor is. */
static int read_backref(const struct cursor *c, struct subvolume *s)
{
	u32 bytes;
	const struct btrfs_root_ref *ref = cursor_item(c, &bytes);
	if (bytes < sizeof(*ref) || from_le16(ref->name_len) != bytes - sizeof(*ref) ||
	    from_le16(ref->name_len) > BTRFS_NAME_LEN)
		return cursor_fail(c, "a reference to a subvolume is cut");
	s->parent = cursor_key(c).offset;
	s->parent_dir = from_le64(ref->dirid);
	s->entry = (struct directory_entry){
		.is_subvolume = true,
		.id = s->tree.id,
		.index = from_le64(ref->sequence),
		.name_len = from_le16(ref->name_len),
	};
	memcpy(s->entry.name, ref + 1, s->entry.name_len);
	return 0;
}

static int find_backref(struct filesystem *fs, struct subvolume *s)
{
	const struct filesystem_tree root_tree = filesystem_root_tree(fs);
	const struct btrfs_key key = { s->tree.id, BTRFS_ROOT_BACKREF_KEY, 0 };
	struct cursor c;
	cursor_init(&c, fs, &root_tree);
	int err = cursor_seek(&c, &key);
	if (!err && cursor_is_in(&c, key.objectid, key.type))
		err = read_backref(&c, s);
	cursor_release(&c);
	return err;
}

int subvolume_open(struct filesystem *fs, u64 id, struct subvolume *s)
{
	struct btrfs_root_item item;
	*s = (struct subvolume){ 0 };
	int r = is_subvolume_id(id) ? filesystem_find_tree(fs, id, &s->tree, &item) : 1;
	if (r > 0)
		return fail(-ENOENT, "there is no subvolume with id %lld", (long long)id);
	if (r)
		return r;
	if (!from_le32(item.refs))
		return fail(-ENOENT, "subvolume %llu was deleted", (unsigned long long)id);
	s->root_dir = from_le64(item.root_dirid);
	s->is_read_only = from_le64(item.flags) & BTRFS_ROOT_SUBVOL_RDONLY;
	memcpy(s->uuid, item.uuid, sizeof(s->uuid));
	memcpy(s->received_uuid, item.received_uuid, sizeof(s->received_uuid));
	s->ctransid = from_le64(item.ctransid);
	s->otime.sec = (s64)from_le64(item.otime.sec);
	s->otime.nsec = from_le32(item.otime.nsec);
	return find_backref(fs, s);
}

int subvolume_default(struct filesystem *fs, u64 *id)
{
	const struct filesystem_tree root_tree = filesystem_root_tree(fs);
	const u64 dir = from_le64(filesystem_super(fs)->root_dir_objectid);
	struct directory_entry entry;
	int r = directory_find(fs, &root_tree, dir, DEFAULT_NAME, strlen(DEFAULT_NAME), &entry);
	if (r < 0)
		return r;
	*id = r ? BTRFS_FS_TREE_OBJECTID : entry.id;
	return 0;
}

int subvolume_next(struct filesystem *fs, u64 *id)
{
	const struct filesystem_tree root_tree = filesystem_root_tree(fs);
	struct btrfs_key key = { *id + 1, BTRFS_ROOT_ITEM_KEY, 0 };
	struct filesystem_tree tree;
	struct btrfs_root_item item;
	struct cursor c;
	int r = 0, err;
	cursor_init(&c, fs, &root_tree);
	while (!(err = cursor_seek(&c, &key)) && !c.is_at_end) {
		const struct btrfs_key found = cursor_key(&c);
		key.objectid = found.objectid + (found.type >= key.type);
		if (found.objectid > BTRFS_LAST_FREE_OBJECTID)
			break;
		if (found.type != key.type || !is_subvolume_id(found.objectid))
			continue;
		err = filesystem_find_tree(fs, found.objectid, &tree, &item);
		if (err || from_le32(item.refs)) {
			*id = found.objectid;
			r = 1;
			break;
		}
	}
	cursor_release(&c);
	return err < 0 ? err : r;
}

bool subvolume_enters(const struct subvolume *child, u64 parent, u64 dir,
		      const struct directory_entry *entry)
{
	return child->parent == parent && child->parent_dir == dir &&
	       child->entry.index == entry->index && child->entry.name_len == entry->name_len &&
	       !memcmp(child->entry.name, entry->name, entry->name_len);
}

/* ---- paths ------------------------------------------------------------------------- */

/* The next component of @path; returns its length, 0 at the end. */
static size_t next_component(const char **path)
{
	size_t len;
	do {
		*path += strspn(*path, "/");
		len = strcspn(*path, "/");
		if (len != 1 || **path != '.')
			return len;
		*path += len;
	} while (true);
}

/* Go into what the last component led to. */
static int enter_entry(struct filesystem *fs, struct subvolume_place *place)
{
	if (!place->entry.is_subvolume) {
		place->dir = place->entry.id;
		return 0;
	}
	int err = subvolume_open(fs, place->entry.id, &place->subvolume);
	place->dir = place->subvolume.root_dir;
	return err;
}

int subvolume_find(struct filesystem *fs, u64 id, const char *path, struct subvolume_place *place)
{
	const char *p = path;
	*place = (struct subvolume_place){ .entry = { .is_subvolume = true, .id = id } };
	for (size_t len; (len = next_component(&p)); p += len) {
		int r = enter_entry(fs, place);
		if (!r)
			r = directory_find(fs, &place->subvolume.tree, place->dir, p, len,
					   &place->entry);
		if (r)
			return r;
	}
	return 0;
}

int subvolume_resolve(struct filesystem *fs, u64 id, const char *path,
		      struct subvolume_place *place)
{
	char quoted[QUOTE_BYTES];
	const int r = subvolume_find(fs, id, path, place);
	if (r <= 0)
		return r;
	return fail(-ENOENT, "there is no %s in the image", quote(quoted, path, strlen(path)));
}
