/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An archive is indexed first, by its headers alone where they can be reached by seeking. Data in a
 * spool have their digests verified by whoever reads them, so libarchive has no say here.
 */
#include "oci_files.h"
#include "detect.h"
#include "tar_header.h"
#include "tar_parser.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define LINKS_FOLLOWED 8 /* docker-archives link equal layers to each other */

struct entry {
	const char *name; /* normalised */
	size_t nr;        /* of the member: the last of a name counts */
	u64 offset, bytes;
	const char *target; /* of a link: normalised; else NULL */
};

struct oci_files {
	const char *name; /* for messages */
	const char *spool_dir;
	u64 max_entries;
	int fd; /* the input's, or the spool's; of a directory likewise */
	bool owns_fd;
	bool is_directory;
	u64 base;    /* offset in fd of the input's first byte */
	u64 spooled; /* bytes in the spool */
	int *opened; /* directories: of files, until oci_files_close() */
	size_t nr_opened, opened_capacity;
	struct arena arena;
	struct entry *entries; /* sorted by name */
	size_t nr, capacity;
};

/* ---- names ------------------------------------------------------------------------ */

/* Join @len bytes of a directory and a path in it, without "." and ".."; NULL: it leads out. */
static const char *normalise(struct arena *arena, const char *dir, size_t dir_len, const char *path,
			     size_t len)
{
	char *out = arena_alloc_unaligned(arena, dir_len + len + 2);
	size_t n = dir_len;
	memcpy(out, dir, dir_len);
	for (size_t pos = 0; pos < len;) {
		const char *name = path + pos;
		const char *slash = memchr(name, '/', len - pos);
		size_t bytes = slash ? (size_t)(slash - name) : len - pos;
		pos += bytes + 1;
		if (!bytes || (bytes == 1 && *name == '.'))
			continue;
		if (bytes == 2 && !memcmp(name, "..", 2)) {
			if (!n)
				return NULL;
			while (n && out[n - 1] != '/')
				n--;
			n -= n > 0;
			continue;
		}
		if (n)
			out[n++] = '/';
		memcpy(out + n, name, bytes);
		n += bytes;
	}
	out[n] = 0;
	return out;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : (x->nr > y->nr) - (x->nr < y->nr);
}

static const struct entry *find(const struct oci_files *f, const char *name)
{
	size_t low = 0, high = f->nr; /* the last one that is not behind @name */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(f->entries[middle].name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && !strcmp(f->entries[low - 1].name, name) ? &f->entries[low - 1] : NULL;
}

/* ---- the archive ------------------------------------------------------------------ */

static int cannot_spool(const struct oci_files *f, int err)
{
	errno = -err;
	return fail_errno("cannot write the spool file in '%s' after %llu bytes (see --spool-dir)",
			  f->spool_dir, (unsigned long long)f->spooled);
}

static int spool_data(struct oci_files *f, struct stream *s, const struct member *m)
{
	char q[QUOTE_BYTES];
	u64 left = m->data_bytes;
	stream_restart(s, m->data);
	stream_set_limit(s, m->data + left);
	while (left) {
		const void *block;
		ssize_t n = stream_lend(s, &block);
		if (n < 0)
			return (int)n;
		if (n == 0)
			return fail(-EINVAL, "%s: %s: the archive is cut: it ends inside the data",
				    f->name, member_quote(q, m));
		int err = io_write_full(f->fd, block, (size_t)n);
		if (err)
			return cannot_spool(f, err);
		left -= (u64)n;
		f->spooled += (u64)n;
	}
	return 0;
}

static int take_member(struct oci_files *f, struct stream *s, const struct member *m)
{
	char q[QUOTE_BYTES];
	struct entry e = { .nr = f->nr, .bytes = m->data_bytes };
	bool is_link = m->is_hard_link || S_ISLNK(m->mode);
	if (m->unsupported || (!is_link && !S_ISREG(m->mode)))
		return stream_skip(s, m->end);
	if (m->is_sparse && !m->is_hard_link)
		return fail(-ENOTSUP, "%s: %s: a sparse file in an image archive: not supported",
			    f->name, member_quote(q, m));
	e.name = normalise(&f->arena, "", 0, m->path.bytes, m->path.len);
	if (e.name && is_link) {
		const char *slash = m->is_hard_link ? NULL : strrchr(e.name, '/');
		e.target = normalise(&f->arena, e.name, slash ? (size_t)(slash - e.name) : 0,
				     m->link.bytes, m->link.len);
	} else if (e.name) {
		e.offset = f->owns_fd ? f->spooled : f->base + m->data;
		int err = f->owns_fd ? spool_data(f, s, m) : 0;
		if (err)
			return err;
	}
	if (f->max_entries && f->nr == f->max_entries)
		return fail(-E2BIG,
			    "%s: it has more than the %llu members that are allowed (see "
			    "--max-entries)",
			    f->name, (unsigned long long)f->max_entries);
	if (e.name && (!is_link || e.target)) {
		f->entries = mem_grow(f->entries, &f->capacity, f->nr + 1, sizeof(*f->entries));
		f->entries[f->nr++] = e;
	}
	return stream_skip(s, m->end);
}

static int index_archive(struct oci_files *f, struct stream *s,
			 const struct reader_options *options)
{
	enum input_format format;
	struct member m;
	u64 offset = 0;
	u64 rest;
	f->base = 0;
	const bool stays = io_file_rest(f->fd, &f->base, &rest);
	int err = detect_format(s, &format);
	if (!err && format != FORMAT_TAR)
		err = fail(-EINVAL, "%s: a cpio archive, allowed: an image archive, which is a tar",
			   f->name);
	if (err)
		return err;
	if (!stays || stream_packing(s)) {
		f->fd = io_tmpfile(f->spool_dir);
		if (f->fd < 0) {
			errno = -f->fd;
			return fail_errno("cannot create a spool file in '%s' (see --spool-dir)",
					  f->spool_dir);
		}
		f->owns_fd = true;
	}
	struct tar_parser *parser = tar_parser_new(s, options);
	while (!(err = tar_parser_next(parser, offset, &m)) && !(err = take_member(f, s, &m)))
		offset = m.end;
	tar_parser_free(parser);
	if (err < 0)
		return err;
	stream_restart(s, m.end);
	if (f->nr)
		qsort(f->entries, f->nr, sizeof(*f->entries), compare_entries);
	return stream_drain(s, m.end);
}

int oci_files_open(const struct reader_input *input, const struct oci_options *options,
		   const struct reader_options *reader, _Atomic u64 *read_bytes,
		   struct oci_files **files)
{
	struct oci_files *f = xzalloc(sizeof(*f));
	struct stat st;
	int err = 0;
	f->name = input->name;
	f->spool_dir = options->spool_dir;
	f->max_entries = options->max_entries;
	f->fd = input->fd;
	f->is_directory = !fstat(input->fd, &st) && S_ISDIR(st.st_mode);
	if (!f->is_directory) {
		struct stream *s = stream_new(input, reader->max_bytes, 0, read_bytes);
		err = index_archive(f, s, reader);
		stream_close(s);
	}
	if (err)
		oci_files_close(f);
	else
		*files = f;
	return err;
}

void oci_files_close(struct oci_files *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->nr_opened; i++)
		close(f->opened[i]);
	if (f->owns_fd)
		close(f->fd);
	xfree(f->opened);
	xfree(f->entries);
	arena_free(&f->arena);
	xfree(f);
}

bool oci_files_are_spooled(const struct oci_files *f)
{
	return f->owns_fd;
}

bool oci_files_is_directory(const struct oci_files *f)
{
	return f->is_directory;
}

/* ---- looking up ------------------------------------------------------------------- */

static int open_file(struct oci_files *f, const char *name, struct oci_file *file)
{
	char q[QUOTE_BYTES];
	struct stat st;
	int fd = openat(f->fd, name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	quote(q, name, strlen(name));
	if (fd < 0)
		return fail_errno("%s: cannot open '%s'", f->name, q);
	f->opened = mem_grow(f->opened, &f->opened_capacity, f->nr_opened + 1, sizeof(*f->opened));
	f->opened[f->nr_opened++] = fd;
	if (fstat(fd, &st))
		return fail_errno("%s: cannot look at '%s'", f->name, q);
	if (!S_ISREG(st.st_mode))
		return fail(-EINVAL, "%s: '%s' is no regular file", f->name, q);
	*file = (struct oci_file){ .fd = fd, .bytes = (u64)st.st_size };
	return 1;
}

int oci_files_find(struct oci_files *f, const char *name, struct oci_file *file)
{
	char q[QUOTE_BYTES];
	const char *normal = normalise(&f->arena, "", 0, name, strlen(name));
	if (!normal)
		return fail(-EINVAL, "%s: '%s' leads out of the image", f->name,
			    quote(q, name, strlen(name)));
	if (f->is_directory)
		return open_file(f, normal, file);
	const struct entry *e = find(f, normal);
	for (int i = 0; e && e->target; i++) {
		if (i == LINKS_FOLLOWED)
			return fail(-ELOOP, "%s: '%s' is a chain of more than %d links", f->name,
				    quote(q, name, strlen(name)), LINKS_FOLLOWED);
		e = find(f, e->target);
	}
	if (!e)
		return 0;
	*file = (struct oci_file){ .fd = f->fd, .offset = e->offset, .bytes = e->bytes };
	return 1;
}
