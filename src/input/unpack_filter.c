/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xz, zstd, bzip2 and lz4 by libarchive: one filter, enabled by name, under its "raw" format. Some
 * filters end silently before bytes that they do not know. So the rest after the packed data is
 * checked here.
 */
#include "unpack.h"

#include "base/diag.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

/* More than a filter looks at to find that no other stream follows. */
#define TAIL_BYTES 64u

struct filter {
	struct unpacker unpacker;
	struct raw_input *source;
	struct archive *archive;
	int error; /* of the source, printed */
	bool at_end;
	u8 tail[TAIL_BYTES]; /* the end of the block before */
	size_t tail_len;
	u64 given;     /* bytes that libarchive got */
	size_t in_len; /* of these, in @in */
	u8 in[SOURCE_BLOCK_BYTES];
};

static ssize_t give(struct archive *a, void *data, const void **block)
{
	struct filter *f = data;
	(void)a;
	f->tail_len = (size_t)min_u64(f->in_len, TAIL_BYTES);
	memcpy(f->tail, f->in + f->in_len - f->tail_len, f->tail_len);
	ssize_t n = raw_input_read(f->source, f->in, sizeof(f->in));
	if (n < 0) {
		f->error = (int)n;
		return -1;
	}
	f->in_len = (size_t)n;
	f->given += (u64)n;
	*block = f->in;
	return n;
}

static int damaged(struct filter *f)
{
	if (f->error)
		return f->error;
	const char *why = archive_error_string(f->archive);
	return fail(-EINVAL, "%s: the %s data are damaged or cut: %s", f->source->name,
		    f->unpacker.packing, why ? why : "libarchive gives no reason");
}

static bool all_zero(const u8 *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

/* Only zeros may follow the packed data. */
static int check_rest(struct filter *f)
{
	u64 left = f->given - (u64)archive_filter_bytes(f->archive, -1);
	size_t in_tail = left > f->in_len ? (size_t)(left - f->in_len) : 0;
	size_t in_block = (size_t)left - in_tail;
	bool is_good = in_tail <= f->tail_len &&
		       all_zero(f->tail + f->tail_len - in_tail, in_tail) &&
		       all_zero(f->in + f->in_len - in_block, in_block);
	while (is_good) {
		ssize_t n = raw_input_read(f->source, f->in, sizeof(f->in));
		if (n <= 0)
			return (int)n;
		is_good = all_zero(f->in, (size_t)n);
	}
	return fail(-EINVAL, "%s: there are other bytes behind the %s data", f->source->name,
		    f->unpacker.packing);
}

static ssize_t filter_read(struct unpacker *unpacker, void *buf, size_t bytes)
{
	struct filter *f = (struct filter *)unpacker;
	if (f->at_end)
		return 0;
	ssize_t n = archive_read_data(f->archive, buf, bytes);
	if (n < 0)
		return damaged(f);
	if (n == 0) {
		f->at_end = true;
		return check_rest(f);
	}
	return n;
}

static void filter_free(struct unpacker *unpacker)
{
	struct filter *f = (struct filter *)unpacker;
	archive_read_free(f->archive);
	xfree(f);
}

/* Any result but ARCHIVE_OK: libarchive was built without the filter, and would run a program. */
static int enable(struct archive *a, enum packing packing)
{
	if (packing == PACKING_XZ)
		return archive_read_support_filter_xz(a);
	if (packing == PACKING_ZSTD)
		return archive_read_support_filter_zstd(a);
	if (packing == PACKING_BZIP2)
		return archive_read_support_filter_bzip2(a);
	return archive_read_support_filter_lz4(a);
}

int unpack_filter_open(struct raw_input *source, enum packing packing, const char *name,
		       struct unpacker **unpacker)
{
	struct filter *f = xzalloc(sizeof(*f));
	f->unpacker = (struct unpacker){ name, filter_read, filter_free };
	f->source = source;
	f->archive = archive_read_new();
	int err = 0;
	struct archive_entry *entry;
	if (!f->archive)
		err = fail(-ENOMEM, "%s: libarchive cannot start", source->name);
	else if (enable(f->archive, packing) != ARCHIVE_OK)
		err = fail(-ENOTSUP, "%s: packed with %s, which this libarchive was built without",
			   source->name, name);
	else if (archive_read_support_format_raw(f->archive) != ARCHIVE_OK ||
		 archive_read_support_format_empty(f->archive) != ARCHIVE_OK ||
		 archive_read_open(f->archive, f, NULL, give, NULL) != ARCHIVE_OK)
		err = damaged(f);
	if (!err) {
		int r = archive_read_next_header(f->archive, &entry);
		if (r == ARCHIVE_EOF)
			f->at_end = true;
		else if (r != ARCHIVE_OK)
			err = damaged(f);
		else if (archive_filter_count(f->archive) != 2)
			err = fail(-EINVAL, "%s: packed twice: %s inside %s, one layer is allowed",
				   source->name, name, name);
	}
	if (err) {
		filter_free(&f->unpacker);
		return err;
	}
	*unpacker = &f->unpacker;
	return 0;
}
