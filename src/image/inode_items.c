/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inode_items.h"

#include "model/verity.h"

struct btrfs_timespec timespec_to_disk(struct timestamp t)
{
	return (struct btrfs_timespec){ .sec = to_le64((u64)t.sec), .nsec = to_le32(t.nsec) };
}

struct btrfs_inode_item directory_inode_item(const struct blueprint *bp)
{
	struct btrfs_timespec time = timespec_to_disk(bp->options.implied_time);
	return (struct btrfs_inode_item){
		.generation = to_le64(GENERATION),
		.transid = to_le64(GENERATION),
		.nlink = to_le32(1),
		.mode = to_le32(S_IFDIR | 0755),
		.atime = time,
		.ctime = time,
		.mtime = time,
		.otime = time,
	};
}

static u64 file_nbytes(const struct blueprint *bp, const struct inode *inode)
{
	const struct content *content = bp->content;
	const struct file_extent *e = content_file_extents(content, inode);
	u64 nbytes = 0;
	for (u32 i = 0; i < inode->nr; i++) {
		const struct blob *b = content_blob(content, &e[i]);
		nbytes += b->place == BLOB_INLINE ? b->ram_bytes
						  : (u64)e[i].nr_sectors * BTRFS_SECTORSIZE;
	}
	return nbytes;
}

static u64 directory_size(const struct inode *dir)
{
	u64 bytes = 0;
	for (u32 i = 0; i < dir->nr; i++)
		bytes += dir->sorted[i]->name_len;
	return bytes * 2;
}

struct btrfs_inode_item inode_item(const struct blueprint *bp, const struct inode *inode)
{
	u64 size = inode->size, nbytes = 0, rdev = 0, flags = inode->flags;
	struct verity_file verity;
	if (inode_is_dir(inode))
		size = directory_size(inode);
	else if (inode_is_file(inode))
		nbytes = inode->nr ? file_nbytes(bp, inode) : 0;
	else if (inode_is_symlink(inode))
		nbytes = size;
	else if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		rdev = inode->rdev;
	if (inode_is_file(inode) && verity_find(bp->content->verity, bp->tree, inode, &verity))
		flags |= BTRFS_INODE_RO_VERITY;
	struct inode_times times = { inode->mtime, inode->mtime, inode->mtime };
	if (inode->times)
		times = *inode->times;
	return (struct btrfs_inode_item){
		.generation = to_le64(GENERATION),
		.transid = to_le64(GENERATION),
		.size = to_le64(size),
		.nbytes = to_le64(nbytes),
		.nlink = to_le32(inode->nlink),
		.uid = to_le32(inode->uid),
		.gid = to_le32(inode->gid),
		.mode = to_le32(inode->mode),
		.rdev = to_le64(rdev),
		.flags = to_le64(flags),
		.atime = timespec_to_disk(times.atime),
		.ctime = timespec_to_disk(times.ctime),
		.mtime = timespec_to_disk(inode->mtime),
		.otime = timespec_to_disk(times.otime),
	};
}

int add_dotdot_ref(struct tree_writer *tw, u64 ino)
{
	struct btrfs_key key = { ino, BTRFS_INODE_REF_KEY, ino };
	struct btrfs_inode_ref ref = { .name_len = to_le16(2) };
	return tree_writer_put_named(tw, key, &ref, sizeof(ref), "..", 2);
}
