/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libarchive's readers of tar and cpio: the second opinion of fuzz_readers. */
#include "found.h"

#include <archive.h>
#include <archive_entry.h>

/* The sector that is being filled. */
struct sector {
	u64 offset;
	bool is_used;
	u8 bytes[BTRFS_SECTORSIZE];
};

static void end_sector(struct found *f, struct sector *s)
{
	if (s->is_used)
		found_sector(f, s->offset, s->bytes);
	memset(s, 0, sizeof(*s));
}

static void add_block(struct found *f, struct sector *s, u64 offset, const u8 *data, size_t bytes)
{
	while (bytes) {
		const u64 begin = offset - offset % BTRFS_SECTORSIZE;
		const size_t skip = (size_t)(offset - begin);
		const size_t n = (size_t)min_u64(bytes, BTRFS_SECTORSIZE - skip);
		if (s->is_used && s->offset != begin)
			end_sector(f, s);
		s->offset = begin;
		s->is_used = true;
		memcpy(s->bytes + skip, data, n);
		found_range(f, offset, n);
		offset += n;
		data += n;
		bytes -= n;
	}
}

/* Returns false if libarchive refuses the data. */
static bool read_data(struct archive *a, struct found *f)
{
	struct sector sector = { 0 };
	const void *data;
	size_t bytes;
	int64_t offset;
	int e;
	while ((e = archive_read_data_block(a, &data, &bytes, &offset)) == ARCHIVE_OK) {
		if (offset < 0 ||
		    (f->nr_ranges && bytes && (u64)offset < f->ranges[f->nr_ranges - 1].end))
			return false;
		add_block(f, &sector, (u64)offset, data, bytes);
	}
	end_sector(f, &sector);
	return e == ARCHIVE_EOF;
}

static struct text text_or_empty(struct found_list *list, const char *string)
{
	return found_text(list, text_of(string ? string : ""));
}

static void read_times(struct archive_entry *e, struct member_time *times)
{
	if (archive_entry_mtime_is_set(e))
		times[MTIME] = (struct member_time){ { .sec = archive_entry_mtime(e),
						       .nsec = (u32)archive_entry_mtime_nsec(e) },
						     true };
	if (archive_entry_atime_is_set(e))
		times[ATIME] = (struct member_time){ { .sec = archive_entry_atime(e),
						       .nsec = (u32)archive_entry_atime_nsec(e) },
						     true };
	if (archive_entry_ctime_is_set(e))
		times[CTIME] = (struct member_time){ { .sec = archive_entry_ctime(e),
						       .nsec = (u32)archive_entry_ctime_nsec(e) },
						     true };
	if (archive_entry_birthtime_is_set(e))
		times[BIRTHTIME] =
			(struct member_time){ { .sec = archive_entry_birthtime(e),
						.nsec = (u32)archive_entry_birthtime_nsec(e) },
					      true };
}

static void read_entry(struct archive_entry *e, struct found_list *list, struct found *f)
{
	const char *hard_link = archive_entry_hardlink(e);
	f->path = text_or_empty(list, archive_entry_pathname(e));
	f->is_hard_link = hard_link != NULL;
	f->link = text_or_empty(list, hard_link ? hard_link : archive_entry_symlink(e));
	f->mode = archive_entry_mode(e);
	f->size = (u64)archive_entry_size(e);
	f->uid = archive_entry_uid(e);
	f->gid = archive_entry_gid(e);
	f->dev_major = (s64)archive_entry_rdevmajor(e);
	f->dev_minor = (s64)archive_entry_rdevminor(e);
	read_times(e, f->times);
}

void libarchive_read(const u8 *data, size_t size, enum input_format format, struct found_list *list)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int e;
	must(a && !(format == FORMAT_CPIO ? archive_read_support_format_cpio(a)
					  : archive_read_support_format_tar(a)));
	e = archive_read_open_memory(a, data, size);
	while (!e) {
		e = archive_read_next_header(a, &entry);
		if (e != ARCHIVE_OK && e != ARCHIVE_WARN)
			break;
		struct found *f = found_add(list);
		f->is_warned = e == ARCHIVE_WARN;
		read_entry(entry, list, f);
		e = read_data(a, f) ? ARCHIVE_OK : ARCHIVE_FATAL;
	}
	list->is_accepted = e == ARCHIVE_EOF;
	archive_read_free(a);
}
