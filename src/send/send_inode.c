/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inodes without their data. */
#include "sender.h"

/* ---- making ------------------------------------------------------------------------ */

static enum btrfs_send_cmd create_command(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return BTRFS_SEND_C_MKDIR;
	case S_IFLNK:
		return BTRFS_SEND_C_SYMLINK;
	case S_IFIFO:
		return BTRFS_SEND_C_MKFIFO;
	case S_IFSOCK:
		return BTRFS_SEND_C_MKSOCK;
	case S_IFREG:
		return BTRFS_SEND_C_MKFILE;
	default:
		return BTRFS_SEND_C_MKNOD;
	}
}

/* From 12 bits of major above 20 of minor to what mknod() takes. */
static u64 user_device(u64 rdev)
{
	const u64 major = rdev >> 20, minor = rdev & 0xfffff;
	return (minor & 0xff) | major << 8 | (minor & ~0xffull) << 12;
}

int send_create(const struct sender *s, const struct inode *inode)
{
	const enum btrfs_send_cmd command = create_command(inode->mode);
	sender_begin(s, command);
	command_u64(s->stream, BTRFS_SEND_A_INO, inode->ino);
	if (command == BTRFS_SEND_C_SYMLINK) {
		command_bytes(s->stream, BTRFS_SEND_A_PATH_LINK, inode->target, inode->size);
	} else if (command == BTRFS_SEND_C_MKNOD) {
		command_u64(s->stream, BTRFS_SEND_A_RDEV, user_device(inode->rdev));
		command_u64(s->stream, BTRFS_SEND_A_MODE, inode->mode);
	}
	return command_end(s->stream);
}

int send_link(struct sender *s, const struct dentry *name)
{
	send_path_find(&s->source_path, name);
	sender_begin(s, BTRFS_SEND_C_LINK);
	command_bytes(s->stream, BTRFS_SEND_A_PATH_LINK, s->source_path.bytes, s->source_path.len);
	return command_end(s->stream);
}

/* ---- attributes --------------------------------------------------------------------- */

int send_owner(const struct sender *s, const struct inode *inode)
{
	sender_begin(s, BTRFS_SEND_C_CHOWN);
	command_u64(s->stream, BTRFS_SEND_A_UID, inode->uid);
	command_u64(s->stream, BTRFS_SEND_A_GID, inode->gid);
	return command_end(s->stream);
}

/* A symlink has no mode of its own, and receivers would change that of its target. */
int send_mode(const struct sender *s, const struct inode *inode)
{
	if (inode_is_symlink(inode))
		return 0;
	sender_begin(s, BTRFS_SEND_C_CHMOD);
	command_u64(s->stream, BTRFS_SEND_A_MODE, inode->mode & 07777);
	return command_end(s->stream);
}

/* What the stream cannot do with the inode at sender.path: fail, or leave it out with a warning. */
static int cannot_send(const struct sender *s, const char *text)
{
	char path[QUOTE_BYTES];
	if (!command_stream_counts_only(s->stream))
		return 0;
	sender_quote(s, path);
	if (!s->options->skip_unsupported)
		return fail_hint(-EOPNOTSUPP, HINT_UNSUPPORTED, "%s: %s", path, text);
	warning_of_kind(path, text);
	return 0;
}

int send_xattr(const struct sender *s, const struct inode *inode, const struct xattr *x)
{
	if (xattr_is(x, SEND_PROPERTY_XATTR) && diff_flags(s->diff, inode))
		return cannot_send(
			s, "a compression property, which the receiver's kernel refuses: the "
			   "inode is nodatacow or nodatasum there");
	sender_begin(s, BTRFS_SEND_C_SET_XATTR);
	command_bytes(s->stream, BTRFS_SEND_A_XATTR_NAME, x->bytes, x->name_len);
	command_bytes(s->stream, BTRFS_SEND_A_XATTR_DATA, xattr_value(x), x->value_len);
	return command_end(s->stream);
}

static int send_xattrs(const struct sender *s, const struct inode *inode)
{
	int err = 0;
	for (const struct xattr *x = inode->xattrs; x && !err; x = x->next)
		err = send_xattr(s, inode, x);
	return err;
}

/* Whether version 1 can do without a command for @flags: the property brings those of compression. */
static bool needs_no_flags(const struct inode *inode, u32 flags)
{
	for (const struct xattr *x = inode->xattrs; x; x = x->next)
		if (xattr_is(x, SEND_PROPERTY_XATTR))
			flags &= ~(u32)(BTRFS_INODE_COMPRESS | BTRFS_INODE_NOCOMPRESS);
	return !flags;
}

int send_flags(const struct sender *s, const struct inode *inode)
{
	const u32 flags = inode->flags & ~INODE_INCOMPLETE;
	if (s->options->version == 1)
		return needs_no_flags(inode, flags)
			       ? 0
			       : cannot_send(
					 s,
					 "file flags, which version 1 of send streams cannot hold");
	sender_begin(s, BTRFS_SEND_C_FILEATTR);
	command_u64(s->stream, BTRFS_SEND_A_FILEATTR, flags);
	return command_end(s->stream);
}

int send_times(const struct sender *s, const struct inode *inode)
{
	struct inode_times times = { inode->mtime, inode->mtime, inode->mtime };
	if (inode->times)
		times = *inode->times;
	sender_begin(s, BTRFS_SEND_C_UTIMES);
	command_time(s->stream, BTRFS_SEND_A_ATIME, times.atime);
	command_time(s->stream, BTRFS_SEND_A_MTIME, inode->mtime);
	command_time(s->stream, BTRFS_SEND_A_CTIME, times.ctime);
	if (s->options->version >= 2)
		command_time(s->stream, BTRFS_SEND_A_OTIME, times.otime);
	return command_end(s->stream);
}

/* A change of the owner clears set-user-id bits and capabilities; an ACL refines the mode. */
int send_attributes(const struct sender *s, const struct inode *inode)
{
	int err = send_owner(s, inode);
	if (!err)
		err = send_mode(s, inode);
	if (!err)
		err = send_xattrs(s, inode);
	if (!err && inode->flags & ~INODE_INCOMPLETE)
		err = send_flags(s, inode);
	return err ? err : send_times(s, inode);
}
