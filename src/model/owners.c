/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets the owners of the finished tree by struct owner_rules. */
#include "model/owners.h"

#include "tree_private.h"

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

/* Add the offset to @id, or print that the sum is out of range. @what: "uid" or "gid" */
static int shift(const struct inode *inode, const char *what, s64 offset, u32 *id)
{
	s64 sum = *id + offset;
	if (sum >= 0 && sum <= OWNER_ID_MAX) {
		*id = (u32)sum;
		return 0;
	}
	struct path path = inode_path(inode);
	int err =
		path_fail(-ERANGE, &path, "%s %u with the offset %lld is %lld, allowed are 0 to %u",
			  what, *id, (long long)offset, (long long)sum, OWNER_ID_MAX);
	xfree(path.bytes);
	return err;
}

static bool is_acl(const struct xattr *x)
{
	return xattr_is(x, XATTR_ACL_ACCESS) || xattr_is(x, XATTR_ACL_DEFAULT);
}

/* The input floor checked the value: a header and whole entries. */
static int shift_acl(const struct owner_rules *rules, const struct inode *inode, struct xattr *x)
{
	struct posix_acl_xattr_entry entry;
	char *const value = x->bytes + x->name_len;
	int err = 0;
	for (size_t at = sizeof(struct posix_acl_xattr_header); at < x->value_len && !err;
	     at += sizeof(entry)) {
		memcpy(&entry, value + at, sizeof(entry));
		u32 id = le32toh(entry.e_id);
		switch (le16toh(entry.e_tag)) {
		case ACL_USER:
			err = shift(inode, "uid", rules->uid_offset, &id);
			break;
		case ACL_GROUP:
			err = shift(inode, "gid", rules->gid_offset, &id);
			break;
		default:
			continue;
		}
		entry.e_id = htole32(id);
		memcpy(value + at, &entry, sizeof(entry));
	}
	return err;
}

static int set_owner(const struct owner_rules *rules, struct inode *inode)
{
	if (inode->flags & INODE_INCOMPLETE) {
		struct path path = inode_path(inode);
		int err = path_fail(-ENOTSUP, &path,
				    "a hard link keeps a file that is left out, whose attributes "
				    "are out of range or not supported");
		xfree(path.bytes);
		return err;
	}
	if (rules->uid_forced)
		inode->uid = rules->forced_uid;
	if (rules->gid_forced)
		inode->gid = rules->forced_gid;
	int err = shift(inode, "uid", rules->uid_offset, &inode->uid);
	if (!err)
		err = shift(inode, "gid", rules->gid_offset, &inode->gid);
	for (struct xattr *x = inode->xattrs; x && !err; x = x->next)
		if (is_acl(x))
			err = shift_acl(rules, inode, x);
	return err;
}

int owners_apply(struct tree *tree)
{
	int err = 0;
	for (size_t i = 0; i < tree->numbering.nr_inodes && !err; i++)
		err = set_owner(&tree->options.owners, tree->numbering.inodes[i]);
	return err;
}
