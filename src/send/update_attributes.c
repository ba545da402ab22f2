/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "update.h"

bool update_is_inherited(const struct xattr *x)
{
	return xattr_is(x, XATTR_ACL_DEFAULT) || xattr_is(x, SEND_PROPERTY_XATTR);
}

int update_remove_xattr(const struct sender *s, const struct xattr *x)
{
	sender_begin(s, BTRFS_SEND_C_REMOVE_XATTR);
	command_bytes(s->stream, BTRFS_SEND_A_XATTR_NAME, x->bytes, x->name_len);
	return command_end(s->stream);
}

static const struct xattr *find_xattr(const struct inode *inode, const struct xattr *like)
{
	for (const struct xattr *x = inode->xattrs; x; x = x->next)
		if (x->name_len == like->name_len && !memcmp(x->bytes, like->bytes, x->name_len))
			return x;
	return NULL;
}

int update_remove_xattrs(struct update *u, const struct inode *old, const struct inode *inode,
			 bool inherited)
{
	int err = 0;
	for (const struct xattr *x = old->xattrs; x && !err; x = x->next)
		if (!find_xattr(inode, x) && !(inherited && update_is_inherited(x)))
			err = update_remove_xattr(u->s, x);
	return err;
}

/* What the commands before it have changed. */
struct lost {
	bool capability; /* by writes and a change of the owner */
	bool acl;        /* refined by the mode */
	bool inherited;
};

static int change_xattrs(const struct sender *s, const struct inode *old, const struct inode *inode,
			 const struct lost *lost)
{
	int err = 0;
	for (const struct xattr *x = inode->xattrs; x && !err; x = x->next) {
		const struct xattr *was = find_xattr(old, x);
		const bool is_there = was && was->value_len == x->value_len &&
				      !memcmp(xattr_value(was), xattr_value(x), x->value_len) &&
				      !(lost->inherited && update_is_inherited(x)) &&
				      !(lost->acl && xattr_is(x, XATTR_ACL_ACCESS)) &&
				      !(lost->capability && xattr_is(x, "security.capability"));
		if (!is_there)
			err = send_xattr(s, inode, x);
	}
	return err;
}

static bool same_time(struct timestamp a, struct timestamp b)
{
	return a.sec == b.sec && a.nsec == b.nsec;
}

static bool all_times_equal(const struct inode *a, const struct inode *b)
{
	struct inode_times x = { a->mtime, a->mtime, a->mtime };
	struct inode_times y = { b->mtime, b->mtime, b->mtime };
	if (a->times)
		x = *a->times;
	if (b->times)
		y = *b->times;
	return same_time(a->mtime, b->mtime) && same_time(x.atime, y.atime) &&
	       same_time(x.ctime, y.ctime) && same_time(x.otime, y.otime);
}

int update_attributes(struct update *u, const struct inode *old, const struct inode *inode,
		      bool changed, bool inherited)
{
	const struct sender *s = u->s;
	const bool owner = old->uid != inode->uid || old->gid != inode->gid;
	const bool mode = owner || old->mode != inode->mode;
	const struct lost lost = { owner || changed, mode, inherited };
	int err = owner ? send_owner(s, inode) : 0;
	if (!err && mode)
		err = send_mode(s, inode);
	if (!err)
		err = change_xattrs(s, old, inode, &lost);
	if (!err && (old->flags ^ inode->flags) & ~INODE_INCOMPLETE)
		err = send_flags(s, inode);
	if (!err && (changed || !all_times_equal(old, inode)))
		err = send_times(s, inode);
	return err;
}
