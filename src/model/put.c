/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members become inodes: the limits of btrfs, and the rules of replacement. */
#include "disk/format.h"
#include "tree_private.h"

#define SYMLINK_MAX_BYTES 4095u /* what the kernel reads back */

int xattrs_check(const struct tree *tree, const struct path *path, const struct xattr *list)
{
	char q[QUOTE_BYTES];
	u64 limit = btrfs_max_xattr_size(tree->options.nodesize);
	const enum diag_hint hint = nodesize_hint(tree->options.nodesize);
	u64 run = 0; /* bytes of the item that names with one hash share */
	for (const struct xattr *x = list, *prev = NULL; x; prev = x, x = x->next) {
		u64 bytes = (u64)x->name_len + x->value_len;
		if (bytes > limit)
			return path_fail_hint(
				-E2BIG, hint, path,
				"xattr %s: name and value have %llu bytes, at most %llu are allowed in nodes of %u bytes",
				quote(q, x->bytes, x->name_len), (unsigned long long)bytes,
				(unsigned long long)limit, tree->options.nodesize);
		bytes += sizeof(struct btrfs_dir_item);
		run = prev && prev->name_hash == x->name_hash ? run + bytes : bytes;
		if (run > btrfs_max_item_size(tree->options.nodesize))
			return path_fail_hint(
				-E2BIG, hint, path,
				"xattr %s: attributes with one name hash have %llu bytes, at most %u are allowed in nodes of %u bytes",
				quote(q, x->bytes, x->name_len), (unsigned long long)run,
				btrfs_max_item_size(tree->options.nodesize),
				tree->options.nodesize);
	}
	return 0;
}

int attributes_check_target(const struct tree *tree, const struct path *path,
			    const struct attributes *attr)
{
	enum diag_hint hint = HINT_NONE;
	u32 limit = btrfs_max_inline_stored(tree->options.nodesize);
	if (!S_ISLNK(attr->mode))
		return 0;
	if (limit < SYMLINK_MAX_BYTES)
		hint = nodesize_hint(tree->options.nodesize);
	else
		limit = SYMLINK_MAX_BYTES;
	if (attr->target_len == 0)
		return path_fail(-EINVAL, path, "an empty symbolic link target");
	if (attr->target_len > limit)
		return path_fail_hint(-ENAMETOOLONG, hint, path,
				      "a symbolic link target of %zu bytes, at most %u are allowed",
				      attr->target_len, limit);
	if (memchr(attr->target, 0, attr->target_len))
		return path_fail(-EINVAL, path, "a NUL byte in the symbolic link target");
	return 0;
}

void inode_set_times(struct tree *tree, struct inode *inode, const struct attributes *attr)
{
	inode->mtime = attr->mtime;
	inode->times = NULL;
	if (attr->times) {
		inode->times = arena_alloc(&tree->arena, sizeof(*inode->times));
		*inode->times = *attr->times;
	}
}

void inode_set_target(struct tree *tree, struct inode *inode, const struct attributes *attr)
{
	inode->size = attr->target_len;
	inode->target = arena_memdup(&tree->arena, attr->target, attr->target_len);
}

static void set_attributes(struct tree *tree, struct inode *inode, const struct attributes *attr)
{
	assert(attr->mode >> 16 == 0);
	inode->mode = attr->mode;
	inode->uid = attr->uid;
	inode->gid = attr->gid;
	inode->flags = attr->flags;
	inode->xattrs = attr->xattrs;
	inode_set_times(tree, inode, attr);
	if (S_ISCHR(attr->mode) || S_ISBLK(attr->mode))
		inode->rdev = attr->rdev;
	if (S_ISLNK(attr->mode))
		inode_set_target(tree, inode, attr);
}

int inode_make(struct tree *tree, const struct path *path, const struct attributes *attr,
	       struct inode **inode)
{
	int err = xattrs_check(tree, path, attr->xattrs);
	if (!err)
		err = attributes_check_target(tree, path, attr);
	if (!err && path->len == 0 && !S_ISDIR(attr->mode))
		err = path_fail(-EINVAL, path,
				"the root is no directory in this member, it must be one");
	if (err)
		return err;
	*inode = arena_alloc(&tree->arena, sizeof(**inode));
	set_attributes(tree, *inode, attr);
	return 0;
}

/* An existing directory keeps its name, number and children, and takes the rest from @from. */
static void directory_become(struct inode *dir, const struct inode *from)
{
	struct dentry *names = dir->names, *children = dir->children;
	const u32 ino = dir->ino;
	*dir = *from;
	dir->names = names;
	dir->children = children;
	dir->ino = ino;
}

int tree_put_inode(struct tree *tree, const struct path *path, struct inode *inode)
{
	if (path->len == 0) {
		directory_become(tree->root, inode);
		return 0;
	}
	struct dentry *d;
	int err = tree_place(tree, path, &d);
	if (err)
		return err;
	if (d->inode && inode_is_dir(d->inode) && inode_is_dir(inode)) {
		directory_become(d->inode, inode);
	} else {
		d->inode = inode;
		inode->names = d;
	}
	return links_resolve(tree, d);
}

int tree_put(struct tree *tree, const struct path *path, const struct attributes *attr,
	     struct inode **inode)
{
	int err = inode_make(tree, path, attr, inode);
	return err ? err : tree_put_inode(tree, path, *inode);
}

int path_of_member(struct tree *tree, const char *raw, size_t len, struct path *path)
{
	size_t skip;
	int err = path_fold(raw, len, path);
	if (err)
		return err;
	path->is_left_out =
		!path_filter_keeps(&tree->options.filter, path->bytes, path->len, &skip);
	if (path->is_left_out)
		return 0;
	tree->root_met = true;
	path->len -= skip;
	memmove(path->bytes, path->bytes + skip, path->len);
	return 0;
}
