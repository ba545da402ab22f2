/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manifest.h"
#include "manifest_writer.h"

#include "disk/format.h"
#include "model/file_hash.h"

struct listing {
	struct manifest_writer *writer;
	const struct tree *tree;
	char *path; /* of the current entry: "." or "./..." */
	size_t path_len, path_capacity;
	u64 nr_groups; /* of hard links so far */
	u64 *groups;   /* by index in tree_inodes(): number of the group, 0 for none yet */
	struct manifest_xattr *xattrs;
	size_t xattrs_capacity;
};

/* ---- an entry ---------------------------------------------------------------------- */

static u64 link_group(struct listing *l, const struct inode *inode)
{
	if (inode->nlink < 2)
		return 0;
	const u64 index = tree_inode_index(l->tree, inode);
	if (!l->groups[index])
		l->groups[index] = ++l->nr_groups;
	return l->groups[index];
}

static size_t list_xattrs(struct listing *l, const struct inode *inode)
{
	size_t nr = 0;
	for (const struct xattr *x = inode->xattrs; x; x = x->next) {
		l->xattrs = mem_grow(l->xattrs, &l->xattrs_capacity, nr + 1, sizeof(*l->xattrs));
		l->xattrs[nr++] = (struct manifest_xattr){
			.name = x->bytes,
			.name_len = x->name_len,
			.value = xattr_value(x),
			.value_len = x->value_len,
		};
	}
	return nr;
}

static void put_entry(struct listing *l, const struct inode *inode)
{
	u8 hash[FILE_HASH_BYTES];
	struct manifest_times times;
	struct manifest_record r = {
		.path = l->path,
		.path_len = l->path_len,
		.mode = inode->mode,
		.uid = inode->uid,
		.gid = inode->gid,
		.mtime = inode->mtime,
		.size = inode->size,
		.hash = inode->hash,
		.nlink = inode->nlink,
		.link_group = link_group(l, inode),
		.flags = inode->flags,
		.nr_xattrs = list_xattrs(l, inode),
	};
	r.xattrs = l->xattrs;
	if (inode->times) {
		times = (struct manifest_times){ inode->times->atime, inode->times->ctime,
						 inode->times->otime };
		r.times = &times;
	}
	if (inode_is_symlink(inode))
		r.target = inode->target;
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		r.rdev = (u32)inode->rdev;
	if (inode_is_file(inode) && !inode->hash) { /* no member brought data */
		file_hash_finish(file_hash_new(inode->size), hash);
		r.hash = hash;
	}
	manifest_writer_put(l->writer, &r);
}

/* ---- the walk ---------------------------------------------------------------------- */

static void add_path(struct listing *l, const char *bytes, size_t len)
{
	l->path = mem_grow(l->path, &l->path_capacity, l->path_len + len, 1);
	memcpy(l->path + l->path_len, bytes, len);
	l->path_len += len;
}

static void put_tree(struct listing *l, const struct inode *root)
{
	struct tree_walk walk = { .depth = 0 };
	add_path(l, ".", 1);
	put_entry(l, root);
	tree_walk_enter(&walk, root, l->path_len);
	for (const struct dentry *d; (d = tree_walk_next(&walk));) {
		l->path_len = walk.mark;
		add_path(l, "/", 1);
		add_path(l, d->name, d->name_len);
		put_entry(l, d->inode);
		if (inode_is_dir(d->inode))
			tree_walk_enter(&walk, d->inode, l->path_len);
	}
	tree_walk_release(&walk);
}

int manifest_write(const struct tree *tree, int fd, const char *name,
		   u8 digest[MANIFEST_DIGEST_BYTES])
{
	struct listing l = { .tree = tree, .writer = manifest_writer_new(fd, name) };
	u64 nr_inodes;
	(void)tree_inodes(tree, &nr_inodes);
	l.groups = xzalloc(nr_inodes * sizeof(*l.groups));
	put_tree(&l, tree_root(tree));
	xfree(l.groups);
	xfree(l.path);
	xfree(l.xattrs);
	return manifest_writer_finish(l.writer, digest);
}
