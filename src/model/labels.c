/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One xattr for all inodes, with a value by path: SELinux labels. */
#include "tree_private.h"

int tree_label(struct tree *tree, const char *xattr,
	       const char *(*label)(void *context, const char *path, u32 mode, int *err),
	       void *context)
{
	int err = 0;
	assert(tree->phase == TREE_FINISHED);
	for (size_t i = 0; i < tree->numbering.nr_inodes && !err; i++) {
		struct inode *inode = tree->numbering.inodes[i];
		struct path path = inode_path(inode);
		char *absolute = xzalloc(path.len + 2);
		absolute[0] = '/';
		if (path.len)
			memcpy(absolute + 1, path.bytes, path.len);
		const char *value = label(context, absolute, inode->mode, &err);
		if (!err && value) {
			xattr_add(&tree->arena, &inode->xattrs, xattr, strlen(xattr), value,
				  strlen(value) + 1);
			xattrs_sort(&inode->xattrs);
			err = xattrs_check(tree, &path, inode->xattrs);
		}
		xfree(absolute);
		xfree(path.bytes);
	}
	return err;
}
