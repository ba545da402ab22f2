/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff.h"

#include "base/mem.h"

u32 diff_index(const struct diff_side *side, const struct inode *inode)
{
	return (u32)(tree_inode_index(side->tree, inode) - side->subvol->first_inode);
}

static const struct inode *other(const struct diff_side *side, const struct inode *inode,
				 const struct diff_side *other_side)
{
	const u32 pair = side->pair[diff_index(side, inode)];
	u64 nr;
	if (!pair)
		return NULL;
	return tree_inodes(other_side->tree, &nr)[other_side->subvol->first_inode + pair - 1];
}

const struct inode *diff_new_of(const struct diff *diff, const struct inode *old)
{
	return other(&diff->old_side, old, &diff->new_side);
}

const struct inode *diff_old_of(const struct diff *diff, const struct inode *inode)
{
	return other(&diff->new_side, inode, &diff->old_side);
}

u32 diff_flags(const struct diff *diff, const struct inode *inode)
{
	const struct inode *from = inode, *old;
	if (!diff)
		return 0;
	while (!(old = diff_old_of(diff, from)))
		from = from->names->dir;
	if (from == inode)
		return old->flags & (BTRFS_INODE_NODATACOW | BTRFS_INODE_NODATASUM);
	if (!(old->flags & BTRFS_INODE_NODATACOW))
		return 0;
	return BTRFS_INODE_NODATACOW | (inode_is_file(inode) ? BTRFS_INODE_NODATASUM : 0);
}

/* The inode that @dir has under the name of @d, or NULL. */
static const struct inode *find_name(const struct inode *dir, const struct dentry *d)
{
	u32 low = 0, high = dir->nr;
	while (low < high) {
		const u32 middle = low + (high - low) / 2;
		const int order = dentry_compare(dir->sorted[middle], d);
		if (!order)
			return dir->sorted[middle]->inode;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool keeps(const struct diff_side *side, const struct dentry *d,
		  const struct diff_side *other_side)
{
	const struct inode *dir = other(side, d->dir, other_side);
	const struct inode *there = dir ? find_name(dir, d) : NULL;
	return there && !inode_is_subvol_root(d->inode) &&
	       other(side, d->inode, other_side) == there;
}

bool diff_keeps_old(const struct diff *diff, const struct dentry *d)
{
	return keeps(&diff->old_side, d, &diff->new_side);
}

bool diff_keeps_new(const struct diff *diff, const struct dentry *d)
{
	return keeps(&diff->new_side, d, &diff->old_side);
}

/* ---- data ----------------------------------------------------------------------------- */

static int stored_equal(const struct content *a, const struct blob *x, const struct content *b,
			const struct blob *y, bool *same)
{
	u8 *stored = xmalloc(2 * (size_t)x->stored_bytes);
	int err = content_read_stored(a, x, stored, x->stored_bytes);
	if (!err)
		err = content_read_stored(b, y, stored + x->stored_bytes, y->stored_bytes);
	if (!err)
		*same = !memcmp(stored, stored + x->stored_bytes, x->stored_bytes);
	xfree(stored);
	return err;
}

int diff_same_extent(const struct diff *diff, const struct inode *old, u32 old_i,
		     const struct inode *inode, u32 i, bool *same)
{
	const struct content *a = diff->old_side.content, *b = diff->new_side.content;
	const struct file_extent *e = content_file_extents(a, old) + old_i;
	const struct file_extent *f = content_file_extents(b, inode) + i;
	const struct blob *x = content_blob(a, e), *y = content_blob(b, f);
	*same = e->file_off == f->file_off && e->nr_sectors == f->nr_sectors &&
		x->place == y->place && x->compression == y->compression &&
		x->stored_bytes == y->stored_bytes && x->ram_bytes == y->ram_bytes &&
		!memcmp(x->hash, y->hash, sizeof(x->hash));
	return *same ? stored_equal(a, x, b, y, same) : 0;
}

/* ---- the interface --------------------------------------------------------------------- */

struct diff *diff_new(const struct diff_side *old_side, const struct diff_side *new_side)
{
	struct diff *d = xzalloc(sizeof(*d));
	d->old_side = *old_side;
	d->new_side = *new_side;
	d->old_side.pair = xzalloc(old_side->subvol->nr_inodes * sizeof(u32));
	d->new_side.pair = xzalloc(new_side->subvol->nr_inodes * sizeof(u32));
	d->same_data = xzalloc(new_side->subvol->nr_inodes * sizeof(bool));
	return d;
}

void diff_free(struct diff *diff)
{
	if (!diff)
		return;
	xfree(diff->old_side.pair);
	xfree(diff->new_side.pair);
	xfree(diff->same_data);
	xfree(diff);
}
