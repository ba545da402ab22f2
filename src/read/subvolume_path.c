/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cursor.h"
#include "read/disk_inode.h"
#include "read/subvolume.h"

#include "base/mem.h"

/* Twice what the kernel takes at once. Ends a way upwards that is a circle, and keeps the time short
 * that many nested subvolumes take. */
#define PATH_BYTES_MAX (8u << 10)

/* A path that grows at its front. */
struct upward_path {
	char *bytes; /* reversed, with a slash behind each name */
	size_t len, capacity;
};

static int put_in_front(struct upward_path *p, const struct filesystem_tree *tree,
			const struct directory_entry *name)
{
	if (p->len + name->name_len + 1 > PATH_BYTES_MAX)
		return tree_fail(tree, "a path of more than %u bytes", PATH_BYTES_MAX);
	p->bytes = mem_grow(p->bytes, &p->capacity, p->len + name->name_len + 1, 1);
	for (u32 i = name->name_len; i; i--)
		p->bytes[p->len++] = name->name[i - 1];
	p->bytes[p->len++] = '/';
	return 0;
}

/* Go up from a directory to the root of its subvolume. */
static int add_directories(struct disk_inode_reader *reader, const struct subvolume *in, u64 dir,
			   struct upward_path *p)
{
	struct disk_inode inode = { 0 };
	int err = 0;
	while (!err && dir != in->root_dir) {
		err = disk_inode_read(reader, &in->tree, dir, &inode);
		if (!err && inode.nr_refs != 1)
			err = tree_fail(&in->tree, "directory %llu has not one name",
					(unsigned long long)dir);
		if (!err)
			err = put_in_front(p, &in->tree, &inode.ref);
		dir = inode.ref_parent;
	}
	disk_inode_release(&inode);
	return err;
}

/* Go up to the top level; @has_name becomes false if there is no way. */
static int climb(struct filesystem *fs, const struct subvolume *subvolume, struct upward_path *p,
		 bool *has_name)
{
	struct disk_inode_reader *reader = disk_inode_reader_new(fs);
	struct subvolume s = *subvolume;
	int err = 0;
	while (!err && s.tree.id != BTRFS_FS_TREE_OBJECTID && *has_name) {
		const struct subvolume child = s;
		*has_name = child.parent;
		if (!child.parent)
			break;
		err = put_in_front(p, &child.tree, &child.entry);
		if (!err)
			err = subvolume_open(fs, child.parent, &s);
		if (!err)
			err = add_directories(reader, &s, child.parent_dir, p);
	}
	disk_inode_reader_free(reader);
	return err;
}

int subvolume_path(struct filesystem *fs, const struct subvolume *subvolume, char **path,
		   size_t *len)
{
	struct upward_path p = { 0 };
	bool has_name = true;
	int err = climb(fs, subvolume, &p, &has_name);
	*path = NULL;
	if (!err && has_name) {
		*len = p.len ? p.len - 1 : 0;
		*path = xzalloc(*len + 1);
		for (size_t i = 0; i < *len; i++)
			(*path)[i] = p.bytes[*len - 1 - i];
	}
	xfree(p.bytes);
	return err;
}
