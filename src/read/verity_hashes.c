/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verity_hashes.h"
#include "cursor.h"

#include "base/diag.h"
#include "base/mem.h"
#include "disk/merkle.h"

#include <stddef.h>
#include <sys/stat.h>

#define NO_BLOCK UINT64_MAX

/* Blocks are at least 1 KiB, and at most a page. */
#define LOG_MIN_BLOCK 10
#define LOG_MAX_BLOCK 16

struct verity_hashes {
	struct filesystem *fs;
	struct cursor cursor;
	/* the file */
	u64 ino, size;
	struct fsverity_descriptor descriptor;
	struct fsverity_params params;
	u32 hash_bytes;
	struct merkle_shape shape;
	/* of each level the block that was read last, which is verified, and its number there */
	struct {
		u64 nr;
		u8 block[FSVERITY_BLOCK];
	} levels[MERKLE_MAX_LEVELS];
	u8 of_zeros[FSVERITY_MAX_HASH]; /* hash of a block of zeros, once it is known */
	bool knows_zeros;
};

struct verity_hashes *verity_hashes_new(struct filesystem *fs)
{
	struct verity_hashes *v = xzalloc(sizeof(*v));
	v->fs = fs;
	return v;
}

void verity_hashes_free(struct verity_hashes *v)
{
	if (!v)
		return;
	cursor_release(&v->cursor);
	xfree(v);
}

bool verity_hashes_wants(const struct disk_inode *inode)
{
	return S_ISREG(inode->mode) && inode->flags & BTRFS_INODE_RO_VERITY;
}

const struct fsverity_descriptor *verity_hashes_descriptor(const struct verity_hashes *v)
{
	return &v->descriptor;
}

/* ---- what is expected --------------------------------------------------------------- */

static u32 blocks_of(u32 bytes)
{
	return (u32)align_up(bytes, FSVERITY_BLOCK) / FSVERITY_BLOCK;
}

size_t expected_hashes_bytes(const struct expected_hashes *e, u32 bytes)
{
	return offsetof(struct expected_hashes, hashes) +
	       (size_t)blocks_of(bytes) * fsverity_hash_bytes(e->params.algorithm);
}

bool expected_hashes_verify(const struct expected_hashes *e, const u8 *data, u32 bytes, u64 *wrong)
{
	const u32 hash_bytes = fsverity_hash_bytes(e->params.algorithm);
	u8 found[sizeof(e->hashes)];
	assert(bytes <= BTRFS_MAX_COMPRESSED);
	fsverity_hash_data(&e->params, data, bytes, found);
	for (u32 i = 0; i < blocks_of(bytes); i++) {
		const size_t at = (size_t)i * hash_bytes;
		*wrong = e->first + i;
		if (memcmp(found + at, e->hashes + at, hash_bytes))
			return false;
	}
	return true;
}

int wrong_block_fail(u64 nr)
{
	return fail(-EIO, "block %llu does not fit its hash (fs-verity)", (unsigned long long)nr);
}

/* ---- items -------------------------------------------------------------------------- */

/* Read @bytes that begin at key offset @offset, from items that follow each other without a gap.
 * What is missing becomes zeros, as in Linux. */
static int read_bytes(struct verity_hashes *v, u8 type, u64 offset, u8 *to, u32 bytes)
{
	const struct btrfs_key key = { v->ino, type, offset };
	int err = cursor_seek_back(&v->cursor, &key);
	if (err < 0)
		return err;
	while (!err && bytes && cursor_is_in(&v->cursor, v->ino, type)) {
		u32 in_item;
		const u8 *item = cursor_item(&v->cursor, &in_item);
		const u64 begin = cursor_key(&v->cursor).offset;
		if (begin > offset || offset - begin >= in_item)
			break;
		const u32 n = (u32)min_u64(bytes, begin + in_item - offset);
		memcpy(to, item + (offset - begin), n);
		to += n;
		offset += n;
		bytes -= n;
		if (bytes)
			err = cursor_next(&v->cursor);
		if (v->cursor.is_at_end)
			break;
	}
	memset(to, 0, bytes);
	return err < 0 ? err : 0;
}

static int load_descriptor(struct verity_hashes *v)
{
	const struct btrfs_key key = { v->ino, BTRFS_VERITY_DESC_ITEM_KEY, 0 };
	u32 bytes = 0;
	int err = cursor_seek(&v->cursor, &key);
	if (err)
		return err;
	if (!cursor_is_in(&v->cursor, v->ino, key.type) || cursor_key(&v->cursor).offset)
		return tree_fail(&v->cursor.tree, "inode %llu: fs-verity without a descriptor",
				 (unsigned long long)v->ino);
	const struct btrfs_verity_descriptor_item *item = cursor_item(&v->cursor, &bytes);
	if (bytes != sizeof(*item))
		return cursor_fail(&v->cursor, "a descriptor item of %u bytes", bytes);
	const u64 size = from_le64(item->size);
	if (from_le64(item->reserved[0]) || from_le64(item->reserved[1]) || item->encryption)
		return cursor_fail(&v->cursor, "a descriptor item whose reserved bytes are set");
	err = read_bytes(v, key.type, 1, (u8 *)&v->descriptor, sizeof(v->descriptor));
	if (!err && size != sizeof(v->descriptor) + (u64)from_le32(v->descriptor.sig_size))
		err = tree_fail(&v->cursor.tree,
				"inode %llu: an fs-verity descriptor of %llu bytes, with a "
				"signature of %u",
				(unsigned long long)v->ino, (unsigned long long)size,
				from_le32(v->descriptor.sig_size));
	return err;
}

static bool is_zero(const u8 *bytes, size_t nr)
{
	while (nr && !*bytes)
		bytes++, nr--;
	return !nr;
}

/* Whether Linux takes the descriptor. */
static int check_descriptor(const struct verity_hashes *v)
{
	const struct fsverity_descriptor *d = &v->descriptor;
	const u64 size = from_le64(d->data_size);
	if (d->version != 1 || !fsverity_is_known(d->hash_algorithm) ||
	    d->log_blocksize < LOG_MIN_BLOCK || d->log_blocksize > LOG_MAX_BLOCK ||
	    d->salt_size > sizeof(d->salt) || !is_zero(d->reserved, sizeof(d->reserved)) ||
	    from_le32(d->sig_size) > FSVERITY_MAX_DESCRIPTOR - sizeof(*d))
		return tree_fail(&v->cursor.tree,
				 "inode %llu: an fs-verity descriptor that makes no sense",
				 (unsigned long long)v->ino);
	if (size != v->size)
		return tree_fail(&v->cursor.tree,
				 "inode %llu: fs-verity of %llu bytes, the file has %llu",
				 (unsigned long long)v->ino, (unsigned long long)size,
				 (unsigned long long)v->size);
	return 0;
}

/* Set what follows from a descriptor that Linux takes. Returns as verity_hashes_open(). */
static int use_descriptor(struct verity_hashes *v)
{
	const struct fsverity_descriptor *d = &v->descriptor;
	v->params = (struct fsverity_params){
		.algorithm = (enum fsverity_algorithm)d->hash_algorithm,
		.salt_bytes = d->salt_size,
	};
	memcpy(v->params.salt, d->salt, sizeof(v->params.salt));
	v->hash_bytes = fsverity_hash_bytes(v->params.algorithm);
	v->knows_zeros = false;
	if (d->log_blocksize != 12) {
		warning("inode %llu: fs-verity with blocks of 2^%u bytes, which is not verified",
			(unsigned long long)v->ino, d->log_blocksize);
		return 0;
	}
	if (!merkle_shape(v->params.algorithm, v->size, &v->shape))
		return tree_fail(&v->cursor.tree,
				 "inode %llu: a file of %llu bytes, too large for fs-verity",
				 (unsigned long long)v->ino, (unsigned long long)v->size);
	for (u32 i = 0; i < v->shape.nr_levels; i++)
		v->levels[i].nr = NO_BLOCK;
	/* of an empty file all of it, else what is behind the hash */
	const u32 used = v->size ? v->hash_bytes : 0;
	if (!is_zero(d->root_hash + used, sizeof(d->root_hash) - used))
		return tree_fail(&v->cursor.tree,
				 "inode %llu: the root hash (fs-verity) has bytes behind its end",
				 (unsigned long long)v->ino);
	return 1;
}

int verity_hashes_open(struct verity_hashes *v, const struct filesystem_tree *tree, u64 ino,
		       u64 size)
{
	cursor_enter(&v->cursor, v->fs, tree);
	v->ino = ino;
	v->size = size;
	int err = load_descriptor(v);
	if (!err)
		err = check_descriptor(v);
	return err ? err : use_descriptor(v);
}

/* ---- the Merkle tree ------------------------------------------------------------------ */

/* Hash number @nr of a level whose block is there; above the highest one is the root hash. */
static const u8 *hash_in(const struct verity_hashes *v, u32 level, u64 nr)
{
	if (level == v->shape.nr_levels)
		return v->descriptor.root_hash;
	return v->levels[level].block + nr % v->shape.per_block * v->hash_bytes;
}

static int load_tree_block(struct verity_hashes *v, u32 level, u64 nr)
{
	u8 hash[FSVERITY_MAX_HASH];
	const u64 on_disk = merkle_block_nr(&v->shape, level, nr);
	v->levels[level].nr = NO_BLOCK;
	int err = read_bytes(v, BTRFS_VERITY_MERKLE_ITEM_KEY, on_disk * FSVERITY_BLOCK,
			     v->levels[level].block, FSVERITY_BLOCK);
	if (err)
		return err;
	fsverity_hash_data(&v->params, v->levels[level].block, FSVERITY_BLOCK, hash);
	if (memcmp(hash, hash_in(v, level + 1, nr), v->hash_bytes))
		return tree_fail(
			&v->cursor.tree,
			"inode %llu: block %llu of its Merkle tree (fs-verity) does not fit %s",
			(unsigned long long)v->ino, (unsigned long long)on_disk,
			level + 1 == v->shape.nr_levels ? "the root hash" : "the one above it");
	v->levels[level].nr = nr;
	return 0;
}

/* Have the leaf of a data block, and all blocks above it. */
static int load_leaf(struct verity_hashes *v, u64 block)
{
	u64 nr[MERKLE_MAX_LEVELS];
	int err = 0;
	for (u32 level = 0; level < v->shape.nr_levels; level++)
		nr[level] = block /= v->shape.per_block;
	for (u32 level = v->shape.nr_levels; level-- && !err;)
		if (v->levels[level].nr != nr[level])
			err = load_tree_block(v, level, nr[level]);
	return err;
}

int verity_hashes_get(struct verity_hashes *v, u64 offset, u32 bytes,
		      struct expected_hashes *expected)
{
	assert(offset % FSVERITY_BLOCK == 0 && bytes <= BTRFS_MAX_COMPRESSED);
	expected->first = offset / FSVERITY_BLOCK;
	expected->params = v->params;
	for (u32 i = 0; i < blocks_of(bytes); i++) {
		const u64 block = expected->first + i;
		int err = load_leaf(v, block);
		if (err)
			return err;
		memcpy(expected->hashes + (size_t)i * v->hash_bytes, hash_in(v, 0, block),
		       v->hash_bytes);
	}
	return 0;
}

int verity_hashes_expect_zeros(struct verity_hashes *v, u64 offset, u64 end)
{
	static const u8 zeros[FSVERITY_BLOCK];
	assert(offset % FSVERITY_BLOCK == 0);
	if (offset < end && !v->knows_zeros)
		fsverity_hash_data(&v->params, zeros, sizeof(zeros), v->of_zeros);
	v->knows_zeros |= offset < end;
	for (; offset < end; offset += FSVERITY_BLOCK) {
		const u64 block = offset / FSVERITY_BLOCK;
		int err = load_leaf(v, block);
		if (err)
			return err;
		if (memcmp(hash_in(v, 0, block), v->of_zeros, v->hash_bytes))
			return wrong_block_fail(block);
	}
	return 0;
}
