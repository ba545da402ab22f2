/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All names stand in one hash table, keyed by directory and name, so a lookup is
 * O(1) a component however large the directory is. A name is never taken out:
 * what replaces it gets its dentry, and what was below a replaced directory is
 * out of reach because the directory is. A dentry without an inode is no name: it is being
 * placed, or a whiteout hid what it stood for.
 */
#include "disk/checksum.h"
#include "disk/format.h"
#include "tree_private.h"

#define FIRST_BUCKETS 1024

static struct dentry **bucket(const struct tree *tree, const struct inode *dir, u32 hash)
{
	u64 mixed = ((uintptr_t)dir ^ ((u64)hash << 32 | hash)) * 0x9e3779b97f4a7c15ull;
	return &tree->buckets[(mixed >> 20) & (tree->nr_buckets - 1)];
}

struct dentry *name_find(const struct tree *tree, const struct inode *dir, const char *name,
			 size_t len)
{
	u32 hash = name_hash(name, len);
	for (struct dentry *d = *bucket(tree, dir, hash); d; d = d->hash_next)
		if (d->name_hash == hash && d->dir == dir && d->name_len == len &&
		    memcmp(d->name, name, len) == 0)
			return d;
	return NULL;
}

static void table_grow(struct tree *tree)
{
	struct dentry **old = tree->buckets;
	size_t old_nr = tree->nr_buckets;
	tree->nr_buckets = old_nr * 2;
	tree->buckets = xzalloc(tree->nr_buckets * sizeof(*tree->buckets));
	for (size_t i = 0; i < old_nr; i++)
		for (struct dentry *d = old[i], *next; d; d = next) {
			next = d->hash_next;
			struct dentry **b = bucket(tree, d->dir, d->name_hash);
			d->hash_next = *b;
			*b = d;
		}
	xfree(old);
}

const char *nodesize_hint(u32 nodesize)
{
	if (nodesize < 16384)
		return " with this node size (see -n 16k)";
	return nodesize < BTRFS_MAX_NODESIZE ? " with this node size (see -n 64k)" : "";
}

/* Names with one hash share one DIR_ITEM, which must fit into a leaf. */
static int check_collisions(const struct tree *tree, const struct inode *dir, size_t len, u32 hash,
			    const struct path *path)
{
	u64 bytes = sizeof(struct btrfs_dir_item) + len;
	u64 limit = btrfs_max_item_size(tree->options.nodesize);
	for (struct dentry *d = *bucket(tree, dir, hash); d; d = d->hash_next)
		if (d->name_hash == hash && d->dir == dir && d->inode)
			bytes += sizeof(struct btrfs_dir_item) + d->name_len;
	if (bytes <= limit)
		return 0;
	char q[QUOTE_BYTES];
	return fail(-EOVERFLOW,
		    "%s: too many names with one hash in its directory: "
		    "%llu bytes, at most %llu are allowed%s",
		    quote(q, path->bytes, path->len), (unsigned long long)bytes,
		    (unsigned long long)limit, nodesize_hint(tree->options.nodesize));
}

int name_add(struct tree *tree, struct inode *dir, const char *name, size_t len,
	     const struct path *path, struct dentry **result)
{
	u32 hash = name_hash(name, len);
	int err = check_collisions(tree, dir, len, hash, path);
	if (err)
		return err;
	if (tree->nr_dentries >= tree->nr_buckets)
		table_grow(tree);
	struct dentry *d = arena_alloc(&tree->arena, offsetof(struct dentry, name) + len);
	struct dentry **b = bucket(tree, dir, hash);
	d->dir = dir;
	d->name_hash = hash;
	d->name_len = (u8)len;
	memcpy(d->name, name, len);
	d->hash_next = *b;
	*b = d;
	d->sibling_next = dir->children;
	dir->children = d;
	tree->nr_dentries++;
	*result = d;
	return 0;
}

void names_init(struct tree *tree)
{
	tree->nr_buckets = FIRST_BUCKETS;
	tree->buckets = xzalloc(tree->nr_buckets * sizeof(*tree->buckets));
}
