/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VERITY_DESC_ITEM and VERITY_MERKLE_ITEM of a file, cut as Linux cuts them. The zeros that end the
 * last block of a Merkle tree are left out: Linux reads what is missing as zeros. Most trees have one
 * block and few hashes, so this is most of their size. In the middle of a tree, zeros stay: a page of
 * Linux may have several blocks, and what is behind a gap in it is not read.
 */
#include "items_fs.h"
#include "model/verity.h"

static int add_descriptor_item(const struct fs_producer *p, u64 ino, u32 size)
{
	const struct btrfs_verity_descriptor_item item = { .size = to_le64(size) };
	const struct btrfs_key key = { ino, BTRFS_VERITY_DESC_ITEM_KEY, 0 };
	return tree_writer_put(p->tw, key, &item, sizeof(item));
}

/* The descriptor and its signature; both identify the data, so they are never left out. */
static int add_descriptor_bytes(const struct fs_producer *p, u64 ino,
				const struct verity_file *file, u32 size)
{
	int err = 0;
	for (u32 off = 0, bytes; off < size && !err; off += bytes) {
		const struct btrfs_key key = { ino, BTRFS_VERITY_DESC_ITEM_KEY, 1 + (u64)off };
		void *item;
		bytes = (u32)min_u64(size - off, BTRFS_VERITY_ITEM_BYTES);
		err = tree_writer_add(p->tw, key, bytes, &item);
		if (!err && !tree_writer_counts_only(p->tw))
			err = verity_read_descriptor(p->bp->content->verity, file, off, item,
						     bytes);
	}
	return err;
}

static int add_tree(const struct fs_producer *p, u64 ino, const struct verity_file *file)
{
	int err = 0;
	for (u64 off = 0; off < file->tree_bytes && !err; off += BTRFS_VERITY_ITEM_BYTES) {
		const u32 bytes = (u32)min_u64(file->tree_bytes - off, BTRFS_VERITY_ITEM_BYTES);
		const struct btrfs_key key = { ino, BTRFS_VERITY_MERKLE_ITEM_KEY, off };
		void *item;
		static_assert(FSVERITY_BLOCK % BTRFS_VERITY_ITEM_BYTES == 0, "whole items");
		err = tree_writer_add(p->tw, key, bytes, &item);
		if (err || tree_writer_counts_only(p->tw))
			continue;
		if (tree_writer_wants_data(p->tw))
			err = verity_read_tree(p->bp->content->verity, file, off, item, bytes);
		else
			memset(item, 0, bytes);
	}
	return err;
}

int add_verity(const struct fs_producer *p, const struct inode *inode)
{
	struct verity_file file;
	if (!verity_find(p->bp->content->verity, p->bp->tree, inode, &file))
		return 0;
	const u32 size = (u32)sizeof(file.descriptor) + from_le32(file.descriptor.sig_size);
	int err = add_descriptor_item(p, inode->ino, size);
	if (!err)
		err = add_descriptor_bytes(p, inode->ino, &file, size);
	return err ? err : add_tree(p, inode->ino, &file);
}
