/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "extent.h"

static int read_inline(const struct cursor *c, const struct btrfs_file_extent_head *head, u32 bytes,
		       struct extent *e)
{
	e->is_inline = true;
	e->stored = (const u8 *)(head + 1);
	e->disk_bytes = bytes - sizeof(*head);
	if (e->offset)
		return cursor_fail(c, "inline data that is not at the beginning of the file");
	if (e->ram_bytes > BTRFS_SECTORSIZE)
		return cursor_fail(c, "inline data of %llu bytes, allowed are %u",
				   (unsigned long long)e->ram_bytes, BTRFS_SECTORSIZE);
	if (e->compression == BTRFS_COMPRESS_NONE && e->disk_bytes != e->ram_bytes)
		return cursor_fail(c, "inline data of %llu bytes in %llu",
				   (unsigned long long)e->ram_bytes,
				   (unsigned long long)e->disk_bytes);
	e->end = e->ram_bytes;
	return 0;
}

/* Whether the place on disk and the part that is the file's are possible. */
static bool is_possible(const struct extent *e, u64 num_bytes)
{
	const u64 unaligned =
		e->offset | e->ram_bytes | e->skip | e->disk_bytenr | e->disk_bytes | num_bytes;
	const bool is_compressed = e->compression != BTRFS_COMPRESS_NONE;
	/* ram_bytes of plain extents was wrong in some kernels; nothing depends on it */
	const u64 have = is_compressed ? e->ram_bytes : e->disk_bytes;
	u64 end;
	if (unaligned % BTRFS_SECTORSIZE || !num_bytes || add_overflows(e->skip, num_bytes, &end) ||
	    end > have || add_overflows(e->disk_bytenr, e->disk_bytes, &end))
		return false;
	return !is_compressed || (e->ram_bytes <= BTRFS_MAX_COMPRESSED &&
				  e->disk_bytes <= BTRFS_MAX_COMPRESSED && e->disk_bytes);
}

static int read_regular(const struct cursor *c, const struct btrfs_file_extent_item *item,
			u32 bytes, struct extent *e)
{
	if (bytes != sizeof(*item))
		return cursor_fail(c, "an extent item of %u bytes", bytes);
	const u64 num_bytes = from_le64(item->num_bytes);
	e->disk_bytenr = from_le64(item->disk_bytenr);
	e->disk_bytes = from_le64(item->disk_num_bytes);
	e->skip = from_le64(item->offset);
	e->is_hole = !e->disk_bytenr || item->head.type == BTRFS_FILE_EXTENT_PREALLOC;
	if (add_overflows(e->offset, num_bytes, &e->end) || e->end > INT64_MAX)
		return cursor_fail(c, "an extent that ends behind byte 2^63-1 of the file");
	const u64 behind = e->skip + num_bytes;
	if (!e->is_hole && !is_possible(e, num_bytes))
		return cursor_fail(c, "bytes %llu to %llu of an extent of %llu, stored in %llu",
				   (unsigned long long)e->skip, (unsigned long long)behind,
				   (unsigned long long)e->ram_bytes,
				   (unsigned long long)e->disk_bytes);
	return 0;
}

int extent_read(const struct cursor *c, struct extent *e)
{
	u32 bytes;
	const struct btrfs_file_extent_item *item = cursor_item(c, &bytes);
	const struct btrfs_file_extent_head *head = &item->head;
	if (bytes < sizeof(*head))
		return cursor_fail(c, "an extent item of %u bytes", bytes);
	*e = (struct extent){
		.offset = cursor_key(c).offset,
		.ram_bytes = from_le64(head->ram_bytes),
		.compression = head->compression,
	};
	if (head->encryption || from_le16(head->other_encoding))
		return cursor_fail(c, "an encrypted extent, which is not supported");
	if (head->compression > BTRFS_COMPRESS_ZSTD)
		return cursor_fail(c, "an extent of unknown compression type %u",
				   head->compression);
	if (head->type == BTRFS_FILE_EXTENT_INLINE)
		return read_inline(c, head, bytes, e);
	if (head->type > BTRFS_FILE_EXTENT_PREALLOC)
		return cursor_fail(c, "an extent of unknown type %u", head->type);
	return read_regular(c, item, bytes, e);
}
