/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sender.h"

/* What btrfs receive has room for when its root is the filesystem's: 4096 bytes with two slashes in
 * front, one behind, and a NUL. */
#define PATH_BYTES 4092u

void send_path_set(struct send_path *path, size_t len, const struct dentry *name)
{
	path->bytes = mem_grow(path->bytes, &path->capacity, len + 1 + name->name_len, 1);
	if (len)
		path->bytes[len++] = '/';
	memcpy(path->bytes + len, name->name, name->name_len);
	path->len = len + name->name_len;
}

/* Filled from its end on: names lead upwards. */
void send_path_find(struct send_path *path, const struct dentry *name)
{
	size_t len = 0;
	for (const struct dentry *d = name; d; d = d->dir->names) {
		len += d->name_len + (len > 0);
		if (inode_is_subvol_root(d->dir))
			break;
	}
	path->bytes = mem_grow(path->bytes, &path->capacity, len + 1, 1);
	path->len = len;
	for (const struct dentry *d = name; len; d = d->dir->names) {
		assert(d);
		len -= d->name_len;
		memcpy(path->bytes + len, d->name, d->name_len);
		if (len)
			path->bytes[--len] = '/';
	}
}

void sender_begin(const struct sender *s, enum btrfs_send_cmd command)
{
	command_begin(s->stream, command);
	command_bytes(s->stream, BTRFS_SEND_A_PATH, s->path.bytes, s->path.len);
}

const char *sender_quote(const struct sender *s, char quoted[QUOTE_BYTES])
{
	struct send_path whole = { .bytes = NULL };
	whole.bytes = mem_grow(NULL, &whole.capacity, s->subvol->path_len + 1 + s->path.len, 1);
	memcpy(whole.bytes, s->subvol->path, s->subvol->path_len);
	whole.len = s->subvol->path_len;
	if (whole.len && s->path.len)
		whole.bytes[whole.len++] = '/';
	if (s->path.len)
		memcpy(whole.bytes + whole.len, s->path.bytes, s->path.len);
	whole.len += s->path.len;
	quote(quoted, whole.bytes, whole.len);
	xfree(whole.bytes);
	return quoted;
}

int sender_check_path(const struct sender *s)
{
	char quoted[QUOTE_BYTES];
	const size_t bytes = s->name_len + 1 + s->path.len;
	if (bytes <= PATH_BYTES)
		return 0;
	return fail(
		-ENAMETOOLONG,
		"%s: the path is %zu bytes with the subvolume's name, allowed in a send stream: %u",
		sender_quote(s, quoted), bytes, PATH_BYTES);
}

int sender_walk(struct sender *s, int (*each)(void *context, const struct dentry *d), void *context)
{
	struct tree_walk walk = { .depth = 0 };
	int err = 0;
	tree_walk_enter(&walk, s->subvol->root, 0);
	for (const struct dentry *d; !err && (d = tree_walk_next(&walk));) {
		if (inode_is_subvol_root(d->inode))
			continue;
		send_path_set(&s->path, walk.mark, d);
		err = each(context, d);
		if (inode_is_dir(d->inode))
			tree_walk_enter(&walk, d->inode, s->path.len);
	}
	tree_walk_release(&walk);
	s->path.len = 0;
	return err;
}
