/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that changes. The receiver has the old data; pieces at the same place with the same bytes
 * stay.
 */
#include "update.h"

#include <linux/falloc.h>

struct data_change {
	struct update *u;
	const struct inode *old, *inode;
	const struct file_extent *old_extents, *extents;
	u64 size; /* of the receiver's file by now */
};

/* Whether the old data has a range that would have to become a hole; it is bytes from @from to @to. */
static bool has_old_data(const struct data_change *c, u64 from, u64 to)
{
	for (u32 i = 0; i < c->old->nr; i++) {
		const struct file_extent *e = &c->old_extents[i];
		const u64 end = e->file_off + (u64)e->nr_sectors * BTRFS_SECTORSIZE;
		if (e->file_off < to && end > from)
			return true;
	}
	return false;
}

/* The hole behind file extent @i - 1; @from may be @to. */
static void hole_before(const struct data_change *c, u32 i, u64 *from, u64 *to)
{
	const struct file_extent *e = c->extents;
	*from = i ? e[i - 1].file_off + (u64)e[i - 1].nr_sectors * BTRFS_SECTORSIZE : 0;
	*to = i < c->inode->nr ? e[i].file_off : align_up(c->inode->size, BTRFS_SECTORSIZE);
}

static bool is_inline(const struct content *content, const struct inode *inode)
{
	const struct file_extent *e = content_file_extents(content, inode);
	return inode->nr && content_blob(content, e)->place == BLOB_INLINE;
}

/* Whether the new data has a hole where the old one has data. */
static bool makes_hole(const struct data_change *c)
{
	for (u32 i = 0; i <= c->inode->nr; i++) {
		u64 from, to;
		hole_before(c, i, &from, &to);
		if (from < to && has_old_data(c, from, to))
			return true;
	}
	return false;
}

/* Whether the file is better written anew: it is small, or needs a command that version 1 lacks. */
static bool is_rewritten(const struct data_change *c)
{
	const struct diff *diff = c->u->s->diff;
	if (!c->old->nr || is_inline(diff->old_side.content, c->old) ||
	    is_inline(diff->new_side.content, c->inode))
		return true;
	return c->u->s->options->version < 2 && makes_hole(c);
}

/* Where the new data covers all of the old, nothing has to go before it. */
static int rewrite(const struct data_change *c)
{
	const bool leaves_data = c->old->size > c->inode->size || makes_hole(c);
	int err = leaves_data ? send_truncate(c->u->s, 0) : 0;
	return err ? err : send_data(c->u->s, c->inode);
}

static int punch_hole(const struct data_change *c, u32 i)
{
	const struct sender *s = c->u->s;
	u64 from, to;
	hole_before(c, i, &from, &to);
	if (from >= to || !has_old_data(c, from, to))
		return 0;
	sender_begin(s, BTRFS_SEND_C_FALLOCATE);
	command_u32(s->stream, BTRFS_SEND_A_FALLOCATE_MODE,
		    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
	command_u64(s->stream, BTRFS_SEND_A_FILE_OFFSET, from);
	command_u64(s->stream, BTRFS_SEND_A_SIZE, to - from);
	return command_end(s->stream);
}

/* Whether file extent @i is there already; @old_i moves on to its place in the old file. */
static int stays(const struct data_change *c, u32 i, u32 *old_i, bool *same)
{
	const struct diff *diff = c->u->s->diff;
	const struct file_extent *e = &c->extents[i];
	*same = false;
	while (*old_i < c->old->nr && c->old_extents[*old_i].file_off < e->file_off)
		++*old_i;
	if (*old_i == c->old->nr)
		return 0;
	const u32 old_bytes =
		send_extent_bytes(diff->old_side.content, c->old, &c->old_extents[*old_i]);
	if (old_bytes != send_extent_bytes(diff->new_side.content, c->inode, e))
		return 0;
	return diff_same_extent(diff, c->old, *old_i, c->inode, i, same);
}

static int change_extents(struct data_change *c)
{
	struct sender *s = c->u->s;
	int err = 0;
	u32 old_i = 0;
	for (u32 i = 0; i < c->inode->nr && !err;) {
		bool same;
		u64 end;
		err = punch_hole(c, i);
		if (!err)
			err = stays(c, i, &old_i, &same);
		if (err)
			break;
		if (same) {
			send_note_source(s, c->inode, i++);
			continue;
		}
		/* A clone covers holes nowhere: its extents follow each other. */
		err = send_extents(s, c->inode, &i, &end);
		c->size = max_u64(c->size, end);
	}
	return err ? err : punch_hole(c, c->inode->nr);
}

int update_data(struct update *u, const struct inode *old, const struct inode *inode, bool *changed)
{
	struct sender *s = u->s;
	struct data_change c = {
		.u = u,
		.old = old,
		.inode = inode,
		.old_extents = content_file_extents(u->s->diff->old_side.content, old),
		.extents = content_file_extents(u->s->diff->new_side.content, inode),
		.size = min_u64(old->size, inode->size),
	};
	*changed = !u->s->diff->same_data[diff_index(&u->s->diff->new_side, inode)];
	if (!*changed)
		return 0;
	if (is_rewritten(&c))
		return rewrite(&c);
	int err = old->size > inode->size ? send_truncate(s, inode->size) : 0;
	if (!err)
		err = change_extents(&c);
	return err || c.size == inode->size ? err : send_truncate(s, inode->size);
}
