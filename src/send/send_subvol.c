/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of one subvolume. Names come in the order of the walk, so parents come before children
 * and data in the order of inodes. Directories get their attributes when all names are made: their
 * times would change, and what they hold would inherit ACLs and properties.
 */
#include "sender.h"

/* What receivers have room for, a slash in front and a NUL behind included. */
#define PATH_BYTES 4096u

static int check_path(const struct sender *s)
{
	char quoted[QUOTE_BYTES];
	const size_t bytes = s->name_len + 1 + s->path.len;
	if (bytes + 2 <= PATH_BYTES)
		return 0;
	return fail(
		-ENAMETOOLONG,
		"%s: the path is %zu bytes with the subvolume's name, allowed in a send stream: %u",
		sender_quote(s, quoted), bytes, PATH_BYTES - 2);
}

static int send_link(struct sender *s, const struct inode *inode)
{
	send_path_find(&s->source_path, inode);
	sender_begin(s, BTRFS_SEND_C_LINK);
	command_bytes(s->stream, BTRFS_SEND_A_PATH_LINK, s->source_path.bytes, s->source_path.len);
	return command_end(s->stream);
}

/* Make what the name @d means. */
static int send_name(struct sender *s, const struct dentry *d)
{
	const struct inode *inode = d->inode;
	int err = check_path(s);
	if (err)
		return err;
	if (!inode_is_dir(inode) && d != inode->names)
		return send_link(s, inode);
	err = send_create(s, inode);
	if (err || inode_is_dir(inode))
		return err;
	if (inode_is_file(inode))
		err = send_data(s, inode);
	return err ? err : send_attributes(s, inode);
}

/* Call @each for each name in the subvolume; names of other subvolumes are not sent. */
static int walk_names(struct sender *s, int (*each)(struct sender *s, const struct dentry *d))
{
	struct tree_walk walk = { .depth = 0 };
	int err = 0;
	tree_walk_enter(&walk, s->subvol->root, 0);
	for (const struct dentry *d; !err && (d = tree_walk_next(&walk));) {
		if (inode_is_subvol_root(d->inode))
			continue;
		send_path_set(&s->path, walk.mark, d);
		err = each(s, d);
		if (inode_is_dir(d->inode))
			tree_walk_enter(&walk, d->inode, s->path.len);
	}
	tree_walk_release(&walk);
	s->path.len = 0;
	return err;
}

static int send_directory(struct sender *s, const struct dentry *d)
{
	return inode_is_dir(d->inode) ? send_attributes(s, d->inode) : 0;
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
		err = walk_names(s, send_name);
	if (!err)
		err = walk_names(s, send_directory);
	if (!err)
		err = send_attributes(s, s->subvol->root);
	return err ? err : send_end(s);
}
