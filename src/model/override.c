/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mtree plan overrides the attributes that the archive brought. */
#include "tree_private.h"

static const char *name_of_type(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symbolic link";
	case S_IFCHR:
		return "a character device";
	case S_IFBLK:
		return "a block device";
	case S_IFIFO:
		return "a fifo";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a file";
	}
}

static bool has_xattr(const struct xattr *list, const char *name)
{
	while (list && !xattr_is(list, name))
		list = list->next;
	return list;
}

/* Whether the given attributes fit the inode. */
static int check_given(const struct path *path, const struct inode *inode,
		       const struct attributes *attr, u32 given)
{
	if ((given & GIVEN_TYPE) && (inode->mode & S_IFMT) != (attr->mode & S_IFMT))
		return path_fail(-EEXIST, path, "it is %s, allowed: the type that it has",
				 name_of_type(inode->mode));
	if ((given & GIVEN_TARGET) && !inode_is_symlink(inode))
		return path_fail(-EINVAL, path, "it is no symbolic link, which link= is for");
	if ((given & GIVEN_VERITY) && !inode_is_file(inode))
		return path_fail(-EINVAL, path, "it is no file, which verity= is for");
	if ((given & GIVEN_DEVICE) && !S_ISCHR(inode->mode) && !S_ISBLK(inode->mode))
		return path_fail(-EINVAL, path, "it is no device, which device= is for");
	/* The mode is a part of an access ACL. */
	if ((given & GIVEN_MODE) && has_xattr(inode->xattrs, XATTR_ACL_ACCESS) &&
	    !has_xattr(attr->xattrs, XATTR_ACL_ACCESS))
		return path_fail(-EINVAL, path,
				 "it has an access ACL, allowed: mode= with xattr." XATTR_ACL_ACCESS
				 "=");
	if (!(given & GIVEN_MODE) && has_xattr(attr->xattrs, XATTR_ACL_ACCESS))
		return path_fail(-EINVAL, path,
				 "it has no mode= here, allowed: an access ACL with mode=");
	return 0;
}

static void set_verity(struct inode *inode, enum fsverity_algorithm algorithm)
{
	static const u32 flags[] = {
		[FSVERITY_NONE] = INODE_VERITY,
		[FSVERITY_SHA256] = INODE_VERITY_SHA256,
		[FSVERITY_SHA512] = INODE_VERITY_SHA512,
	};
	inode->flags = (inode->flags & ~INODE_VERITY) | flags[algorithm];
}

static int change_inode(struct tree *tree, const struct path *path, struct inode *inode,
			const struct attributes *attr, u32 given)
{
	if ((given & GIVEN_MODE) && !inode_is_symlink(inode))
		inode->mode = (inode->mode & S_IFMT) | (attr->mode & ~(u32)S_IFMT);
	if (given & GIVEN_UID)
		inode->uid = attr->uid;
	if (given & GIVEN_GID)
		inode->gid = attr->gid;
	if (given & GIVEN_TIMES)
		inode_set_times(tree, inode, attr);
	if (given & GIVEN_FLAGS)
		inode->flags = attr->flags | (inode->flags & INODE_VERITY);
	if (given & GIVEN_VERITY)
		set_verity(inode, attr->verity);
	if (given & GIVEN_DEVICE)
		inode->rdev = attr->rdev;
	if (given & GIVEN_TARGET)
		inode_set_target(tree, inode, attr);
	for (struct xattr *x = attr->xattrs, *next; x; x = next) {
		next = x->next;
		x->next = inode->xattrs;
		inode->xattrs = x;
	}
	xattrs_sort(&inode->xattrs);
	return xattrs_check(tree, path, inode->xattrs);
}

/* A new inode; attributes that are not given are those of directories that no member describes. */
static int make_inode(struct tree *tree, const struct path *path, const struct attributes *attr,
		      u32 given)
{
	const struct implied_attributes *implied = &tree->options.implied;
	struct attributes full = *attr;
	struct inode *inode;
	const char *missing = NULL;
	if (!(given & GIVEN_TYPE))
		missing = "type";
	else if (!(given & GIVEN_MODE) && !S_ISDIR(attr->mode) && !S_ISLNK(attr->mode))
		missing = "mode";
	else if (!(given & GIVEN_DEVICE) && (S_ISCHR(attr->mode) || S_ISBLK(attr->mode)))
		missing = "device";
	else if (!(given & GIVEN_TARGET) && S_ISLNK(attr->mode))
		missing = "link";
	if (missing)
		return path_fail(-ENOENT, path, "it is not in the archive, allowed: %s= to make it",
				 missing);
	if (!(given & GIVEN_MODE) && S_ISDIR(attr->mode))
		full.mode = S_IFDIR | implied->mode;
	if (!(given & GIVEN_UID))
		full.uid = implied->uid;
	if (!(given & GIVEN_GID))
		full.gid = implied->gid;
	if (!(given & GIVEN_TIMES))
		full.mtime = implied->time;
	if ((given & GIVEN_VERITY) && !S_ISREG(full.mode))
		return path_fail(-EINVAL, path, "it is no file, which verity= is for");
	int err = tree_put(tree, path, &full, &inode);
	if (!err && (given & GIVEN_VERITY))
		set_verity(inode, attr->verity);
	return err;
}

int tree_override(struct tree *tree, const char *path, size_t path_len,
		  const struct attributes *attr, u32 given)
{
	struct attributes sorted = *attr;
	struct path folded;
	assert(tree->phase == TREE_BOUND);
	int err = path_fold(path, path_len, &folded);
	if (err)
		return err;
	xattrs_sort(&sorted.xattrs);
	struct inode *inode = tree_inode_at(tree, &folded);
	if (!inode)
		err = make_inode(tree, &folded, &sorted, given);
	else if (!inode->mode)
		err = path_fail(-ENOENT, &folded, "it is a hard link without a target");
	else
		err = check_given(&folded, inode, &sorted, given);
	if (!err && inode && (given & GIVEN_TARGET))
		err = attributes_check_target(tree, &folded, &sorted);
	if (!err && inode)
		err = change_inode(tree, &folded, inode, &sorted, given);
	xfree(folded.bytes);
	return err;
}

u32 tree_type_at(struct tree *tree, const char *path, size_t path_len)
{
	struct path folded;
	assert(tree->phase == TREE_BOUND);
	if (path_fold(path, path_len, &folded))
		return 0;
	const struct inode *inode = tree_inode_at(tree, &folded);
	xfree(folded.bytes);
	return inode ? inode->mode & S_IFMT : 0;
}
