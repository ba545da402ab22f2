/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/survey.h"
#include "dir_record.h"
#include "extent.h"

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

int survey_add(struct survey *s, struct filesystem *fs, const struct subvolume *subvolume)
{
	const struct btrfs_key first = { BTRFS_FIRST_FREE_OBJECTID, 0, 0 };
	struct cursor c;
	u32 mode = 0;
	cursor_init(&c, fs, &subvolume->tree);
	int err = cursor_seek(&c, &first);
	while (!err && !c.is_at_end) {
		err = survey_item(s, &c, &mode);
		if (!err)
			err = cursor_next(&c);
	}
	cursor_release(&c);
	return err;
}
