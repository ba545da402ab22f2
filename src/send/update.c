/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of an update: names, then data and attributes of files, then those of directories. */
#include "update.h"

static int new_file(struct update *u, const struct inode *inode)
{
	const int err = inode_is_file(inode) ? send_data(u->s, inode) : 0;
	return err ? err : send_attributes(u->s, inode);
}

static int update_file(struct update *u, const struct inode *inode)
{
	const struct inode *old = diff_old_of(u->s->diff, inode);
	bool changed = false;
	if (!old)
		return new_file(u, inode);
	int err = update_remove_xattrs(u, old, inode, false);
	if (!err && inode_is_file(inode))
		err = update_data(u, old, inode, &changed);
	return err ? err : update_attributes(u, old, inode, changed, false);
}

static int update_directory(struct update *u, const struct inode *dir)
{
	const struct inode *old = diff_old_of(u->s->diff, dir);
	const u32 i = diff_index(&u->s->diff->new_side, dir);
	if (!old)
		return send_attributes(u->s, dir);
	const int err = update_remove_xattrs(u, old, dir, u->inherited[i]);
	return err ? err : update_attributes(u, old, dir, u->touched[i], u->inherited[i]);
}

static int update_file_name(void *context, const struct dentry *d)
{
	return d == d->inode->names && !inode_is_dir(d->inode) ? update_file(context, d->inode) : 0;
}

static int update_directory_name(void *context, const struct dentry *d)
{
	return inode_is_dir(d->inode) ? update_directory(context, d->inode) : 0;
}

/* Files that do not change are in their places by then: data can be cloned from them. */
static void note_unchanged(struct update *u)
{
	const struct diff_side *side = &u->s->diff->new_side;
	u64 nr;
	const struct inode *const *inodes =
		tree_inodes(side->tree, &nr) + side->subvol->first_inode;
	for (u32 i = 0; i < side->subvol->nr_inodes; i++)
		if (u->s->diff->same_data[i] && inode_is_file(inodes[i]))
			for (u32 k = 0; k < inodes[i]->nr; k++)
				send_note_source(u->s, inodes[i], k);
}

static int begin_update(const struct sender *s, const u8 parent[BTRFS_UUID_SIZE], u64 transid)
{
	int err = command_stream_header(s->stream);
	command_begin(s->stream, BTRFS_SEND_C_SNAPSHOT);
	command_bytes(s->stream, BTRFS_SEND_A_PATH, s->name, s->name_len);
	command_bytes(s->stream, BTRFS_SEND_A_UUID, s->subvol->uuid, BTRFS_UUID_SIZE);
	command_u64(s->stream, BTRFS_SEND_A_CTRANSID, SEND_CTRANSID);
	command_bytes(s->stream, BTRFS_SEND_A_CLONE_UUID, parent, BTRFS_UUID_SIZE);
	command_u64(s->stream, BTRFS_SEND_A_CLONE_CTRANSID, transid ? transid : SEND_CTRANSID);
	return err ? err : command_end(s->stream);
}

static int send_changes(struct update *u)
{
	int err = update_names(u);
	if (err)
		return err;
	note_unchanged(u);
	err = sender_walk(u->s, update_file_name, u);
	if (!err)
		err = sender_walk(u->s, update_directory_name, u);
	return err ? err : update_directory(u, u->s->subvol->root);
}

int send_update(struct sender *s, const u8 parent[BTRFS_UUID_SIZE])
{
	const struct diff *diff = s->diff;
	struct update u = { .s = s };
	u.moved = xzalloc(diff->old_side.subvol->nr_inodes * sizeof(*u.moved));
	u.touched = xzalloc(diff->new_side.subvol->nr_inodes * sizeof(*u.touched));
	u.inherited = xzalloc(diff->new_side.subvol->nr_inodes * sizeof(*u.inherited));
	s->path.len = 0;
	int err = begin_update(s, parent, diff->old_side.subvol->transid);
	if (!err)
		err = send_changes(&u);
	command_begin(s->stream, BTRFS_SEND_C_END);
	if (!err)
		err = command_end(s->stream);
	xfree(u.moved);
	xfree(u.touched);
	xfree(u.inherited);
	return err;
}
