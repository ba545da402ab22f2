/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front door: the path of a member is folded and filtered, a whiteout is remembered, and any
 * other member is put at its place, or waits for the end of its layer.
 */
#include "tree_private.h"

int tree_leaves_out(const struct tree *tree, const char *path, size_t path_len)
{
	struct path folded;
	size_t skip;
	int err = path_fold(path, path_len, &folded);
	if (err)
		return err;
	bool keeps = path_filter_keeps(&tree->options.filter, folded.bytes, folded.len, &skip);
	xfree(folded.bytes);
	return !keeps;
}

bool tree_has_filter(const struct tree *tree)
{
	const struct path_filter *filter = &tree->options.filter;
	return filter->nr_paths || filter->nr_regexes || filter->root_len;
}

const struct owner_rules *tree_owners(const struct tree *tree)
{
	return &tree->options.owners;
}

int tree_add(struct tree *tree, const char *path, size_t path_len, const struct attributes *attr,
	     struct inode **inode)
{
	struct path folded;
	assert(tree->phase == TREE_OPEN);
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
	assert(tree->phase == TREE_OPEN && !tree->layers.is_open);
	int err = path_fold(path, path_len, &folded);
	if (err)
		return err;
	err = tree_put(tree, &folded, &attr, inode);
	if (!err)
		(*inode)->size = bytes;
	xfree(folded.bytes);
	return err;
}

int tree_add_link(struct tree *tree, const char *path, size_t path_len, const char *target,
		  size_t target_len, struct xattr *xattrs, struct inode **donor)
{
	struct path link_path = { .len = 0 }, target_path = { .len = 0 };
	struct inode *data = NULL;
	char q[QUOTE_BYTES];
	assert(tree->phase == TREE_OPEN);
	int err = path_of_member(tree, path, path_len, &link_path);
	if (!err)
		err = path_of_member(tree, target, target_len, &target_path);
	if (!err && link_path.len == 0)
		err = path_fail(-EINVAL, &link_path,
				"the root is a hard link to '%s', it must be a directory",
				quote(q, target, target_len));
	if (!err && donor) {
		data = arena_alloc(&tree->arena, sizeof(*data));
		data->mode = S_IFREG;
		*donor = data;
	}
	xattrs_sort(&xattrs);
	if (!err)
		err = layer_take_whiteout(tree, path, path_len);
	if (!err && !layer_keep(tree, &(struct waiting){ .path = link_path,
							 .target = &target_path,
							 .xattrs = xattrs,
							 .inode = data }))
		err = tree_put_link(tree, &link_path, &target_path, xattrs, data);
	xfree(link_path.bytes);
	xfree(target_path.bytes);
	return err < 0 ? err : 0;
}
