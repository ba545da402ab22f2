/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/verity_check.h"
#include "cursor.h"

#include "base/diag.h"
#include "base/mem.h"
#include "disk/merkle.h"

#include <sys/stat.h>

#define SECTORS_AT_ONCE 32u

struct verity_check {
	struct filesystem *fs;
	struct cursor cursor;
	/* the file */
	u64 ino, size;
	struct fsverity_descriptor descriptor;
	struct fsverity_params params;
	struct merkle *merkle;
	u64 nr_blocks, done; /* blocks of the file, and those that were added */
};

struct verity_check *verity_check_new(struct filesystem *fs)
{
	struct verity_check *c = xzalloc(sizeof(*c));
	c->fs = fs;
	return c;
}

void verity_check_free(struct verity_check *c)
{
	if (!c)
		return;
	cursor_release(&c->cursor);
	merkle_free(c->merkle);
	xfree(c);
}

bool verity_check_wants(const struct disk_inode *inode)
{
	return S_ISREG(inode->mode) && inode->flags & BTRFS_INODE_RO_VERITY;
}

/* ---- items -------------------------------------------------------------------------- */

/* Read @bytes that begin at key offset @offset, from items that follow each other without a gap.
 * What is missing becomes zeros, as in Linux. */
static int read_bytes(struct verity_check *c, u8 type, u64 offset, u8 *to, u32 bytes)
{
	const struct btrfs_key key = { c->ino, type, offset };
	int err = cursor_seek_back(&c->cursor, &key);
	if (err < 0)
		return err;
	while (!err && bytes && cursor_is_in(&c->cursor, c->ino, type)) {
		u32 in_item;
		const u8 *item = cursor_item(&c->cursor, &in_item);
		const u64 begin = cursor_key(&c->cursor).offset;
		if (begin > offset || offset - begin >= in_item)
			break;
		const u32 n = (u32)min_u64(bytes, begin + in_item - offset);
		memcpy(to, item + (offset - begin), n);
		to += n;
		offset += n;
		bytes -= n;
		if (bytes)
			err = cursor_next(&c->cursor);
		if (c->cursor.is_at_end)
			break;
	}
	memset(to, 0, bytes);
	return err < 0 ? err : 0;
}

static int load_descriptor(struct verity_check *c)
{
	const struct btrfs_key key = { c->ino, BTRFS_VERITY_DESC_ITEM_KEY, 0 };
	u32 bytes = 0;
	int err = cursor_seek(&c->cursor, &key);
	if (err)
		return err;
	if (!cursor_is_in(&c->cursor, c->ino, key.type) || cursor_key(&c->cursor).offset)
		return tree_fail(&c->cursor.tree, "inode %llu: fs-verity without a descriptor",
				 (unsigned long long)c->ino);
	const struct btrfs_verity_descriptor_item *item = cursor_item(&c->cursor, &bytes);
	if (bytes != sizeof(*item))
		return cursor_fail(&c->cursor, "a descriptor item of %u bytes", bytes);
	const u64 size = from_le64(item->size);
	if (from_le64(item->reserved[0]) || from_le64(item->reserved[1]) || item->encryption)
		return cursor_fail(&c->cursor, "a descriptor item whose reserved bytes are set");
	err = read_bytes(c, key.type, 1, (u8 *)&c->descriptor, sizeof(c->descriptor));
	if (!err && size != sizeof(c->descriptor) + (u64)from_le32(c->descriptor.sig_size))
		err = tree_fail(&c->cursor.tree,
				"inode %llu: an fs-verity descriptor of %llu bytes, with a "
				"signature of %u",
				(unsigned long long)c->ino, (unsigned long long)size,
				from_le32(c->descriptor.sig_size));
	return err;
}

static bool is_zero(const u8 *bytes, size_t nr)
{
	while (nr && !*bytes)
		bytes++, nr--;
	return !nr;
}

/* Whether Linux takes the descriptor. */
static int check_descriptor(const struct verity_check *c)
{
	const struct fsverity_descriptor *d = &c->descriptor;
	const u64 size = from_le64(d->data_size);
	if (d->version != 1 || !fsverity_is_known(d->hash_algorithm) ||
	    d->salt_size > sizeof(d->salt) || !is_zero(d->reserved, sizeof(d->reserved)) ||
	    from_le32(d->sig_size) > FSVERITY_MAX_DESCRIPTOR - sizeof(*d))
		return tree_fail(&c->cursor.tree,
				 "inode %llu: an fs-verity descriptor that makes no sense",
				 (unsigned long long)c->ino);
	if (size != c->size)
		return tree_fail(&c->cursor.tree,
				 "inode %llu: fs-verity of %llu bytes, the file has %llu",
				 (unsigned long long)c->ino, (unsigned long long)size,
				 (unsigned long long)c->size);
	return 0;
}

/* ---- blocks --------------------------------------------------------------------------- */

static int compare_merkle_block(void *context, u64 nr, const u8 block[FSVERITY_BLOCK])
{
	struct verity_check *c = context;
	u8 found[FSVERITY_BLOCK];
	int err = read_bytes(c, BTRFS_VERITY_MERKLE_ITEM_KEY, nr * FSVERITY_BLOCK, found,
			     sizeof(found));
	if (err || !memcmp(found, block, sizeof(found)))
		return err;
	return tree_fail(
		&c->cursor.tree,
		"inode %llu: block %llu of its Merkle tree (fs-verity) does not fit its data",
		(unsigned long long)c->ino, (unsigned long long)nr);
}

int verity_check_begin(struct verity_check *c, const struct filesystem_tree *tree,
		       const struct disk_inode *inode)
{
	struct merkle_shape shape;
	cursor_enter(&c->cursor, c->fs, tree);
	c->ino = inode->ino;
	c->size = inode->size;
	c->done = 0;
	int err = load_descriptor(c);
	if (!err)
		err = check_descriptor(c);
	if (err)
		return err;
	c->params = (struct fsverity_params){
		.algorithm = (enum fsverity_algorithm)c->descriptor.hash_algorithm,
		.salt_bytes = c->descriptor.salt_size,
	};
	memcpy(c->params.salt, c->descriptor.salt, sizeof(c->params.salt));
	if (c->descriptor.log_blocksize != 12 ||
	    !merkle_shape(c->params.algorithm, c->size, &shape)) {
		warning("inode %llu: fs-verity with blocks of 2^%u bytes, which is not verified",
			(unsigned long long)c->ino, c->descriptor.log_blocksize);
		return 0;
	}
	c->nr_blocks = shape.nr_data_blocks;
	merkle_free(c->merkle);
	c->merkle = merkle_new(&c->params, &shape, compare_merkle_block, c);
	return 1;
}

int verity_check_add(struct verity_check *c, u64 offset, const u8 *data, size_t bytes)
{
	u8 hashes[SECTORS_AT_ONCE * FSVERITY_MAX_HASH];
	assert(offset % FSVERITY_BLOCK == 0 && offset / FSVERITY_BLOCK >= c->done);
	int err = merkle_add_zeros(c->merkle, offset / FSVERITY_BLOCK - c->done);
	c->done = offset / FSVERITY_BLOCK;
	while (!err && bytes) {
		const u32 n = (u32)min_u64(bytes, SECTORS_AT_ONCE * FSVERITY_BLOCK);
		const u32 blocks = (u32)align_up(n, FSVERITY_BLOCK) / FSVERITY_BLOCK;
		fsverity_hash_data(&c->params, data, n, hashes);
		err = merkle_add(c->merkle, hashes, blocks);
		c->done += blocks;
		data += n;
		bytes -= n;
	}
	return err;
}

int verity_check_end(struct verity_check *c, struct fsverity_descriptor *descriptor)
{
	u8 root[FSVERITY_MAX_HASH] = { 0 };
	int err = merkle_add_zeros(c->merkle, c->nr_blocks - c->done);
	if (!err)
		err = merkle_finish(c->merkle, root);
	if (!err && memcmp(root, c->descriptor.root_hash, sizeof(root)))
		err = tree_fail(&c->cursor.tree,
				"inode %llu: the root hash (fs-verity) does not fit its data",
				(unsigned long long)c->ino);
	merkle_free(c->merkle);
	c->merkle = NULL;
	*descriptor = c->descriptor;
	return err;
}
