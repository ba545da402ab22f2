/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xz, bzip2 and lz4 by libarchive: one filter, enabled by name, under its
 * "raw" format. It gets the bytes of the part alone where their framing tells
 * the end; the filter of bzip2 stops at its end, and tells where that was.
 */
#include "framing.h"
#include "unpack.h"

#include "base/diag.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

struct filter {
	struct unpacker unpacker;
	struct raw_input *source;
	struct archive *archive;
	int error; /* of the source, printed */
	bool at_end;
	bool has_framing;
	struct framing framing;
	u64 given;      /* bytes that libarchive got */
	size_t pending; /* of these, those at the source's front, not taken yet */
};

/* The next bytes of the part. */
static ssize_t next_bytes(struct filter *f, const u8 **data)
{
	raw_input_take(f->source, f->pending);
	f->pending = 0;
	ssize_t n = raw_input_peek(f->source, RAW_LOOK_BYTES, data);
	if (n < 0)
		f->error = (int)n;
	if (n > 0 && f->has_framing) {
		const size_t taken = framing_take(&f->framing, *data, (size_t)n);
		/* a rest that is too short is libarchive's to refuse */
		n = taken || f->framing.may_end ? (ssize_t)taken : n;
	}
	f->pending = n > 0 ? (size_t)n : 0;
	f->given += f->pending;
	return n;
}

static ssize_t give(struct archive *a, void *data, const void **block)
{
	const u8 *bytes = NULL;
	(void)a;
	const ssize_t n = next_bytes(data, &bytes);
	*block = bytes;
	return n < 0 ? -1 : n;
}

static int damaged(const struct filter *f, const char *why)
{
	if (f->error)
		return f->error;
	return fail(-EINVAL, "%s: %s are damaged or cut: %s", f->source->name, f->unpacker.what,
		    why ? why : "libarchive gives no reason");
}

/* Leave the source behind the packed data. */
static int end_part(struct filter *f)
{
	const u8 *ignored;
	f->at_end = true;
	const u64 more = f->given - (u64)archive_filter_bytes(f->archive, -1);
	if (f->has_framing && (more || next_bytes(f, &ignored)))
		return damaged(f, "they end before their framing does");
	raw_input_take(f->source, f->pending);
	raw_input_give_back(f->source, (size_t)more);
	return 0;
}

static ssize_t filter_read(struct unpacker *unpacker, void *buf, size_t bytes)
{
	struct filter *f = (struct filter *)unpacker;
	if (f->at_end)
		return 0;
	const ssize_t n = archive_read_data(f->archive, buf, bytes);
	if (n < 0)
		return damaged(f, archive_error_string(f->archive));
	return n ? n : end_part(f);
}

static void filter_free(struct unpacker *unpacker)
{
	struct filter *f = (struct filter *)unpacker;
	archive_read_free(f->archive);
	xfree(f);
}

/* Anything but ARCHIVE_OK means that libarchive was built without, and would run a program. */
static int enable(struct archive *a, enum packing packing)
{
	if (packing == PACKING_XZ)
		return archive_read_support_filter_xz(a);
	if (packing == PACKING_BZIP2)
		return archive_read_support_filter_bzip2(a);
	return archive_read_support_filter_lz4(a);
}

/* The first bytes are read here, and messages tell of them by @what. */
static int start(struct filter *f, enum packing packing)
{
	struct archive *a = f->archive;
	struct archive_entry *entry;
	const char *name = f->unpacker.packing;
	if (!a)
		return fail(-ENOMEM, "%s: libarchive cannot start", f->source->name);
	if (enable(a, packing) != ARCHIVE_OK)
		return fail(-ENOTSUP, "%s: packed with %s, which this libarchive was built without",
			    f->source->name, name);
	if (archive_read_support_format_raw(a) != ARCHIVE_OK ||
	    archive_read_support_format_empty(a) != ARCHIVE_OK ||
	    archive_read_open(a, f, NULL, give, NULL) != ARCHIVE_OK)
		return damaged(f, archive_error_string(a));
	const int r = archive_read_next_header(a, &entry);
	if (r == ARCHIVE_EOF)
		return end_part(f);
	if (r != ARCHIVE_OK)
		return damaged(f, archive_error_string(a));
	if (archive_filter_count(a) < 2)
		return damaged(f, "they end before any data");
	if (archive_filter_count(a) > 2)
		return fail(-EINVAL, "%s: packed twice: %s inside %s, one packing is allowed",
			    f->source->name, name, name);
	return 0;
}

int unpack_filter_open(struct raw_input *source, enum packing packing, struct unpacker **unpacker)
{
	struct filter *f = xzalloc(sizeof(*f));
	f->unpacker = **unpacker;
	f->unpacker.read = filter_read;
	f->unpacker.free = filter_free;
	f->source = source;
	f->has_framing = framing_begin(&f->framing, packing);
	f->archive = archive_read_new();
	const int err = start(f, packing);
	if (err)
		filter_free(&f->unpacker);
	else
		*unpacker = &f->unpacker;
	return err;
}
