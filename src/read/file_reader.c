/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/file_reader.h"
#include "data_read.h"
#include "extent.h"

#include "base/mem.h"
#include "disk/codec.h"

/* How much of a plain extent is read at once. */
#define WINDOW_BYTES BTRFS_MAX_COMPRESSED

/* The longest target of a link: a sector without the NUL. */
#define LINK_BYTES_MAX (BTRFS_SECTORSIZE - 1)

struct file_reader {
	struct filesystem *fs;
	struct data_reader *data;
	struct cursor cursor;
	/* the file */
	u64 ino, size;
	bool is_summed;
	/* where the reader is in it */
	bool is_new, is_at_end; /* before the first extent, behind the last one with data */
	struct extent extent;   /* the one that was read last */
	u64 done;               /* what comes before this byte was read */
	/* buffers of BTRFS_MAX_COMPRESSED */
	u8 *stored, *plain;
	/* the compressed extent that is in @plain: its address, or 0; and what else it depends on */
	u64 plain_bytenr;
	struct extent loaded;
	bool loaded_summed;
};

struct file_reader *file_reader_new(struct filesystem *fs)
{
	struct file_reader *r = xzalloc(sizeof(*r));
	r->fs = fs;
	r->data = data_reader_new(fs);
	r->stored = xmalloc(BTRFS_MAX_COMPRESSED);
	r->plain = xmalloc(BTRFS_MAX_COMPRESSED);
	return r;
}

void file_reader_free(struct file_reader *r)
{
	if (!r)
		return;
	cursor_release(&r->cursor);
	data_reader_free(r->data);
	xfree(r->stored);
	xfree(r->plain);
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

/* ---- data -------------------------------------------------------------------------- */

/* Unpack @stored to r->plain; zeros follow up to ram_bytes. */
static int decompress(struct file_reader *r, const u8 *stored)
{
	const struct extent *e = &r->extent;
	const struct codec *codec = codec_of_type(e->compression);
	const size_t n =
		codec->decompress(stored, (size_t)e->disk_bytes, r->plain, (size_t)e->ram_bytes);
	if (!n)
		return cursor_fail(&r->cursor, "the compressed data (%s) are damaged", codec->name);
	memset(r->plain + n, 0, (size_t)e->ram_bytes - n);
	return 0;
}

static int load_inline(struct file_reader *r)
{
	const struct extent *e = &r->extent;
	r->plain_bytenr = 0;
	if (e->compression != BTRFS_COMPRESS_NONE)
		return decompress(r, e->stored);
	memcpy(r->plain, e->stored, (size_t)e->ram_bytes);
	return 0;
}

/* Packed files share an extent, often with the one before. */
static bool is_loaded(const struct file_reader *r)
{
	const struct extent *e = &r->extent, *loaded = &r->loaded;
	return r->plain_bytenr == e->disk_bytenr && r->loaded_summed == r->is_summed &&
	       loaded->disk_bytes == e->disk_bytes && loaded->ram_bytes == e->ram_bytes &&
	       loaded->compression == e->compression;
}

static int load_compressed(struct file_reader *r)
{
	const struct extent *e = &r->extent;
	if (is_loaded(r))
		return 0;
	r->plain_bytenr = 0;
	int err = data_read(r->data, e->disk_bytenr, (u32)(e->disk_bytes / BTRFS_SECTORSIZE),
			    r->is_summed, r->stored);
	if (!err)
		err = decompress(r, r->stored);
	if (err)
		return err;
	r->plain_bytenr = e->disk_bytenr;
	r->loaded = *e;
	r->loaded_summed = r->is_summed;
	return 0;
}

/* Read what fits of a plain extent; @end is where the data end that were read. */
static int load_window(struct file_reader *r, u64 begin, u64 *end)
{
	const struct extent *e = &r->extent;
	r->plain_bytenr = 0;
	*end = min_u64(*end, begin + WINDOW_BYTES);
	return data_read(r->data, e->disk_bytenr + e->skip + (begin - e->offset),
			 (u32)(align_up(*end - begin, BTRFS_SECTORSIZE) / BTRFS_SECTORSIZE),
			 r->is_summed, r->plain);
}

int file_reader_next_data(struct file_reader *r, u64 *offset, const u8 **data, size_t *bytes)
{
	int more = next_extent(r);
	if (more <= 0)
		return more;
	const struct extent *e = &r->extent;
	const u64 begin = begin_of_data(r);
	u64 end = end_of_data(r);
	const u8 *p = r->plain + (begin - e->offset);
	int err;
	if (e->is_inline) {
		err = load_inline(r);
	} else if (e->compression != BTRFS_COMPRESS_NONE) {
		err = load_compressed(r);
		p += e->skip;
	} else {
		err = load_window(r, begin, &end);
		p = r->plain;
	}
	r->done = end;
	*offset = begin;
	*data = p;
	*bytes = (size_t)(end - begin);
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
	r->plain[len] = '\0';
	*target = (const char *)data;
	*bytes = len;
	return 0;
}
