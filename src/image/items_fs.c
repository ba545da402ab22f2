/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A subvolume tree: inodes in the order of their numbers, and for each inode its
 * items by key: INODE_ITEM, INODE_REF, INODE_EXTREF, XATTR_ITEM, VERITY_DESC_ITEM,
 * VERITY_MERKLE_ITEM, DIR_ITEM, DIR_INDEX, EXTENT_DATA.
 */
#include "items_fs.h"

#include "inode_items.h"

/* ---- INODE_ITEM --------------------------------------------------------------------- */

static int add_inode_item(const struct fs_producer *p, const struct inode *inode)
{
	struct btrfs_key key = { inode->ino, BTRFS_INODE_ITEM_KEY, 0 };
	void *item;
	int err = tree_writer_add(p->tw, key, sizeof(struct btrfs_inode_item), &item);
	if (err || tree_writer_counts_only(p->tw))
		return err;
	*(struct btrfs_inode_item *)item = inode_item(p->bp, inode);
	return 0;
}

/* ---- XATTR_ITEM ------------------------------------------------------------------------- */

static u8 *put_xattr(u8 *at, const struct xattr *x)
{
	struct btrfs_dir_item record = {
		.transid = to_le64(GENERATION),
		.data_len = to_le16(u16_from_u64(x->value_len)),
		.name_len = to_le16(x->name_len),
		.type = BTRFS_FT_XATTR,
	};
	return mempcpy(mempcpy(at, &record, sizeof(record)), x->bytes, x->name_len + x->value_len);
}

static int add_xattrs(const struct fs_producer *p, const struct inode *inode)
{
	for (const struct xattr *x = inode->xattrs, *end; x; x = end) {
		u32 bytes = 0;
		for (end = x; end && end->name_hash == x->name_hash; end = end->next)
			bytes +=
				(u32)sizeof(struct btrfs_dir_item) + end->name_len + end->value_len;
		struct btrfs_key key = { inode->ino, BTRFS_XATTR_ITEM_KEY, x->name_hash };
		void *item;
		int err = tree_writer_add(p->tw, key, bytes, &item);
		if (err)
			return err;
		u8 *at = item;
		for (const struct xattr *y = x; y != end; y = y->next)
			at = put_xattr(at, y);
	}
	return 0;
}

/* ---- EXTENT_DATA ---------------------------------------------------------------------------- */

static struct btrfs_file_extent_head extent_head(u64 ram_bytes, u8 compression, u8 type)
{
	return (struct btrfs_file_extent_head){
		.generation = to_le64(GENERATION),
		.ram_bytes = to_le64(ram_bytes),
		.compression = compression,
		.type = type,
	};
}

/* Room for an inline extent with @bytes behind its head; *@data is where they go. */
static int add_inline(const struct fs_producer *p, u64 ino, u64 ram_bytes, u8 compression,
		      u32 bytes, u8 **data)
{
	struct btrfs_key key = { ino, BTRFS_EXTENT_DATA_KEY, 0 };
	struct btrfs_file_extent_head head =
		extent_head(ram_bytes, compression, BTRFS_FILE_EXTENT_INLINE);
	void *item;
	int err = tree_writer_add(p->tw, key, (u32)sizeof(head) + bytes, &item);
	if (err)
		return err;
	memcpy(item, &head, sizeof(head));
	*data = (u8 *)item + sizeof(head);
	return 0;
}

static int add_target(const struct fs_producer *p, const struct inode *inode)
{
	u8 *data;
	int err = add_inline(p, inode->ino, inode->size, BTRFS_COMPRESS_NONE,
			     u32_from_u64(inode->size), &data);
	if (!err)
		memcpy(data, inode->target, inode->size);
	return err;
}

static int add_inline_data(const struct fs_producer *p, u64 ino, const struct blob *b)
{
	u8 *data;
	int err = add_inline(p, ino, b->ram_bytes, b->compression, b->stored_bytes, &data);
	if (err || tree_writer_counts_only(p->tw))
		return err;
	if (!tree_writer_wants_data(p->tw)) {
		memset(data, 0, b->stored_bytes);
		return 0;
	}
	return spool_read(p->bp->content->small_spool, b->store_off, data, b->stored_bytes);
}

static int add_extent(const struct fs_producer *p, u64 ino, const struct file_item *extent)
{
	const struct blob *b = &p->bp->content->blobs[extent->blob];
	if (b->place == BLOB_INLINE)
		return add_inline_data(p, ino, b);
	struct btrfs_key key = { ino, BTRFS_EXTENT_DATA_KEY, extent->file_off };
	const struct btrfs_file_extent_item item = {
		.head = extent_head(blob_extent_ram_bytes(b), b->compression,
				    BTRFS_FILE_EXTENT_REG),
		.disk_bytenr = to_le64(blob_extent_logical(b)),
		.disk_num_bytes = to_le64(blob_extent_bytes(b)),
		.offset = to_le64(extent->offset),
		.num_bytes = to_le64(extent->num_bytes),
	};
	return tree_writer_put(p->tw, key, &item, sizeof(item));
}

static int add_extents(const struct fs_producer *p, const struct inode *inode)
{
	int err = 0;
	u32 at = 0;
	for (struct file_item item; !err && file_item_next(p->bp->content, inode, &at, &item);)
		err = add_extent(p, inode->ino, &item);
	return err;
}

/* ---- trees ---------------------------------------------------------------------------------- */

static int add_inode(struct fs_producer *p, const struct inode *inode)
{
	int err = add_inode_item(p, inode);
	if (!err)
		err = inode_is_subvol_root(inode) ? add_dotdot_ref(p->tw, inode->ino)
						  : add_refs(p, inode);
	if (!err)
		err = add_xattrs(p, inode);
	if (!err && inode_is_file(inode))
		err = add_verity(p, inode);
	if (!err && inode_is_dir(inode))
		err = add_dir_names(p, inode);
	if (!err && inode_is_symlink(inode))
		err = add_target(p, inode);
	if (!err && inode_is_file(inode) && inode->nr)
		err = add_extents(p, inode);
	return err;
}

int produce_fs_tree(const struct blueprint *bp, const struct subvol *subvol, struct tree_writer *tw)
{
	struct fs_producer p = { .bp = bp, .tw = tw };
	u64 nr;
	const struct inode *const *inodes = tree_inodes(bp->tree, &nr) + subvol->first_inode;
	int err = 0;
	for (u64 i = 0; i < subvol->nr_inodes && !err; i++)
		err = add_inode(&p, inodes[i]);
	xfree(p.names);
	return err;
}

int produce_data_reloc_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	struct btrfs_key key = { BTRFS_FIRST_FREE_OBJECTID, BTRFS_INODE_ITEM_KEY, 0 };
	const struct btrfs_inode_item item = directory_inode_item(bp);
	int err = tree_writer_put(tw, key, &item, sizeof(item));
	return err ? err : add_dotdot_ref(tw, BTRFS_FIRST_FREE_OBJECTID);
}
