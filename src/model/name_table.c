/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "name_table.h"

#include "disk/checksum.h"
#include "disk/format.h"
#include "tree_private.h"

#define FIRST_BUCKETS 1024

static struct dentry **name_bucket(const struct name_table *names, const struct inode *dir,
				   u32 hash)
{
	u64 mixed = ((uintptr_t)dir ^ ((u64)hash << 32 | hash)) * 0x9e3779b97f4a7c15ull;
	return &names->buckets[(mixed >> 20) & (names->nr_buckets - 1)];
}

struct dentry *name_find(const struct name_table *names, const struct inode *dir, const char *name,
			 size_t len)
{
	u32 hash = name_hash(name, len);
	for (struct dentry *d = *name_bucket(names, dir, hash); d; d = d->hash_next)
		if (d->name_hash == hash && d->dir == dir && d->name_len == len &&
		    memcmp(d->name, name, len) == 0)
			return d;
	return NULL;
}

static void name_table_grow(struct name_table *names)
{
	const struct name_table old = *names;
	names->nr_buckets = 2 * old.nr_buckets;
	names->buckets = xzalloc(names->nr_buckets * sizeof(*names->buckets));
	for (size_t i = 0; i < old.nr_buckets; i++)
		for (struct dentry *d = old.buckets[i], *next; d; d = next) {
			struct dentry **b = name_bucket(names, d->dir, d->name_hash);
			next = d->hash_next;
			d->hash_next = *b;
			*b = d;
		}
	xfree(old.buckets);
}

/* Names with one hash share one DIR_ITEM, which must fit into a leaf. */
static int check_collisions(const struct tree *tree, const struct inode *dir, size_t len, u32 hash,
			    const struct path *path)
{
	u64 bytes = sizeof(struct btrfs_dir_item) + len;
	u64 limit = btrfs_max_item_size(tree->options.nodesize);
	for (struct dentry *d = *name_bucket(&tree->names, dir, hash); d; d = d->hash_next)
		if (d->name_hash == hash && d->dir == dir && d->inode)
			bytes += sizeof(struct btrfs_dir_item) + d->name_len;
	if (bytes <= limit)
		return 0;
	return path_fail_hint(-EOVERFLOW, nodesize_hint(tree->options.nodesize), path,
			      "its directory has names with one hash of %llu bytes, at most %llu "
			      "are allowed in nodes of %u bytes",
			      (unsigned long long)bytes, (unsigned long long)limit,
			      tree->options.nodesize);
}

int name_add(struct tree *tree, struct inode *dir, const char *name, size_t len,
	     const struct path *path, struct dentry **result)
{
	u32 hash = name_hash(name, len);
	int err = check_collisions(tree, dir, len, hash, path);
	if (err)
		return err;
	if (tree->names.nr++ == tree->names.nr_buckets)
		name_table_grow(&tree->names);
	struct dentry *d = arena_alloc(&tree->arena, offsetof(struct dentry, name) + len);
	struct dentry **b = name_bucket(&tree->names, dir, hash);
	d->dir = dir;
	d->name_hash = hash;
	d->name_len = (u8)len;
	memcpy(d->name, name, len);
	d->hash_next = *b;
	*b = d;
	d->sibling_next = dir->children;
	dir->children = d;
	*result = d;
	return 0;
}

void name_table_init(struct name_table *names)
{
	names->nr_buckets = FIRST_BUCKETS;
	names->buckets = xzalloc(names->nr_buckets * sizeof(*names->buckets));
}

void name_table_release(struct name_table *names)
{
	xfree(names->buckets);
	names->buckets = NULL;
}
