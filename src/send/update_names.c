/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "update.h"

#include <stdio.h>

#define TEMPORARY_BYTES 40

/* ---- temporary names -------------------------------------------------------------------- */

static size_t temporary_name(const struct update *u, u32 number, char name[TEMPORARY_BYTES])
{
	return (size_t)snprintf(name, TEMPORARY_BYTES, ".send%u-%u", u->prefix, number);
}

/* Whether a name at the root begins as a temporary name does. */
static bool has_prefix(const struct inode *root, const char *prefix, size_t len)
{
	for (u32 i = 0; i < root->nr; i++)
		if (root->sorted[i]->name_len >= len && !memcmp(root->sorted[i]->name, prefix, len))
			return true;
	return false;
}

static void choose_prefix(struct update *u)
{
	char prefix[TEMPORARY_BYTES];
	for (u->prefix = 0;; u->prefix++) {
		const int len = snprintf(prefix, sizeof(prefix), ".send%u-", u->prefix);
		if (!has_prefix(u->s->diff->old_side.subvol->root, prefix, (size_t)len) &&
		    !has_prefix(u->s->diff->new_side.subvol->root, prefix, (size_t)len))
			return;
	}
}

static int rename_path(const struct sender *s, const char *from, size_t from_len, const char *to,
		       size_t to_len)
{
	command_begin(s->stream, BTRFS_SEND_C_RENAME);
	command_bytes(s->stream, BTRFS_SEND_A_PATH, from, from_len);
	command_bytes(s->stream, BTRFS_SEND_A_PATH_TO, to, to_len);
	return command_end(s->stream);
}

/* ---- away ------------------------------------------------------------------------------- */

static void touch(struct update *u, const struct inode *dir)
{
	if (dir)
		u->touched[diff_index(&u->s->diff->new_side, dir)] = true;
}

static bool has_kept_name(const struct update *u, const struct inode *old)
{
	for (const struct dentry *d = old->names; d; d = d->alias_next)
		if (diff_keeps_old(u->s->diff, d))
			return true;
	return false;
}

static int move_away(struct update *u, const struct inode *old)
{
	const struct send_path *path = &u->s->path;
	char name[TEMPORARY_BYTES];
	const u32 number = ++u->nr_moved;
	const size_t len = temporary_name(u, number, name);
	u->moved[diff_index(&u->s->diff->old_side, old)] = number;
	touch(u, u->s->diff->new_side.subvol->root);
	return rename_path(u->s, path->bytes, path->len, name, len);
}

/*
 * A subvolume inside the old one has left an empty directory in a snapshot of it, which has no inode
 * of its own and can only be removed, or nothing in a copy that was received. With a directory put
 * there both are the same.
 */
static int remove_subvol(struct update *u, const struct dentry *d)
{
	struct sender *s = u->s;
	char name[TEMPORARY_BYTES];
	const size_t len = temporary_name(u, ++u->nr_moved, name);
	touch(u, u->s->diff->new_side.subvol->root);
	command_begin(s->stream, BTRFS_SEND_C_MKDIR);
	command_bytes(s->stream, BTRFS_SEND_A_PATH, name, len);
	command_u64(s->stream, BTRFS_SEND_A_INO, d->inode->ino);
	int err = command_end(s->stream);
	if (!err)
		err = rename_path(s, name, len, s->path.bytes, s->path.len);
	sender_begin(s, BTRFS_SEND_C_RMDIR);
	return err ? err : command_end(s->stream);
}

/* A name that the new tree does not have: all below it are gone, and those above it still there. */
static int remove_name(struct update *u, const struct dentry *d)
{
	const struct inode *old = d->inode;
	send_path_find(&u->s->path, d);
	touch(u, diff_new_of(u->s->diff, d->dir));
	if (inode_is_subvol_root(old))
		return remove_subvol(u, d);
	if (diff_new_of(u->s->diff, old) &&
	    (inode_is_dir(old) ||
	     (!u->moved[diff_index(&u->s->diff->old_side, old)] && !has_kept_name(u, old))))
		return move_away(u, old);
	sender_begin(u->s, inode_is_dir(old) ? BTRFS_SEND_C_RMDIR : BTRFS_SEND_C_UNLINK);
	return command_end(u->s->stream);
}

struct name_list {
	const struct dentry **list;
	size_t nr, capacity;
};

/* All names of the old subvolume that the new one does not keep, in the order of the walk. */
static struct name_list list_gone(const struct update *u)
{
	struct name_list gone = { .nr = 0 };
	struct tree_walk walk = { .depth = 0 };
	tree_walk_enter(&walk, u->s->diff->old_side.subvol->root, 0);
	for (const struct dentry *d; (d = tree_walk_next(&walk));) {
		if (inode_is_dir(d->inode) && !inode_is_subvol_root(d->inode))
			tree_walk_enter(&walk, d->inode, 0);
		if (diff_keeps_old(u->s->diff, d))
			continue;
		gone.list = mem_grow(gone.list, &gone.capacity, gone.nr + 1, sizeof(*gone.list));
		gone.list[gone.nr++] = d;
	}
	tree_walk_release(&walk);
	return gone;
}

/* Backwards, so that what is below a directory goes before it. */
static int remove_names(struct update *u)
{
	struct name_list gone = list_gone(u);
	int err = 0;
	for (size_t i = gone.nr; i-- && !err;)
		err = remove_name(u, gone.list[i]);
	xfree(gone.list);
	u->s->path.len = 0;
	return err;
}

/* ---- new names ---------------------------------------------------------------------------- */

/* The name that an inode has or gets first: one that is kept, else its first one. */
static const struct dentry *base_name(const struct update *u, const struct inode *inode)
{
	for (const struct dentry *d = inode->names; d; d = d->alias_next)
		if (diff_keeps_new(u->s->diff, d))
			return d;
	return inode->names;
}

/* Whether an inode is made in this directory. */
static bool gets_new_inode(const struct update *u, const struct inode *dir)
{
	for (u32 i = 0; i < dir->nr; i++) {
		const struct dentry *d = dir->sorted[i];
		if (!inode_is_subvol_root(d->inode) && d == d->inode->names &&
		    !diff_old_of(u->s->diff, d->inode))
			return true;
	}
	return false;
}

/* New inodes get the ACL and the properties of their directory: take them off for now. */
static int stop_inheritance(struct update *u, const struct inode *dir)
{
	const struct inode *old = diff_old_of(u->s->diff, dir);
	int err = 0;
	if (!old || !gets_new_inode(u, dir))
		return 0;
	for (const struct xattr *x = old->xattrs; x && !err; x = x->next) {
		if (!update_is_inherited(x))
			continue;
		err = update_remove_xattr(u->s, x);
		u->inherited[diff_index(&u->s->diff->new_side, dir)] = true;
	}
	return err;
}

static int place_name(struct update *u, const struct inode *old, const struct inode *inode)
{
	const struct send_path *path = &u->s->path;
	char name[TEMPORARY_BYTES];
	if (!old)
		return send_create(u->s, inode);
	const u32 number = u->moved[diff_index(&u->s->diff->old_side, old)];
	const size_t len = temporary_name(u, number, name);
	assert(number);
	return rename_path(u->s, name, len, path->bytes, path->len);
}

/* A directory has its place before what is in it gets one. */
static int place_or_keep(void *context, const struct dentry *d)
{
	struct update *u = context;
	int err = sender_check_path(u->s);
	if (!err && !diff_keeps_new(u->s->diff, d)) {
		touch(u, d->dir);
		if (d == base_name(u, d->inode))
			err = place_name(u, diff_old_of(u->s->diff, d->inode), d->inode);
	}
	return err || !inode_is_dir(d->inode) ? err : stop_inheritance(u, d->inode);
}

/* All directories are in their places: make the further names of inodes. */
static int link_name(void *context, const struct dentry *d)
{
	const struct update *u = context;
	if (inode_is_dir(d->inode) || diff_keeps_new(u->s->diff, d))
		return 0;
	const struct dentry *base = base_name(u, d->inode);
	return d == base ? 0 : send_link(u->s, base);
}

int update_names(struct update *u)
{
	choose_prefix(u);
	int err = remove_names(u);
	if (!err)
		err = stop_inheritance(u, u->s->subvol->root);
	if (!err)
		err = sender_walk(u->s, place_or_keep, u);
	return err ? err : sender_walk(u->s, link_name, u);
}
