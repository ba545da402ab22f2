/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/filesystem.h"
#include "cursor.h"
#include "filesystem_private.h"
#include "super_read.h"

#include "base/diag.h"
#include "base/mem.h"
#include "read/foreign.h"

/* ---- devices ----------------------------------------------------------------------- */

s64 filesystem_count_devices(const struct filesystem_device *device)
{
	struct btrfs_super_block super;
	int err = super_read(device, false, &super);
	if (err)
		return err;
	const u64 nr = from_le64(super.num_devices);
	if (!nr || nr > INT32_MAX)
		return fail(-EINVAL, "%s says that its filesystem has %llu devices", device->name,
			    (unsigned long long)nr);
	return (s64)nr;
}

/* A seed's filesystem is not the one that is read, if there is another. */
static bool is_seed(const struct btrfs_super_block *s)
{
	return from_le64(s->flags) & BTRFS_SUPER_FLAG_SEEDING;
}

static bool counts_more(const struct btrfs_super_block *a, const struct btrfs_super_block *b)
{
	if (is_seed(a) != is_seed(b))
		return is_seed(b);
	return from_le64(a->generation) > from_le64(b->generation);
}

static int read_supers(struct filesystem *fs, const struct filesystem_device *devices)
{
	for (u32 i = 0; i < fs->nr_devices; i++) {
		struct chunk_device *d = &fs->devices[i];
		d->file = &devices[i];
		int err = super_read(d->file, true, &d->super);
		if (!err)
			err = super_check(d->file, &d->super);
		if (err)
			return err;
		if (!fs->newest || counts_more(&d->super, &fs->newest->super))
			fs->newest = d;
	}
	return 0;
}

static int check_log(const struct filesystem *fs, bool ignore_log)
{
	if (!from_le64(fs->newest->super.log_root) || ignore_log)
		return 0;
	return fail_hint(-ENOTSUP, HINT_LOG,
			 "%s has a log that was not replayed: a mount would do that",
			 fs->newest->file->name);
}

/* ---- chunks ------------------------------------------------------------------------ */

/* The chunks that hold the chunk tree are in the superblock. */
static int read_system_chunks(struct filesystem *fs)
{
	const struct btrfs_super_block *super = &fs->newest->super;
	const u8 *p = super->sys_chunk_array;
	u32 left = from_le32(super->sys_chunk_array_size);
	int err = 0;
	while (left && !err) {
		const struct btrfs_disk_key *key = (const void *)p;
		const struct btrfs_chunk *chunk = (const void *)(key + 1);
		const size_t head = sizeof(*key) + sizeof(*chunk);
		u64 bytes = 0;
		if (left >= head)
			bytes = head + from_le16(chunk->num_stripes) * sizeof(struct btrfs_stripe);
		if (left < head || bytes > left || key->type != BTRFS_CHUNK_ITEM_KEY)
			return fail(-EINVAL, "%s: the superblock's chunk array is damaged",
				    fs->newest->file->name);
		err = chunk_map_add(&fs->map, from_le64(key->offset), chunk,
				    (u32)(bytes - sizeof(*key)));
		p += bytes;
		left -= (u32)bytes;
	}
	return err;
}

struct filesystem_tree filesystem_chunk_tree(const struct filesystem *fs)
{
	const struct btrfs_super_block *super = &fs->newest->super;
	return (struct filesystem_tree){
		.id = BTRFS_CHUNK_TREE_OBJECTID,
		.bytenr = from_le64(super->chunk_root),
		.generation = from_le64(super->chunk_root_generation),
		.level = super->chunk_root_level,
	};
}

static int read_chunk_tree(struct filesystem *fs)
{
	const struct filesystem_tree tree = filesystem_chunk_tree(fs);
	const struct btrfs_key first = { BTRFS_FIRST_CHUNK_TREE_OBJECTID, BTRFS_CHUNK_ITEM_KEY, 0 };
	struct cursor c;
	cursor_init(&c, fs, &tree);
	int err = cursor_seek(&c, &first);
	while (!err && cursor_is_in(&c, first.objectid, first.type)) {
		u32 bytes;
		const void *item = cursor_item(&c, &bytes);
		err = chunk_map_add(&fs->map, cursor_key(&c).offset, item, bytes);
		if (!err)
			err = cursor_next(&c);
	}
	cursor_release(&c);
	return err;
}

/* ---- the whole --------------------------------------------------------------------- */

int filesystem_open(const struct filesystem_device *devices, u32 nr, bool ignore_log,
		    struct filesystem **filesystem)
{
	struct filesystem *fs = xzalloc(sizeof(*fs));
	assert(nr);
	fs->devices = xzalloc(nr * sizeof(*fs->devices));
	fs->nr_devices = nr;
	fs->map = (struct chunk_map){ .devices = fs->devices, .nr_devices = nr };
	int err = read_supers(fs, devices);
	if (!err)
		err = check_log(fs, ignore_log);
	if (!err) {
		fs->blocks.map = &fs->map;
		fs->blocks.csum = super_csum_type(&fs->newest->super);
		fs->blocks.nodesize = from_le32(fs->newest->super.nodesize);
		err = read_system_chunks(fs);
	}
	if (!err)
		err = read_chunk_tree(fs);
	if (err) {
		filesystem_close(fs);
		return err;
	}
	*filesystem = fs;
	return 0;
}

void filesystem_close(struct filesystem *fs)
{
	if (!fs)
		return;
	block_source_release(&fs->blocks);
	chunk_map_release(&fs->map);
	xfree(fs->devices);
	xfree(fs);
}

const struct btrfs_super_block *filesystem_super(const struct filesystem *fs)
{
	return &fs->newest->super;
}

u64 filesystem_profiles(const struct filesystem *fs, u64 type)
{
	const u64 types =
		BTRFS_BLOCK_GROUP_DATA | BTRFS_BLOCK_GROUP_SYSTEM | BTRFS_BLOCK_GROUP_METADATA;
	u64 profiles = 0;
	for (size_t i = 0; i < fs->map.nr; i++)
		if (fs->map.chunks[i].type & type)
			profiles |= fs->map.chunks[i].type & ~types;
	return profiles;
}

const struct btrfs_dev_item *filesystem_device_item(const struct filesystem *fs, u32 nr)
{
	return nr < fs->nr_devices ? &fs->devices[nr].super.dev_item : NULL;
}

u64 filesystem_end(const struct filesystem *fs)
{
	u64 end = 0;
	for (size_t i = 0; i < fs->map.nr; i++)
		for (u32 copy = 0; copy < fs->map.chunks[i].nr_copies; copy++)
			end = max_u64(end, fs->map.chunks[i].copies[copy].physical +
						   fs->map.chunks[i].bytes);
	return end;
}

int filesystem_read_super(const struct filesystem_device *device, struct btrfs_super_block *super)
{
	return super_read(device, false, super);
}

int filesystem_check_super(const struct filesystem_device *device,
			   const struct btrfs_super_block *super)
{
	return super_check(device, super);
}

bool filesystem_read_data(const struct filesystem *fs, u64 logical, void *data, size_t bytes)
{
	const struct mapped_chunk *chunk = chunk_map_find(&fs->map, logical, bytes);
	for (u32 copy = 0; chunk && copy < chunk->nr_copies; copy++)
		if (!chunk_read(chunk, logical, bytes, copy, data))
			return true;
	return false;
}

int filesystem_chunk_uuid(struct filesystem *fs, u8 uuid[BTRFS_UUID_SIZE])
{
	const struct filesystem_tree root_tree = filesystem_root_tree(fs);
	const struct btrfs_key first = { 0 };
	struct cursor c;
	cursor_init(&c, fs, &root_tree);
	int err = cursor_seek(&c, &first);
	if (!err) {
		const struct btrfs_header *h = (const void *)c.blocks[root_tree.level]->bytes;
		memcpy(uuid, h->chunk_tree_uuid, BTRFS_UUID_SIZE);
	}
	cursor_release(&c);
	return err;
}

struct filesystem_tree filesystem_root_tree(const struct filesystem *fs)
{
	const struct btrfs_super_block *super = &fs->newest->super;
	return (struct filesystem_tree){
		.id = BTRFS_ROOT_TREE_OBJECTID,
		.bytenr = from_le64(super->root),
		.generation = from_le64(super->generation),
		.level = super->root_level,
	};
}

/* Copy the item where the cursor is; an old one is shorter. */
static int read_root_item(const struct cursor *c, struct btrfs_root_item *root)
{
	u32 bytes;
	const void *item = cursor_item(c, &bytes);
	if (bytes != sizeof(*root) && bytes != BTRFS_ROOT_ITEM_OLD_SIZE)
		return cursor_fail(c, "a root item of %u bytes", bytes);
	*root = (struct btrfs_root_item){ 0 };
	memcpy(root, item, bytes);
	/* An old kernel changed the item without the part that it did not know. */
	if (from_le64(root->generation_v2) != from_le64(root->generation))
		memset((u8 *)root + BTRFS_ROOT_ITEM_OLD_SIZE, 0,
		       sizeof(*root) - BTRFS_ROOT_ITEM_OLD_SIZE);
	if (root->level >= BTRFS_MAX_LEVEL)
		return cursor_fail(c, "a tree of level %u, allowed is %u", root->level,
				   BTRFS_MAX_LEVEL - 1);
	return 0;
}

int filesystem_find_tree(struct filesystem *fs, u64 id, struct filesystem_tree *tree,
			 struct btrfs_root_item *item)
{
	const struct filesystem_tree root_tree = filesystem_root_tree(fs);
	const struct btrfs_key key = { id, BTRFS_ROOT_ITEM_KEY, 0 };
	struct btrfs_root_item root;
	struct cursor c;
	cursor_init(&c, fs, &root_tree);
	int err = cursor_seek(&c, &key);
	if (!err && !cursor_is_in(&c, id, BTRFS_ROOT_ITEM_KEY))
		err = 1;
	if (!err)
		err = read_root_item(&c, &root);
	cursor_release(&c);
	if (err)
		return err;
	*tree = (struct filesystem_tree){
		.id = id,
		.bytenr = from_le64(root.bytenr),
		.generation = from_le64(root.generation),
		.level = root.level,
	};
	if (item)
		*item = root;
	return 0;
}
