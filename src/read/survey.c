/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/survey.h"
#include "dir_record.h"
#include "extent.h"

#include "base/mem.h"

#include <sys/stat.h>

static bool times_differ(const struct btrfs_timespec *a, const struct btrfs_timespec *b)
{
	return memcmp(a, b, sizeof(*a));
}

/* @mode: result: of the inode, whose other items follow */
static int survey_inode(struct survey *s, const struct cursor *c, u32 *file_mode)
{
	u32 bytes;
	const struct btrfs_inode_item *inode = cursor_item(c, &bytes);
	if (bytes < sizeof(*inode))
		return cursor_fail(c, "an inode item of %u bytes", bytes);
	const u32 mode = *file_mode = from_le32(inode->mode);
	s->files += S_ISREG(mode);
	s->directories += S_ISDIR(mode);
	s->others += !S_ISREG(mode) && !S_ISDIR(mode);
	s->has_unsummed |= S_ISREG(mode) && (from_le64(inode->flags) & BTRFS_INODE_NODATASUM);
	s->has_other_times |= times_differ(&inode->atime, &inode->mtime) ||
			      times_differ(&inode->ctime, &inode->mtime) ||
			      times_differ(&inode->otime, &inode->mtime);
	return 0;
}

static int survey_extent(struct survey *s, const struct cursor *c)
{
	struct extent e;
	int err = extent_read(c, &e);
	if (err || e.is_hole)
		return err;
	s->codecs[e.compression].extents++;
	s->codecs[e.compression].file_bytes += e.end - e.offset;
	s->codecs[e.compression].stored_bytes += e.disk_bytes;
	return 0;
}

static int survey_xattrs(struct survey *s, const struct cursor *c)
{
	static const char prefix[] = "btrfs.";
	const size_t len = sizeof(prefix) - 1;
	struct dir_record r;
	u32 at = 0;
	int more;
	while ((more = dir_record_next(c, &at, &r)) > 0)
		s->has_properties |= r.name_len >= len && !memcmp(r.name, prefix, len);
	return more;
}

/* The first bytes of a descriptor; what makes no sense is no concern here. */
static void survey_verity(struct survey *s, const struct cursor *c)
{
	u32 bytes;
	const struct fsverity_descriptor *d = cursor_item(c, &bytes);
	if (cursor_key(c).offset != 1 || bytes < sizeof(*d) ||
	    !fsverity_is_known(d->hash_algorithm) || d->salt_size > FSVERITY_MAX_SALT)
		return;
	if (s->verity.algorithm == FSVERITY_NONE) {
		s->verity.algorithm = (enum fsverity_algorithm)d->hash_algorithm;
		s->verity.salt_bytes = d->salt_size;
		memcpy(s->verity.salt, d->salt, sizeof(d->salt));
	}
	s->verity_files[d->hash_algorithm]++;
}

static int survey_item(struct survey *s, const struct cursor *c, u32 *mode)
{
	switch (cursor_key(c).type) {
	case BTRFS_INODE_ITEM_KEY:
		return survey_inode(s, c, mode);
	case BTRFS_XATTR_ITEM_KEY:
		return survey_xattrs(s, c);
	case BTRFS_VERITY_DESC_ITEM_KEY:
		survey_verity(s, c);
		return 0;
	case BTRFS_EXTENT_DATA_KEY:
		return S_ISREG(*mode) ? survey_extent(s, c) : 0;
	default:
		return 0;
	}
}

/* Count the items from @first on, up to and with those of inode @last. */
static int survey_items(struct survey *s, struct cursor *c, u64 first, u64 last)
{
	const struct btrfs_key key = { first, 0, 0 };
	u32 mode = 0;
	int err = cursor_seek(c, &key);
	while (!err && !c->is_at_end && cursor_key(c).objectid <= last) {
		err = survey_item(s, c, &mode);
		if (!err)
			err = cursor_next(c);
	}
	return err;
}

int survey_add(struct survey *s, struct filesystem *fs, const struct subvolume *subvolume)
{
	struct cursor c;
	cursor_init(&c, fs, &subvolume->tree);
	int err = survey_items(s, &c, BTRFS_FIRST_FREE_OBJECTID, UINT64_MAX);
	cursor_release(&c);
	return err;
}

/* ---- single inodes ----------------------------------------------------------------- */

struct survey_reader {
	struct filesystem *fs;
	struct cursor items;
};

struct survey_reader *survey_reader_new(struct filesystem *fs)
{
	struct survey_reader *r = xzalloc(sizeof(*r));
	r->fs = fs;
	return r;
}

void survey_reader_free(struct survey_reader *r)
{
	if (!r)
		return;
	cursor_release(&r->items);
	xfree(r);
}

int survey_add_inode(struct survey *s, struct survey_reader *r, const struct filesystem_tree *tree,
		     u64 ino)
{
	cursor_enter(&r->items, r->fs, tree);
	return survey_items(s, &r->items, ino, ino);
}
