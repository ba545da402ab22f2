/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan's wishes, laid over what the archive brought. */
#include "base/diag.h"
#include "tree_private.h"

#include <stdio.h>

static int refuse(const struct path *path, int err, const char *what)
{
	char q[QUOTE_BYTES];
	return fail(err, "'%s' %s", path->len ? quote(q, path->bytes, path->len) : ".", what);
}

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

/* Whether the wishes fit what is there. */
static int check(const struct path *path, const struct inode *inode, const struct attributes *attr,
		 u32 given)
{
	char what[100];
	if ((given & GIVEN_TYPE) && (inode->mode & S_IFMT) != (attr->mode & S_IFMT)) {
		snprintf(what, sizeof(what), "is %s, allowed: the type that it has",
			 name_of_type(inode->mode));
		return refuse(path, -EEXIST, what);
	}
	if ((given & GIVEN_TARGET) && !inode_is_symlink(inode))
		return refuse(path, -EINVAL, "is no symbolic link, which link= is for");
	if ((given & GIVEN_DEVICE) && !S_ISCHR(inode->mode) && !S_ISBLK(inode->mode))
		return refuse(path, -EINVAL, "is no device, which device= is for");
	/* the mode is a part of an access ACL */
	if ((given & GIVEN_MODE) && has_xattr(inode->xattrs, XATTR_ACL_ACCESS) &&
	    !has_xattr(attr->xattrs, XATTR_ACL_ACCESS))
		return refuse(path, -EINVAL,
			      "has an access ACL, allowed: mode= with xattr." XATTR_ACL_ACCESS "=");
	if (!(given & GIVEN_MODE) && has_xattr(attr->xattrs, XATTR_ACL_ACCESS))
		return refuse(path, -EINVAL,
			      "has no mode= here, allowed: an access ACL with mode=");
	return 0;
}

static int change(struct tree *tree, const struct path *path, struct inode *inode,
		  const struct attributes *attr, u32 given)
{
	if ((given & GIVEN_MODE) && !inode_is_symlink(inode))
		inode->mode = (inode->mode & S_IFMT) | (attr->mode & ~(u32)S_IFMT);
	if (given & GIVEN_UID)
		inode->uid = attr->uid;
	if (given & GIVEN_GID)
		inode->gid = attr->gid;
	if (given & GIVEN_TIMES) {
		inode->mtime = attr->mtime;
		inode->times = NULL;
		if (attr->times) {
			inode->times = arena_alloc(&tree->arena, sizeof(*inode->times));
			*inode->times = *attr->times;
		}
	}
	if (given & GIVEN_FLAGS)
		inode->flags = attr->flags;
	if (given & GIVEN_DEVICE)
		inode->rdev = attr->rdev;
	if (given & GIVEN_TARGET) {
		inode->size = attr->target_len;
		inode->target = arena_memdup(&tree->arena, attr->target, attr->target_len);
	}
	for (struct xattr *x = attr->xattrs, *next; x; x = next) {
		next = x->next;
		x->next = inode->xattrs;
		inode->xattrs = x;
	}
	xattrs_sort(&inode->xattrs);
	return xattrs_check(tree, path, inode->xattrs);
}

/* Nothing is there yet: a new inode, with what directories get that no member describes. */
static int make(struct tree *tree, const struct path *path, const struct attributes *attr,
		u32 given)
{
	const struct implied_attributes *implied = &tree->options.implied;
	struct attributes full = *attr;
	if (!(given & GIVEN_TYPE))
		return refuse(path, -ENOENT, "is not in the archive, allowed: type= to make it");
	if (!(given & GIVEN_MODE) && S_ISDIR(attr->mode))
		full.mode = S_IFDIR | implied->mode;
	else if (!(given & GIVEN_MODE) && !S_ISLNK(attr->mode))
		return refuse(path, -ENOENT, "is not in the archive, allowed: mode= to make it");
	if ((S_ISCHR(attr->mode) || S_ISBLK(attr->mode)) && !(given & GIVEN_DEVICE))
		return refuse(path, -ENOENT, "is not in the archive, allowed: device= to make it");
	if (S_ISLNK(attr->mode) && !(given & GIVEN_TARGET))
		return refuse(path, -ENOENT, "is not in the archive, allowed: link= to make it");
	if (!(given & GIVEN_UID))
		full.uid = implied->uid;
	if (!(given & GIVEN_GID))
		full.gid = implied->gid;
	if (!(given & GIVEN_TIMES))
		full.mtime = implied->time;
	return tree_put(tree, path, &full);
}

static struct inode *find(struct tree *tree, const struct path *path)
{
	if (!path->len)
		return tree->root;
	const struct dentry *d = tree_lookup(tree, path, NULL);
	return d ? d->inode : NULL;
}

int tree_override(struct tree *tree, const char *path, size_t path_len,
		  const struct attributes *attr, u32 given)
{
	struct attributes sorted = *attr;
	struct path folded;
	int err = path_fold(path, path_len, &folded);
	if (err)
		return err;
	xattrs_sort(&sorted.xattrs);
	struct inode *inode = find(tree, &folded);
	if (!inode)
		err = make(tree, &folded, &sorted, given);
	else if (!inode->mode)
		err = refuse(&folded, -ENOENT, "is a hard link without a target");
	else
		err = check(&folded, inode, &sorted, given);
	if (!err && inode && (given & GIVEN_TARGET))
		err = attributes_check_target(tree, &folded, &sorted);
	if (!err && inode)
		err = change(tree, &folded, inode, &sorted, given);
	xfree(folded.bytes);
	return err;
}

u32 tree_type_at(struct tree *tree, const char *path, size_t path_len)
{
	struct path folded;
	if (path_fold(path, path_len, &folded))
		return 0;
	const struct inode *inode = find(tree, &folded);
	xfree(folded.bytes);
	return inode ? inode->mode & S_IFMT : 0;
}
