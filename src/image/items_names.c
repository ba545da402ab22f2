/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "items_fs.h"

#include "base/diag.h"
#include "disk/checksum.h"

#include <stdlib.h>

static u64 parent_ino(const struct dentry *d)
{
	return d->dir->ino;
}

/* ---- INODE_REF, INODE_EXTREF ---------------------------------------------------------- */

static int compare_by_parent(const void *a, const void *b)
{
	const struct dentry *x = *(const struct dentry *const *)a;
	const struct dentry *y = *(const struct dentry *const *)b;
	if (parent_ino(x) != parent_ino(y))
		return parent_ino(x) < parent_ino(y) ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static u64 extref_key(const struct dentry *d)
{
	return extref_hash(parent_ino(d), d->name, d->name_len);
}

static int compare_by_extref(const void *a, const void *b)
{
	const struct dentry *x = *(const struct dentry *const *)a;
	const struct dentry *y = *(const struct dentry *const *)b;
	u64 hx = extref_key(x), hy = extref_key(y);
	if (hx != hy)
		return hx < hy ? -1 : 1;
	return compare_by_parent(a, b);
}

static u8 *put_ref(u8 *at, const struct dentry *d)
{
	struct btrfs_inode_ref ref = { .index = to_le64(d->index),
				       .name_len = to_le16(d->name_len) };
	return mempcpy(mempcpy(at, &ref, sizeof(ref)), d->name, d->name_len);
}

/* One item with the refs of names[0..nr), which have one parent. */
static int add_ref_item(const struct fs_producer *p, u64 ino, const struct dentry *const *names,
			size_t nr, u32 bytes)
{
	struct btrfs_key key = { ino, BTRFS_INODE_REF_KEY, parent_ino(names[0]) };
	void *item;
	int err = tree_writer_add(p->tw, key, bytes, &item);
	if (err || tree_writer_counts_only(p->tw))
		return err;
	u8 *at = item;
	for (size_t i = 0; i < nr; i++)
		at = put_ref(at, names[i]);
	return 0;
}

static int add_extref_item(const struct fs_producer *p, u64 ino, const struct dentry *const *names,
			   size_t nr, u64 bytes)
{
	char q[QUOTE_BYTES];
	u32 limit = btrfs_max_item_size(p->bp->options.nodesize);
	if (bytes > limit)
		return fail_hint(
			-EOVERFLOW, nodesize_hint(p->bp->options.nodesize),
			"%s: too many hard links with one hash: %llu bytes, at most %u are allowed in nodes of %u bytes",
			quote(q, names[0]->name, names[0]->name_len), (unsigned long long)bytes,
			limit, p->bp->options.nodesize);
	struct btrfs_key key = { ino, BTRFS_INODE_EXTREF_KEY, extref_key(names[0]) };
	void *item;
	int err = tree_writer_add(p->tw, key, (u32)bytes, &item);
	if (err || tree_writer_counts_only(p->tw))
		return err;
	u8 *at = item;
	for (size_t i = 0; i < nr; i++) {
		struct btrfs_inode_extref ref = {
			.parent_objectid = to_le64(parent_ino(names[i])),
			.index = to_le64(names[i]->index),
			.name_len = to_le16(names[i]->name_len),
		};
		at = mempcpy(mempcpy(at, &ref, sizeof(ref)), names[i]->name, names[i]->name_len);
	}
	return 0;
}

static int add_extrefs(const struct fs_producer *p, u64 ino, const struct dentry **names, size_t nr)
{
	qsort(names, nr, sizeof(*names), compare_by_extref);
	for (size_t i = 0, end; i < nr; i = end) {
		u64 bytes = 0;
		for (end = i; end < nr && extref_key(names[end]) == extref_key(names[i]); end++)
			bytes += sizeof(struct btrfs_inode_extref) + names[end]->name_len;
		int err = add_extref_item(p, ino, names + i, end - i, bytes);
		if (err)
			return err;
	}
	return 0;
}

/* Names in one parent go into its INODE_REF while they fit, the rest into INODE_EXTREFs. */
int add_refs(struct fs_producer *p, const struct inode *inode)
{
	size_t nr = 0;
	for (const struct dentry *d = inode->names; d; d = d->alias_next) {
		p->names = mem_grow(p->names, &p->names_capacity, nr + 1, sizeof(*p->names));
		p->names[nr++] = d;
	}
	if (nr > 1)
		qsort(p->names, nr, sizeof(*p->names), compare_by_parent);

	size_t nr_extrefs = 0; /* collected at the front of names, where all is read already */
	u32 limit = btrfs_max_item_size(p->bp->options.nodesize);
	for (size_t i = 0, end, fit; i < nr; i = end) {
		u32 bytes = 0;
		for (fit = i; fit < nr && parent_ino(p->names[fit]) == parent_ino(p->names[i]);
		     fit++) {
			u32 more = (u32)sizeof(struct btrfs_inode_ref) + p->names[fit]->name_len;
			if (bytes + more > limit)
				break;
			bytes += more;
		}
		int err = add_ref_item(p, inode->ino, p->names + i, fit - i, bytes);
		if (err)
			return err;
		for (end = fit; end < nr && parent_ino(p->names[end]) == parent_ino(p->names[i]);
		     end++)
			;
		memmove(p->names + nr_extrefs, p->names + fit, (end - fit) * sizeof(*p->names));
		nr_extrefs += end - fit;
	}
	return nr_extrefs ? add_extrefs(p, inode->ino, p->names, nr_extrefs) : 0;
}

/* ---- DIR_ITEM, DIR_INDEX ------------------------------------------------------------------ */

static u8 dir_item_type(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return BTRFS_FT_DIR;
	case S_IFCHR:
		return BTRFS_FT_CHRDEV;
	case S_IFBLK:
		return BTRFS_FT_BLKDEV;
	case S_IFIFO:
		return BTRFS_FT_FIFO;
	case S_IFSOCK:
		return BTRFS_FT_SOCK;
	case S_IFLNK:
		return BTRFS_FT_SYMLINK;
	default:
		return BTRFS_FT_REG_FILE;
	}
}

/* The target of a name: an inode of the same tree, or another tree. */
static struct btrfs_disk_key location(const struct fs_producer *p, const struct inode *inode)
{
	if (inode_is_subvol_root(inode))
		return key_to_disk((struct btrfs_key){ p->bp->subvols[inode->subvol].id,
						       BTRFS_ROOT_ITEM_KEY, UINT64_MAX });
	return key_to_disk((struct btrfs_key){ inode->ino, BTRFS_INODE_ITEM_KEY, 0 });
}

static u8 *put_dir_record(const struct fs_producer *p, u8 *at, const struct dentry *d)
{
	struct btrfs_dir_item record = {
		.location = location(p, d->inode),
		.transid = to_le64(GENERATION),
		.name_len = to_le16(d->name_len),
		.type = dir_item_type(d->inode->mode),
	};
	return mempcpy(mempcpy(at, &record, sizeof(record)), d->name, d->name_len);
}

static int compare_by_hash(const void *a, const void *b)
{
	const struct dentry *x = *(const struct dentry *const *)a;
	const struct dentry *y = *(const struct dentry *const *)b;
	if (x->name_hash != y->name_hash)
		return x->name_hash < y->name_hash ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* tree_add() made sure that names with one hash fit into an item. */
static int add_dir_items(struct fs_producer *p, const struct inode *dir)
{
	p->names = mem_grow(p->names, &p->names_capacity, dir->nr + 1, sizeof(*p->names));
	for (u32 i = 0; i < dir->nr; i++)
		p->names[i] = dir->sorted[i];
	qsort(p->names, dir->nr, sizeof(*p->names), compare_by_hash);

	for (u32 i = 0, end; i < dir->nr; i = end) {
		u32 hash = p->names[i]->name_hash, bytes = 0;
		for (end = i; end < dir->nr && p->names[end]->name_hash == hash; end++)
			bytes += (u32)sizeof(struct btrfs_dir_item) + p->names[end]->name_len;
		struct btrfs_key key = { dir->ino, BTRFS_DIR_ITEM_KEY, hash };
		void *item;
		int err = tree_writer_add(p->tw, key, bytes, &item);
		if (err)
			return err;
		u8 *at = item;
		for (u32 j = i; j < end; j++)
			at = put_dir_record(p, at, p->names[j]);
	}
	return 0;
}

static int compare_by_index(const void *a, const void *b)
{
	const struct dentry *x = *(const struct dentry *const *)a;
	const struct dentry *y = *(const struct dentry *const *)b;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The names of @dir by index: not the order of names if several layers added them. */
static const struct dentry *const *names_by_index(struct fs_producer *p, const struct inode *dir)
{
	u32 nr = 1;
	while (nr < dir->nr && dir->sorted[nr - 1]->index < dir->sorted[nr]->index)
		nr++;
	if (nr == dir->nr)
		return (const struct dentry *const *)dir->sorted;
	for (u32 i = 0; i < dir->nr; i++)
		p->names[i] = dir->sorted[i];
	qsort(p->names, dir->nr, sizeof(*p->names), compare_by_index);
	return p->names;
}

/* After add_dir_items(), which made room for the names. */
static int add_dir_indexes(struct fs_producer *p, const struct inode *dir)
{
	const struct dentry *const *names = names_by_index(p, dir);
	for (u32 i = 0; i < dir->nr; i++) {
		const struct dentry *d = names[i];
		struct btrfs_key key = { dir->ino, BTRFS_DIR_INDEX_KEY, d->index };
		void *item;
		int err = tree_writer_add(p->tw, key,
					  (u32)sizeof(struct btrfs_dir_item) + d->name_len, &item);
		if (err)
			return err;
		put_dir_record(p, item, d);
	}
	return 0;
}

int add_dir_names(struct fs_producer *p, const struct inode *dir)
{
	if (!dir->nr)
		return 0;
	int err = add_dir_items(p, dir);
	return err ? err : add_dir_indexes(p, dir);
}
