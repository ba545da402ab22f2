/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An archive is indexed first. In a regular file that is not packed, only headers are read for it.
 * The archive's data are not checked here: oci_load() and oci_end_layer() verify their digests.
 */
#include "oci_files.h"
#include "detect.h"
#include "member_data.h"
#include "tar_header.h"
#include "tar_parser.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"
#include "model/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define LINKS_FOLLOWED 8 /* docker-archives link equal layers to each other */

/* A file or link of the archive. Names are normalised. */
struct oci_member {
	const char *name;
	const char *target; /* of a link; else NULL */
	u64 offset, bytes;  /* of a file's data, in the descriptor or the spool */
	size_t nr;          /* position in the archive: the last member of a name counts */
};

struct oci_files {
	const char *name; /* for messages */
	const struct oci_options *options;
	int fd; /* the input's: an archive or a directory */
	bool is_directory;
	/* of an archive */
	u64 base;                   /* offset of its first byte in fd */
	struct spool *spool;        /* its data, or NULL: they are read from fd */
	struct oci_member *members; /* sorted by name */
	size_t nr, capacity;
	struct arena arena; /* names */
	/* of a directory: descriptors of its files, until oci_files_close() */
	int *opened;
	size_t nr_opened, opened_capacity;
};

/* ---- names ------------------------------------------------------------------------ */

/* Join the directory @dir and a path in it, without "." and ".."; NULL if the path leaves the root. */
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

static int compare_members(const void *a, const void *b)
{
	const struct oci_member *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : (x->nr > y->nr) - (x->nr < y->nr);
}

static const struct oci_member *find_member(const struct oci_files *f, const char *name)
{
	size_t low = 0, high = f->nr; /* the number of members whose names are not above @name */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(f->members[middle].name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && !strcmp(f->members[low - 1].name, name) ? &f->members[low - 1] : NULL;
}

/* ---- the archive ------------------------------------------------------------------ */

static int spool_data(struct oci_files *f, struct stream *s, const struct member *m)
{
	char q[QUOTE_BYTES];
	for (u64 done = 0; done < m->data_bytes;) {
		const u8 *block;
		ssize_t n = stream_peek(s, m->data + done, 1, &block);
		if (n < 0)
			return (int)n;
		if (n == 0)
			return fail(-EINVAL, "%s: %s: the archive is cut: it ends inside the data",
				    f->name, member_quote(q, m));
		n = (ssize_t)min_u64((u64)n, m->data_bytes - done);
		int err = spool_append(f->spool, block, (size_t)n);
		if (err)
			return err;
		done += (u64)n;
	}
	return 0;
}

static int index_member(struct oci_files *f, struct stream *s, struct member *m)
{
	char q[QUOTE_BYTES];
	const u64 max = f->options->max_entries;
	struct oci_member file = { .nr = f->nr, .bytes = m->data_bytes };
	bool is_link = m->is_hard_link || S_ISLNK(m->mode);
	if (m->unsupported || (!is_link && !S_ISREG(m->mode)))
		return member_data_skip(s, m);
	if (m->is_sparse && !m->is_hard_link)
		return fail(-ENOTSUP, "%s: %s: a sparse file in an image archive: not supported",
			    f->name, member_quote(q, m));
	file.name = normalise(&f->arena, "", 0, m->path.bytes, m->path.len);
	if (file.name && is_link) {
		const char *slash = m->is_hard_link ? NULL : strrchr(file.name, '/');
		file.target =
			normalise(&f->arena, file.name, slash ? (size_t)(slash - file.name) : 0,
				  m->link.bytes, m->link.len);
	} else if (file.name) {
		file.offset = f->spool ? spool_size(f->spool) : f->base + m->data;
		int err = f->spool ? spool_data(f, s, m) : 0;
		if (err)
			return err;
	}
	if (max && f->nr == max)
		return fail_hint(-E2BIG, HINT_ENTRIES,
				 "%s: it has more than the %llu members that are allowed", f->name,
				 (unsigned long long)max);
	if (file.name && (!is_link || file.target)) {
		f->members = mem_grow(f->members, &f->capacity, f->nr + 1, sizeof(*f->members));
		f->members[f->nr++] = file;
	}
	return member_data_skip(s, m);
}

static int index_archive(struct oci_files *f, struct stream *s,
			 const struct reader_options *options)
{
	enum input_format format;
	struct member m;
	u64 offset, rest;
	f->base = 0;
	const bool stays = io_file_rest(f->fd, &f->base, &rest);
	int err = detect_format(s, &format, &offset);
	if (!err && format == FORMAT_CPIO)
		err = fail(-EINVAL, "%s: a cpio archive, allowed: an image archive, which is a tar",
			   f->name);
	if (err || format == FORMAT_TAR_END)
		return err;
	stream_join_parts(s);
	if (!stays || !stream_is_in_place(s))
		err = spool_new(f->options->spool_dir, &f->spool);
	if (err)
		return err;
	if (options->allow_missing_end)
		stream_allow_missing_end(s);
	struct tar_parser *parser = tar_parser_new(s, options);
	while (!(err = tar_parser_next(parser, offset, &m)) && !(err = index_member(f, s, &m)))
		offset = m.end;
	tar_parser_free(parser);
	if (err < 0)
		return err;
	if (f->nr)
		qsort(f->members, f->nr, sizeof(*f->members), compare_members);
	err = stream_drain(s, m.end);
	return err || !f->spool ? err : spool_flush(f->spool);
}

int oci_files_open(const struct reader_input *input, const struct oci_options *options,
		   const struct reader_options *reader, _Atomic u64 *read_bytes,
		   struct oci_files **files)
{
	struct oci_files *f = xzalloc(sizeof(*f));
	struct stat st;
	int err = 0;
	f->name = input->name;
	f->options = options;
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
	spool_free(f->spool);
	xfree(f->opened);
	xfree(f->members);
	arena_free(&f->arena);
	xfree(f);
}

bool oci_files_are_spooled(const struct oci_files *f)
{
	return f->spool;
}

/* ---- looking up ------------------------------------------------------------------- */

static int open_file(struct oci_files *f, const char *name, struct oci_file *file)
{
	char q[QUOTE_BYTES];
	struct stat st;
	int fd = openat(f->fd, name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return fail_errno("%s: cannot open '%s'", f->name, quote(q, name, strlen(name)));
	f->opened = mem_grow(f->opened, &f->opened_capacity, f->nr_opened + 1, sizeof(*f->opened));
	f->opened[f->nr_opened++] = fd;
	if (fstat(fd, &st))
		return fail_errno("%s: cannot look at '%s'", f->name, quote(q, name, strlen(name)));
	if (!S_ISREG(st.st_mode))
		return fail(-EINVAL, "%s: '%s' is no regular file", f->name,
			    quote(q, name, strlen(name)));
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
	const struct oci_member *m = find_member(f, normal);
	for (int i = 0; m && m->target; i++) {
		if (i == LINKS_FOLLOWED)
			return fail(-ELOOP, "%s: '%s' is a chain of more than %d links", f->name,
				    quote(q, name, strlen(name)), LINKS_FOLLOWED);
		m = find_member(f, m->target);
	}
	if (!m)
		return 0;
	*file = (struct oci_file){ .fd = f->spool ? spool_fd(f->spool) : f->fd,
				   .offset = m->offset,
				   .bytes = m->bytes };
	return 1;
}
