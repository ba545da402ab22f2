/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libarchive never sees a member before the guard has; blocks of data go from
 * the stream's window through it to file_data without a copy.
 */
#include "second_reader.h"

#include "base/diag.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

struct second_reader {
	struct stream *stream;
	enum input_format format;
	u64 begin;               /* stream offset of the archive */
	u16 source;              /* of the content */
	struct archive *archive; /* from the first member on */
	struct archive_entry *entry;
};

static ssize_t lend(struct archive *a, void *data, const void **block)
{
	struct second_reader *r = data;
	(void)a;
	ssize_t n = stream_lend(r->stream, block);
	return n < 0 ? -1 : n;
}

static int64_t pass(struct archive *a, void *data, int64_t bytes)
{
	struct second_reader *r = data;
	(void)a;
	return (int64_t)stream_pass(r->stream, (u64)bytes);
}

struct second_reader *second_reader_new(struct stream *stream, enum input_format format, u64 offset,
					u16 source)
{
	struct second_reader *r = xzalloc(sizeof(*r));
	r->stream = stream;
	r->format = format;
	r->begin = offset;
	r->source = source;
	stream_restart(stream, offset);
	return r;
}

void second_reader_free(struct second_reader *r)
{
	archive_read_free(r->archive);
	xfree(r);
}

static const char *reason(const struct second_reader *r)
{
	const char *why = r->archive ? archive_error_string(r->archive) : NULL;
	return why ? why : "libarchive gives no reason";
}

static int complain(const struct second_reader *r, const struct member *m)
{
	char q[QUOTE_BYTES];
	if (stream_error(r->stream))
		return stream_error(r->stream);
	return fail(-EINVAL, "%s: damaged: %s", member_quote(q, m), reason(r));
}

/* Cut, if the input ends before the member does; else libarchive's own reason. */
static int complain_of_data(const struct second_reader *r, const struct member *m)
{
	char q[QUOTE_BYTES];
	if (stream_error(r->stream))
		return stream_error(r->stream);
	if (!stream_has(r->stream, m->end))
		return fail(-EINVAL,
			    "%s: the archive is cut: it ends inside the data of this member",
			    member_quote(q, m));
	return complain(r, m);
}

static int start(struct second_reader *r)
{
	r->archive = archive_read_new();
	if (!r->archive)
		return ARCHIVE_FATAL;
	int e = r->format == FORMAT_TAR ? archive_read_support_format_tar(r->archive)
					: archive_read_support_format_cpio(r->archive);
	return e == ARCHIVE_OK ? archive_read_open2(r->archive, r, NULL, lend, pass, NULL) : e;
}

int second_reader_next(struct second_reader *r, const struct member *m)
{
	char q[QUOTE_BYTES];
	stream_set_limit(r->stream, m->end);
	int e = r->archive ? ARCHIVE_OK : start(r);
	if (e == ARCHIVE_OK)
		e = archive_read_next_header(r->archive, &r->entry);
	if (e == ARCHIVE_EOF)
		return fail(-EINVAL, "%s: libarchive sees the archive's end before this member",
			    member_quote(q, m));
	/*
	 * A warning is about what libarchive does not take over: names that it cannot convert to
	 * the locale, times below 0, ACLs (each version has others). These are the guard's.
	 */
	if (e != ARCHIVE_OK && e != ARCHIVE_WARN)
		return complain(r, m);
	if (m->unsupported || m->is_hard_link)
		return 0;
	/* a warning keeps libarchive from taking a file whose name ends in a slash for a directory
	 */
	u32 type = archive_entry_filetype(r->entry);
	if (type != (m->mode & S_IFMT) && !(e == ARCHIVE_WARN && S_ISDIR(m->mode)))
		return fail(-EINVAL, "%s: its header says type %o, libarchive %o",
			    member_quote(q, m), m->mode & S_IFMT, type);
	if (S_ISREG(m->mode) && (u64)archive_entry_size(r->entry) != m->size)
		return fail(-EINVAL, "%s: its header says %llu bytes, libarchive %lld",
			    member_quote(q, m), (unsigned long long)m->size,
			    (long long)archive_entry_size(r->entry));
	return 0;
}

bool second_reader_has_data(const struct second_reader *r)
{
	return archive_entry_size(r->entry) > 0;
}

/* The place in a sparse map while data arrive; a plain file is one segment. */
struct place {
	const struct sparse_segment *segments;
	size_t nr;
	u64 done; /* bytes of the first segment */
};

/* Whether @bytes at @offset are what comes next. */
static bool take(struct place *p, u64 offset, u64 bytes)
{
	while (bytes) {
		while (p->nr && p->segments->bytes == p->done) {
			p->segments++;
			p->nr--;
			p->done = 0;
		}
		if (!p->nr || p->segments->offset + p->done != offset)
			return false;
		u64 n = min_u64(bytes, p->segments->bytes - p->done);
		p->done += n;
		offset += n;
		bytes -= n;
	}
	return true;
}

static u32 sum_bytes(const u8 *p, size_t n)
{
	u32 sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += p[i];
	return sum;
}

static int misplaced(const struct member *m, u64 offset, u64 bytes)
{
	char q[QUOTE_BYTES];
	return fail(
		-EINVAL,
		"%s: libarchive gives %llu bytes at %llu, which is not where its header puts them",
		member_quote(q, m), (unsigned long long)bytes, (unsigned long long)offset);
}

/* Data that lie in a row in a plain file, most of it beyond what was read for the headers: whoever
 * works on them reads them too. */
static bool is_left_to_workers(const struct second_reader *r, const struct member *m)
{
	return r->source != CONTENT_DATA_SPOOL && !m->is_sparse && !m->has_sum &&
	       !m->has_holes_data &&
	       stream_unread(r->stream, m->data + m->data_bytes) > m->data_bytes / 2;
}

int second_reader_data(struct second_reader *r, const struct member *m, struct file_data *file_data,
		       u32 *sum)
{
	struct sparse_segment whole = { 0, m->data_bytes };
	struct place place = { &whole, 1, 0 };
	u64 given = 0, end = 0;
	if (is_left_to_workers(r, m))
		return file_data_refer(file_data, (struct origin){ r->source, m->data },
				       m->data_bytes);
	if (m->is_sparse)
		place = (struct place){ m->map.segments, m->map.nr, 0 };
	for (;;) {
		const void *data;
		size_t bytes;
		int64_t offset;
		int e = archive_read_data_block(r->archive, &data, &bytes, &offset);
		if (e == ARCHIVE_EOF)
			break;
		if (e != ARCHIVE_OK)
			return complain_of_data(r, m);
		u64 file_off = (u64)offset;
		bool is_good = m->has_holes_data ? file_off >= end && file_off <= m->size &&
							   bytes <= m->size - file_off
						 : take(&place, file_off, bytes);
		if (!is_good)
			return misplaced(m, file_off, bytes);
		end = file_off + bytes;
		given += bytes;
		if (m->has_sum)
			*sum += sum_bytes(data, bytes);
		struct origin origin = { r->source, 0 };
		bool found = stream_offset(r->stream, data, bytes, &origin.offset);
		int err = bytes ? file_data_write(file_data, file_off, data, bytes,
						  found ? &origin : NULL)
				: 0;
		if (err)
			return err;
	}
	return given == m->data_bytes || m->has_holes_data ? 0 : misplaced(m, end, 0);
}

int second_reader_finish(struct second_reader *r, const struct member *m, u64 *offset)
{
	char q[QUOTE_BYTES];
	int e = archive_read_data_skip(r->archive);
	if (e != ARCHIVE_OK && e != ARCHIVE_EOF)
		return complain_of_data(r, m);
	*offset = r->begin + (u64)archive_filter_bytes(r->archive, 0);
	if (*offset == m->end || *offset == m->end_without_data)
		return 0;
	if (!stream_has(r->stream, m->end))
		return complain_of_data(r, m);
	return fail(-EINVAL, "%s: its header says that it ends at byte %llu, libarchive %llu",
		    member_quote(q, m), (unsigned long long)m->end, (unsigned long long)*offset);
}
