/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "data_read.h"
#include "filesystem_private.h"

#include "base/diag.h"
#include "base/mem.h"
#include "disk/checksum.h"

struct data_reader {
	struct filesystem *fs;
	enum btrfs_csum_type csum;
	u32 sum_bytes;
	bool has_sums; /* the cursor is in the checksum tree */
	struct cursor sums;
};

/* One call of data_read(). */
struct data_request {
	const struct mapped_chunk *chunk;
	u64 logical;
	u32 sectors;
	u8 *data;
};

struct data_reader *data_reader_new(struct filesystem *fs)
{
	struct data_reader *r = xzalloc(sizeof(*r));
	r->fs = fs;
	r->csum = fs->blocks.csum;
	r->sum_bytes = checksum_size(r->csum);
	return r;
}

void data_reader_free(struct data_reader *r)
{
	if (r)
		cursor_release(&r->sums);
	xfree(r);
}

/* ---- sums -------------------------------------------------------------------------- */

static int open_sums(struct data_reader *r)
{
	struct filesystem_tree tree;
	if (r->has_sums)
		return 0;
	int err = filesystem_find_tree(r->fs, BTRFS_CSUM_TREE_OBJECTID, &tree, NULL);
	if (err > 0)
		return fail(-EIO, "the filesystem has no checksum tree");
	if (err)
		return err;
	cursor_init(&r->sums, r->fs, &tree);
	r->has_sums = true;
	return 0;
}

static int no_sum(u64 logical)
{
	return fail(-EIO, "data at %llu: there is no checksum", (unsigned long long)logical);
}

/* The sums from the sector at @logical on; @nr is how many follow each other, at least 1. */
static int find_sums(struct data_reader *r, u64 logical, const u8 **sums, u32 *nr)
{
	const struct btrfs_key key = { BTRFS_EXTENT_CSUM_OBJECTID, BTRFS_EXTENT_CSUM_KEY, logical };
	u32 bytes;
	int err = open_sums(r);
	if (!err)
		err = cursor_seek_back(&r->sums, &key);
	if (err < 0)
		return err;
	if (err || !cursor_is_in(&r->sums, key.objectid, key.type))
		return no_sum(logical);
	const u8 *item = cursor_item(&r->sums, &bytes);
	const u64 first = cursor_key(&r->sums).offset;
	if (bytes % r->sum_bytes || first % BTRFS_SECTORSIZE)
		return cursor_fail(&r->sums, "checksums of %u bytes", bytes);
	const u64 skip = (logical - first) / BTRFS_SECTORSIZE, have = bytes / r->sum_bytes;
	if (skip >= have)
		return no_sum(logical);
	*sums = item + skip * r->sum_bytes;
	*nr = (u32)(have - skip);
	return 0;
}

/* ---- copies ------------------------------------------------------------------------ */

static bool sector_is_good(const struct data_reader *r, const u8 *sector, const u8 *sum)
{
	u8 found[BTRFS_CSUM_SIZE];
	assert(sum);
	checksum(r->csum, sector, BTRFS_SECTORSIZE, found);
	return !memcmp(found, sum, r->sum_bytes);
}

/* Take one sector from a copy behind the first. */
static int repair_sector(const struct data_reader *r, const struct data_request *q, u32 sector,
			 const u8 *sum)
{
	const u64 logical = q->logical + (u64)sector * BTRFS_SECTORSIZE;
	u8 *data = q->data + (size_t)sector * BTRFS_SECTORSIZE;
	for (u32 copy = 1; copy < q->chunk->nr_copies; copy++) {
		if (chunk_read(q->chunk, logical, BTRFS_SECTORSIZE, copy, data) ||
		    !sector_is_good(r, data, sum))
			continue;
		warning("data at %llu: the first copy is bad; copy %u is used",
			(unsigned long long)logical, copy + 1);
		return 0;
	}
	return fail(-EIO, "data at %llu: the checksum is wrong%s", (unsigned long long)logical,
		    q->chunk->nr_copies > 1 ? " in all copies" : "");
}

static int verify(struct data_reader *r, const struct data_request *q)
{
	const u8 *sums = NULL;
	u32 nr = 0;
	for (u32 i = 0; i < q->sectors; i++, nr--, sums += r->sum_bytes) {
		const u8 *data = q->data + (size_t)i * BTRFS_SECTORSIZE;
		int err = 0;
		if (!nr)
			err = find_sums(r, q->logical + (u64)i * BTRFS_SECTORSIZE, &sums, &nr);
		if (!err && !sector_is_good(r, data, sums))
			err = repair_sector(r, q, i, sums);
		if (err)
			return err;
	}
	return 0;
}

/* Read all from one copy: the first that can be read. */
static int read_data_copy(const struct data_request *q)
{
	const size_t bytes = (size_t)q->sectors * BTRFS_SECTORSIZE;
	int err = 0;
	for (u32 copy = 0; copy < q->chunk->nr_copies; copy++) {
		err = chunk_read(q->chunk, q->logical, bytes, copy, q->data);
		if (!err)
			return 0;
	}
	return fail(err, "data at %llu: %s", (unsigned long long)q->logical,
		    chunk_read_reason(err));
}

int data_read(struct data_reader *r, u64 logical, u32 sectors, bool is_summed, u8 *data)
{
	const struct data_request q = {
		.chunk = chunk_map_find(&r->fs->map, logical, (u64)sectors * BTRFS_SECTORSIZE),
		.logical = logical,
		.sectors = sectors,
		.data = data,
	};
	if (!q.chunk)
		return fail(-EIO, "data at %llu: there is no chunk at this address",
			    (unsigned long long)logical);
	int err = read_data_copy(&q);
	return err || !is_summed ? err : verify(r, &q);
}
