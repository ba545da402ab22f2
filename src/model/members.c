/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The front door: a member is folded, filtered, and put at its place or kept for its layer's end. */
#include "base/diag.h"
#include "tree_private.h"

int tree_add(struct tree *tree, const char *path, size_t path_len, const struct attributes *attr,
	     struct inode **inode)
{
	struct path folded;
	int err = path_of_member(tree, path, path_len, &folded);
	if (err)
		return err;
	struct attributes sorted = *attr;
	xattrs_sort(&sorted.xattrs);
	err = inode_make(tree, &folded, &sorted, inode);
	if (!err)
		err = layer_take_whiteout(tree, path, path_len);
	if (!err && !layer_keep(tree, &(struct waiting){ .path = folded, .inode = *inode }))
		err = tree_put_inode(tree, &folded, *inode);
	xfree(folded.bytes);
	return err < 0 ? err : 0;
}

int tree_make_file(struct tree *tree, const char *path, size_t path_len, u64 bytes,
		   struct inode **inode)
{
	const struct implied_attributes *implied = &tree->options.implied;
	const struct attributes attr = { .mode = S_IFREG | 0644,
					 .uid = implied->uid,
					 .gid = implied->gid,
					 .mtime = implied->time };
	struct path folded;
	int err = path_fold(path, path_len, &folded);
	if (err)
		return err;
	err = inode_make(tree, &folded, &attr, inode);
	if (!err) {
		(*inode)->size = bytes;
		err = tree_put_inode(tree, &folded, *inode);
	}
	xfree(folded.bytes);
	return err;
}

int tree_add_link(struct tree *tree, const char *path, size_t path_len, const char *target,
		  size_t target_len, struct xattr *xattrs, struct inode **donor)
{
	struct path link_path = { .len = 0 }, target_path = { .len = 0 };
	struct inode *data = NULL;
	char q[QUOTE_BYTES];
	int err = path_of_member(tree, path, path_len, &link_path);
	if (!err)
		err = path_of_member(tree, target, target_len, &target_path);
	if (!err && link_path.len == 0)
		err = fail(-EINVAL, "'.': the root is a hard link to '%s', it must be a directory",
			   quote(q, target, target_len));
	if (!err) {
		if (donor) {
			data = arena_alloc(&tree->arena, sizeof(*data));
			data->mode = S_IFREG;
			*donor = data;
		}
		xattrs_sort(&xattrs);
		err = layer_take_whiteout(tree, path, path_len);
	}
	if (!err && !layer_keep(tree, &(struct waiting){ .path = link_path,
							 .target = &target_path,
							 .xattrs = xattrs,
							 .inode = data }))
		err = tree_put_link(tree, &link_path, &target_path, xattrs, data);
	xfree(link_path.bytes);
	xfree(target_path.bytes);
	return err < 0 ? err : 0;
}
