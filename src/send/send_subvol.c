/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of one subvolume. Names come in the order of the walk, so parents come before children
 * and data in the order of inodes. Directories get their attributes when all names are made: their
 * times would change, and what they hold would inherit ACLs and properties.
 */
#include "sender.h"

/* Make what the name @d means. */
static int send_name(void *context, const struct dentry *d)
{
	struct sender *s = context;
	const struct inode *inode = d->inode;
	int err = sender_check_path(s);
	if (err)
		return err;
	if (!inode_is_dir(inode) && d != inode->names)
		return send_link(s, inode->names);
	err = send_create(s, inode);
	if (err || inode_is_dir(inode))
		return err;
	if (inode_is_file(inode))
		err = send_data(s, inode);
	return err ? err : send_attributes(s, inode);
}

static int send_directory(void *context, const struct dentry *d)
{
	return inode_is_dir(d->inode) ? send_attributes(context, d->inode) : 0;
}

static int send_begin(const struct sender *s)
{
	int err = command_stream_header(s->stream);
	command_begin(s->stream, BTRFS_SEND_C_SUBVOL);
	command_bytes(s->stream, BTRFS_SEND_A_PATH, s->name, s->name_len);
	command_bytes(s->stream, BTRFS_SEND_A_UUID, s->subvol->uuid, BTRFS_UUID_SIZE);
	command_u64(s->stream, BTRFS_SEND_A_CTRANSID, SEND_CTRANSID);
	return err ? err : command_end(s->stream);
}

static int send_end(const struct sender *s)
{
	command_begin(s->stream, BTRFS_SEND_C_END);
	return command_end(s->stream);
}

int send_subvol(struct sender *s)
{
	s->path.len = 0;
	int err = send_begin(s);
	if (!err)
		err = sender_walk(s, send_name, s);
	if (!err)
		err = sender_walk(s, send_directory, s);
	if (!err)
		err = send_attributes(s, s->subvol->root);
	return err ? err : send_end(s);
}
