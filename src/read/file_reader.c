/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/file_reader.h"
#include "data_sums.h"
#include "extent.h"
#include "file_load.h"
#include "filesystem_private.h"

#include "base/diag.h"
#include "base/mem.h"

/* How much of a plain extent is read at once. */
#define WINDOW_BYTES BTRFS_MAX_COMPRESSED

/* The longest target of a link: a sector without the NUL. */
#define LINK_BYTES_MAX (BTRFS_SECTORSIZE - 1)

struct file_reader {
	struct filesystem *fs;
	struct data_sums *sums;
	struct data_loader *loader;
	struct verity_hashes *verity;
	struct cursor cursor;
	/* the file */
	u64 ino, size;
	bool is_summed;
	bool wants_verity,
		has_verity; /* has: its descriptor was read, and blocks can be verified */
	/* where the reader is in it */
	bool is_new, is_at_end; /* before the first extent, behind the last one with data */
	struct extent extent;   /* the one that was read last */
	u64 done;               /* what comes before this byte was read */
	/* the sums of the load that was planned last, and the hashes of fs-verity */
	u8 found[WINDOW_BYTES / BTRFS_SECTORSIZE * BTRFS_CSUM_SIZE];
	struct expected_hashes expected;
};

struct file_reader *file_reader_new(struct filesystem *fs)
{
	struct file_reader *r = xzalloc(sizeof(*r));
	r->fs = fs;
	r->sums = data_sums_new(fs);
	r->loader = data_loader_new(fs);
	r->verity = verity_hashes_new(fs);
	return r;
}

void file_reader_free(struct file_reader *r)
{
	if (!r)
		return;
	cursor_release(&r->cursor);
	data_sums_free(r->sums);
	data_loader_free(r->loader);
	verity_hashes_free(r->verity);
	xfree(r);
}

void file_reader_rewind(struct file_reader *r)
{
	r->is_new = true;
	r->is_at_end = false;
	r->done = 0;
	r->extent = (struct extent){ 0 };
}

void file_reader_open(struct file_reader *r, const struct filesystem_tree *tree,
		      const struct disk_inode *inode)
{
	cursor_enter(&r->cursor, r->fs, tree);
	r->ino = inode->ino;
	r->size = inode->size;
	r->is_summed = !(inode->flags & BTRFS_INODE_NODATASUM);
	r->wants_verity = verity_hashes_wants(inode);
	r->has_verity = false;
	file_reader_rewind(r);
}

/* ---- extents ----------------------------------------------------------------------- */

/* Go to the next EXTENT_DATA item of the file. Returns 1, 0 if there is none, or an error. */
static int next_item(struct file_reader *r)
{
	const struct btrfs_key key = { r->ino, BTRFS_EXTENT_DATA_KEY, 0 };
	int err = r->is_new ? cursor_seek(&r->cursor, &key) : cursor_next(&r->cursor);
	r->is_new = false;
	r->is_at_end = err || !cursor_is_in(&r->cursor, r->ino, BTRFS_EXTENT_DATA_KEY);
	return err ? err : !r->is_at_end;
}

/* Where the bytes of r->extent begin that are to be read, and where they end. */
static u64 begin_of_data(const struct file_reader *r)
{
	return max_u64(r->done, r->extent.offset);
}

static u64 end_of_data(const struct file_reader *r)
{
	return min_u64(r->extent.end, r->size);
}

/* Set r->extent to the next one that has data behind r->done. Returns as next_item(). */
static int next_extent(struct file_reader *r)
{
	struct extent *e = &r->extent;
	if (r->is_at_end)
		return 0;
	while (r->done >= end_of_data(r) || e->is_hole) {
		const u64 before = e->end;
		int more = next_item(r);
		if (more <= 0)
			return more;
		int err = extent_read(&r->cursor, e);
		if (err)
			return err;
		if (e->offset < before)
			return cursor_fail(&r->cursor, "an extent that overlaps the one before");
		r->is_at_end = e->offset >= r->size;
		if (r->is_at_end)
			return 0;
	}
	return 1;
}

int file_reader_next_run(struct file_reader *r, u64 *offset, u64 *bytes)
{
	int more = next_extent(r);
	if (more <= 0)
		return more;
	const u64 begin = begin_of_data(r);
	u64 end = begin;
	while (more > 0 && begin_of_data(r) == end) {
		r->done = end = end_of_data(r);
		more = next_extent(r);
	}
	*offset = begin;
	*bytes = end - begin;
	return more < 0 ? more : 1;
}

/* ---- fs-verity --------------------------------------------------------------------- */

/* Read the descriptor, once for an open file. */
static int open_verity(struct file_reader *r)
{
	if (!r->wants_verity)
		return 0;
	int verifies = verity_hashes_open(r->verity, &r->cursor.tree, r->ino, r->size);
	r->wants_verity = false;
	r->has_verity = verifies > 0;
	return verifies < 0 ? verifies : 0;
}

/* Verify the hole between what was read and @begin. */
static int verify_hole(struct file_reader *r, u64 begin)
{
	if (!r->has_verity)
		return 0;
	return verity_hashes_expect_zeros(r->verity, align_up(r->done, FSVERITY_BLOCK), begin);
}

static int plan_hashes(struct file_reader *r, u64 begin, struct data_load *load)
{
	if (!r->has_verity)
		return 0;
	load->hashes = &r->expected;
	return verity_hashes_get(r->verity, begin, load->bytes, &r->expected);
}

const struct fsverity_descriptor *file_reader_verity(const struct file_reader *r)
{
	return r->has_verity ? verity_hashes_descriptor(r->verity) : NULL;
}

/* ---- data -------------------------------------------------------------------------- */

/* What @load needs that is the same for compressed extents and parts of plain ones. */
static int plan_stored(struct file_reader *r, u64 logical, u64 stored_bytes, struct data_load *load)
{
	load->logical = logical;
	load->stored_bytes = (u32)stored_bytes;
	load->is_summed = r->is_summed;
	load->extra = r->is_summed ? r->found : NULL;
	load->chunk = chunk_map_find(&r->fs->map, logical, stored_bytes);
	if (!load->chunk)
		return fail(-EIO, "data at %llu: there is no chunk at this address",
			    (unsigned long long)logical);
	return r->is_summed ? data_sums_find(r->sums, logical,
					     (u32)(stored_bytes / BTRFS_SECTORSIZE), r->found)
			    : 0;
}

static void plan_inline(struct file_reader *r, struct data_load *load)
{
	const struct extent *e = &r->extent;
	load->is_inline = true;
	load->stored_bytes = (u32)e->disk_bytes;
	load->plain_bytes = (u32)e->ram_bytes;
	load->extra = e->stored;
}

static int plan_compressed(struct file_reader *r, u64 begin, struct data_load *load)
{
	const struct extent *e = &r->extent;
	load->plain_bytes = (u32)e->ram_bytes;
	load->skip = (u32)(e->skip + (begin - e->offset));
	return plan_stored(r, e->disk_bytenr, e->disk_bytes, load);
}

/* What fits of a plain extent; @end is where the data end that are planned. */
static int plan_window(struct file_reader *r, u64 begin, u64 most, u64 *end, struct data_load *load)
{
	const struct extent *e = &r->extent;
	assert(most && most % BTRFS_SECTORSIZE == 0);
	*end = min_u64(*end, begin + min_u64(most, WINDOW_BYTES));
	load->plain_bytes = (u32)align_up(*end - begin, BTRFS_SECTORSIZE);
	return plan_stored(r, e->disk_bytenr + e->skip + (begin - e->offset), load->plain_bytes,
			   load);
}

int file_reader_next_load(struct file_reader *r, u64 most, u64 *offset, struct data_load *load)
{
	int err = open_verity(r);
	int more = err ? err : next_extent(r);
	if (more >= 0)
		err = verify_hole(r, more ? begin_of_data(r) : r->size);
	if (err || more <= 0)
		return err ? err : more;
	const u64 begin = begin_of_data(r);
	u64 end = end_of_data(r);
	*load = (struct data_load){ .compression = r->extent.compression };
	if (load->compression != BTRFS_COMPRESS_NONE)
		load->place = cursor_place(&r->cursor);
	if (r->extent.is_inline)
		plan_inline(r, load);
	else if (load->compression != BTRFS_COMPRESS_NONE)
		err = plan_compressed(r, begin, load);
	else
		err = plan_window(r, begin, most, &end, load);
	load->bytes = (u32)(end - begin);
	if (!err)
		err = plan_hashes(r, begin, load);
	r->done = end;
	*offset = begin;
	return err ? err : 1;
}

int file_reader_next_data(struct file_reader *r, u64 *offset, const u8 **data, size_t *bytes)
{
	struct data_load load = { .bytes = 0 };
	int more = file_reader_next_load(r, WINDOW_BYTES, offset, &load);
	if (more <= 0)
		return more;
	*bytes = load.bytes;
	int err = data_load_bring(r->loader, &load, data);
	return err ? err : 1;
}

int file_reader_link(struct file_reader *r, const char **target, size_t *bytes)
{
	const u8 *data = NULL;
	u64 offset = 0;
	size_t len = 0;
	int more = r->size > LINK_BYTES_MAX ? 0 : file_reader_next_data(r, &offset, &data, &len);
	if (more < 0)
		return more;
	assert(!more || data);
	if (!more || !r->extent.is_inline || len != r->size || memchr(data, 0, len))
		return tree_fail(
			&r->cursor.tree,
			"inode %llu: a symbolic link of %llu bytes, allowed are 1 to %u without NUL",
			(unsigned long long)r->ino, (unsigned long long)r->size, LINK_BYTES_MAX);
	r->loader->plain[len] = '\0';
	*target = (const char *)data;
	*bytes = len;
	return 0;
}
