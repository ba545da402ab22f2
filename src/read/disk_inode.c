/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/disk_inode.h"
#include "dir_record.h"

#include "base/mem.h"

#include <sys/stat.h>

#define NSEC_PER_SEC 1000000000u

struct disk_inode_reader {
	struct filesystem *fs;
	struct cursor cursor;
};

struct disk_inode_reader *disk_inode_reader_new(struct filesystem *fs)
{
	struct disk_inode_reader *r = xzalloc(sizeof(*r));
	r->fs = fs;
	return r;
}

void disk_inode_reader_free(struct disk_inode_reader *r)
{
	if (r)
		cursor_release(&r->cursor);
	xfree(r);
}

void disk_inode_release(struct disk_inode *inode)
{
	xfree(inode->bytes);
	xfree(inode->xattrs);
}

/* ---- items ------------------------------------------------------------------------- */

static struct timestamp time_from_disk(const struct btrfs_timespec *t)
{
	return (struct timestamp){ .sec = (s64)from_le64(t->sec), .nsec = from_le32(t->nsec) };
}

static int check_inode(const struct cursor *c, const struct disk_inode *inode, u64 rdev)
{
	static const u32 types[] = {
		S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFSOCK, S_IFIFO
	};
	bool is_known = false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		is_known |= (inode->mode & S_IFMT) == types[i];
	if (!is_known || inode->mode & ~(u32)(S_IFMT | 07777))
		return cursor_fail(c, "an inode of mode 0%o", inode->mode);
	if (inode->size > INT64_MAX)
		return cursor_fail(c, "an inode of %llu bytes, allowed are 2^63-1",
				   (unsigned long long)inode->size);
	if (rdev > UINT32_MAX)
		return cursor_fail(c, "a device number of more than 32 bits: 0x%llx",
				   (unsigned long long)rdev);
	if (inode->atime.nsec >= NSEC_PER_SEC || inode->ctime.nsec >= NSEC_PER_SEC ||
	    inode->mtime.nsec >= NSEC_PER_SEC || inode->otime.nsec >= NSEC_PER_SEC)
		return cursor_fail(c, "a time with 1000000000 nanoseconds or more");
	return 0;
}

static int read_inode_item(const struct cursor *c, struct disk_inode *inode)
{
	u32 bytes;
	const struct btrfs_inode_item *item = cursor_item(c, &bytes);
	if (bytes != sizeof(*item))
		return cursor_fail(c, "an inode item of %u bytes", bytes);
	inode->size = from_le64(item->size);
	inode->mode = from_le32(item->mode);
	inode->uid = from_le32(item->uid);
	inode->gid = from_le32(item->gid);
	inode->nlink = from_le32(item->nlink);
	inode->rdev = (u32)from_le64(item->rdev);
	inode->flags = from_le64(item->flags);
	inode->atime = time_from_disk(&item->atime);
	inode->ctime = time_from_disk(&item->ctime);
	inode->mtime = time_from_disk(&item->mtime);
	inode->otime = time_from_disk(&item->otime);
	return check_inode(c, inode, from_le64(item->rdev));
}

/* Count the names in a parent, and keep the last one: a directory has no other. */
static int read_refs(const struct cursor *c, struct disk_inode *inode)
{
	u32 left;
	const u8 *p = cursor_item(c, &left);
	while (left) {
		const struct btrfs_inode_ref *ref = (const void *)p;
		const u32 len = left < sizeof(*ref) ? UINT32_MAX : from_le16(ref->name_len);
		if (len > BTRFS_NAME_LEN || len > left - sizeof(*ref))
			return cursor_fail(c, "a reference to a parent is cut");
		inode->nr_refs++;
		inode->ref_parent = cursor_key(c).offset;
		inode->ref.index = from_le64(ref->index);
		inode->ref.name_len = len;
		memcpy(inode->ref.name, ref + 1, len);
		p += sizeof(*ref) + len;
		left -= (u32)sizeof(*ref) + len;
	}
	return 0;
}

static int read_xattrs(const struct cursor *c, size_t *used, struct disk_inode *inode)
{
	struct dir_record r;
	u32 at = 0;
	int more;
	while ((more = dir_record_next(c, &at, &r)) > 0) {
		const size_t len = r.name_len + r.value_len;
		if (*used + len > DISK_INODE_XATTR_MAX)
			return cursor_fail(c, "more than %u bytes of xattrs", DISK_INODE_XATTR_MAX);
		inode->bytes = mem_grow(inode->bytes, &inode->bytes_capacity, *used + len, 1);
		memcpy(inode->bytes + *used, r.name, len);
		inode->xattrs = mem_grow(inode->xattrs, &inode->xattrs_capacity,
					 inode->nr_xattrs + 1, sizeof(*inode->xattrs));
		inode->xattrs[inode->nr_xattrs++] = (struct disk_xattr){
			.at = (u32)*used,
			.name_len = r.name_len,
			.value_len = r.value_len,
		};
		*used += len;
	}
	return more;
}

/* The items behind the INODE_ITEM, as far as the xattrs. */
static int read_more_items(struct cursor *c, struct disk_inode *inode)
{
	size_t used = 0;
	int err;
	while (!(err = cursor_next(c)) && !c->is_at_end) {
		const struct btrfs_key key = cursor_key(c);
		if (key.objectid != inode->ino || key.type > BTRFS_XATTR_ITEM_KEY)
			break;
		if (key.type == BTRFS_INODE_REF_KEY)
			err = read_refs(c, inode);
		else if (key.type == BTRFS_XATTR_ITEM_KEY)
			err = read_xattrs(c, &used, inode);
		if (err)
			return err;
	}
	return err;
}

int disk_inode_read(struct disk_inode_reader *reader, const struct filesystem_tree *tree, u64 ino,
		    struct disk_inode *inode)
{
	const struct btrfs_key key = { ino, BTRFS_INODE_ITEM_KEY, 0 };
	struct cursor *c = &reader->cursor;
	cursor_enter(c, reader->fs, tree);
	inode->ino = ino;
	inode->nr_refs = inode->nr_xattrs = 0;
	int err = cursor_seek_back(c, &key);
	if (err < 0)
		return err;
	if (err || !cursor_is_in(c, ino, key.type))
		return tree_fail(tree, "there is no inode %llu", (unsigned long long)ino);
	err = read_inode_item(c, inode);
	return err ? err : read_more_items(c, inode);
}
