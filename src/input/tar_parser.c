/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chain of headers that makes a tar member: pax records (x, X, g), long
 * names (L, K), Solaris ACLs (A), then the header proper. Their bodies are
 * copied, for libarchive will read the same bytes while they are still needed.
 *
 * pax records override the header's fields; of the two ways to say a long name,
 * pax wins.
 */
#include "tar_parser.h"
#include "pax.h"
#include "sparse.h"
#include "tar_header.h"

#include "base/diag.h"
#include "base/mem.h"

#include <errno.h>

/* libarchive's limit for the body of a special header, and ours for their number */
#define SPECIAL_BYTES_MAX (1u << 20)
#define CHAIN_MAX 16u

struct body {
	char *bytes;
	size_t capacity;
	size_t len;
	bool is_set;
};

struct tar_parser {
	struct stream *stream;
	const struct reader_options *options;
	/* of the member being read */
	struct body records, long_path, long_link, solaris_acl, global;
	struct tar_header header;
	char path[sizeof(((struct tar_header *)0)->prefix) +
		  sizeof(((struct tar_header *)0)->name) + 2];
	struct sparse_map map;
	struct pax globals; /* what global records said so far */
};

struct tar_parser *tar_parser_new(struct stream *stream, const struct reader_options *options)
{
	struct tar_parser *g = xzalloc(sizeof(*g));
	g->stream = stream;
	g->options = options;
	return g;
}

void tar_parser_free(struct tar_parser *g)
{
	if (!g)
		return;
	xfree(g->records.bytes);
	xfree(g->long_path.bytes);
	xfree(g->long_link.bytes);
	xfree(g->solaris_acl.bytes);
	xfree(g->global.bytes);
	xfree(g->map.segments);
	xfree(g);
}

static int cut(const struct tar_parser *g, const char *where)
{
	return fail(-EINVAL, "%s: the archive is cut: it ends %s", stream_name(g->stream), where);
}

/* Copy the body of the special header at @*offset, and step over it. */
static int read_special(struct tar_parser *g, u64 *offset, const char *what, struct body *body)
{
	char who[QUOTE_BYTES];
	s64 size;
	quote(who, what, strlen(what));
	int err = tar_number(g->header.size, sizeof(g->header.size), false, who, "size", &size);
	if (err)
		return err;
	if (size > SPECIAL_BYTES_MAX)
		return fail(-E2BIG, "%s: %s of %lld bytes, at most %u are allowed",
			    stream_name(g->stream), what, (long long)size, SPECIAL_BYTES_MAX);
	if (body->is_set)
		return fail(-EINVAL, "%s: two of %s for one member", stream_name(g->stream), what);
	size_t got, padded = (size_t)align_up((u64)size, TAR_BLOCK);
	const u8 *p = stream_peek(g->stream, *offset + TAR_BLOCK, padded, &got);
	if (stream_error(g->stream))
		return stream_error(g->stream);
	if (got < padded)
		return cut(g, "inside a special header");
	body->bytes = mem_grow(body->bytes, &body->capacity, (size_t)size + 1, 1);
	memcpy(body->bytes, p, (size_t)size);
	body->bytes[size] = 0;
	body->len = (size_t)size;
	body->is_set = true;
	*offset += TAR_BLOCK + padded;
	return 0;
}

static int read_global(struct tar_parser *g, u64 *offset)
{
	g->global.is_set = false;
	int err = read_special(g, offset, "a global pax header", &g->global);
	if (err)
		return err;
	return pax_read((struct text){ g->global.bytes, g->global.len }, true,
			stream_name(g->stream), g->options, &g->globals, &g->map);
}

/* Returns 1 for a special header, 0 for a header proper, or a negative errno. */
static int read_chain_link(struct tar_parser *g, u64 *offset)
{
	int err;
	switch (g->header.type) {
	case 'x':
	case 'X':
		err = read_special(g, offset, "a pax header", &g->records);
		break;
	case 'g':
		err = read_global(g, offset);
		break;
	case 'L':
		err = read_special(g, offset, "a long name", &g->long_path);
		break;
	case 'K':
		err = read_special(g, offset, "a long link target", &g->long_link);
		break;
	case 'A':
		err = read_special(g, offset, "a Solaris ACL", &g->solaris_acl);
		break;
	case 'V': /* the volume's label */
		*offset += TAR_BLOCK;
		err = 0;
		break;
	default:
		return 0;
	}
	return err ? err : 1;
}

/* Walk to the header proper; 1 for the end marker. */
static int read_chain(struct tar_parser *g, u64 *offset)
{
	bool is_inside = false;
	for (u32 i = 0;; i++) {
		size_t got;
		const u8 *p = stream_peek(g->stream, *offset, TAR_BLOCK, &got);
		if (stream_error(g->stream))
			return stream_error(g->stream);
		if (!got && !is_inside)
			return cut(g, "without an end marker");
		if (got < TAR_BLOCK)
			return cut(g, "inside a header");
		if (tar_is_end(p, got)) {
			if (is_inside)
				return cut(g, "between a special header and its member");
			*offset += TAR_BLOCK;
			return 1;
		}
		if (!tar_is_header(p, got))
			return fail(-EINVAL,
				    "%s: damaged tar header at byte %llu: its sum is wrong",
				    stream_name(g->stream), (unsigned long long)*offset);
		if (i == CHAIN_MAX)
			return fail(-EINVAL, "%s: more than %u special headers for one member",
				    stream_name(g->stream), CHAIN_MAX);
		memcpy(&g->header, p, TAR_BLOCK);
		char type = g->header.type;
		int r = read_chain_link(g, offset);
		if (r <= 0)
			return r;
		is_inside |= type != 'g' && type != 'V';
	}
}

static int read_path(struct tar_parser *g, struct member *m)
{
	m->path = (struct text){ g->path, tar_header_path(&g->header, g->path) };
	if (g->long_path.is_set)
		m->path = (struct text){ g->long_path.bytes,
					 strnlen(g->long_path.bytes, g->long_path.len) };
	m->link = (struct text){ g->header.link, strnlen(g->header.link, sizeof(g->header.link)) };
	if (g->long_link.is_set)
		m->link = (struct text){ g->long_link.bytes,
					 strnlen(g->long_link.bytes, g->long_link.len) };
	if (!m->path.len && g->long_path.is_set)
		return fail(-EINVAL, "%s: an empty long name", stream_name(g->stream));
	return 0;
}

static int read_numbers(struct tar_parser *g, const struct pax *pax, const char *who,
			struct member *m, s64 *stored)
{
	const struct tar_header *h = &g->header;
	s64 mode, mtime;
	int err = tar_number(h->mode, sizeof(h->mode), false, who, "mode", &mode);
	if (!err)
		err = tar_number(h->uid, sizeof(h->uid), true, who, "uid", &m->uid);
	if (!err)
		err = tar_number(h->gid, sizeof(h->gid), true, who, "gid", &m->gid);
	if (!err)
		err = tar_number(h->size, sizeof(h->size), false, who, "size", stored);
	if (!err)
		err = tar_number(h->mtime, sizeof(h->mtime), true, who, "mtime", &mtime);
	bool is_device = S_ISCHR(m->mode) || S_ISBLK(m->mode);
	if (!err && is_device && !pax->dev_major.is_set)
		err = tar_number(h->dev_major, sizeof(h->dev_major), true, who, "devmajor",
				 &m->dev_major);
	if (!err && is_device && !pax->dev_minor.is_set)
		err = tar_number(h->dev_minor, sizeof(h->dev_minor), true, who, "devminor",
				 &m->dev_minor);
	if (err)
		return err;
	m->mode |= (u32)mode & 07777;
	m->mtime = (struct member_time){ { .sec = mtime }, true };
	return 0;
}

static void apply_pax(const struct pax *pax, struct member *m, s64 *stored)
{
	if (pax->uid.is_set)
		m->uid = (s64)pax->uid.value;
	if (pax->gid.is_set)
		m->gid = (s64)pax->gid.value;
	if (pax->size.is_set)
		*stored = (s64)pax->size.value;
	if (pax->dev_major.is_set)
		m->dev_major = (s64)pax->dev_major.value;
	if (pax->dev_minor.is_set)
		m->dev_minor = (s64)pax->dev_minor.value;
	if (pax->mtime.is_set)
		m->mtime = pax->mtime;
	m->atime = pax->atime;
	m->ctime = pax->ctime;
	m->birthtime = pax->birthtime;
	if (pax->path.len)
		m->path = pax->path;
	if (pax->sparse_name.len)
		m->path = pax->sparse_name;
	if (pax->linkpath.len)
		m->link = pax->linkpath;
	m->xattr_forms = pax->xattr_forms;
	m->file_flags = pax->file_flags;
	m->acl_access = pax->acl_access;
	m->acl_default = pax->acl_default;
	m->acl_nfs4 = pax->acl_nfs4;
	m->has_holes_data = pax->holes_data.len != 0;
}

/* Which sparse dialect, if any; its map, the file's size and the bytes that are data. */
static int read_sparse(struct tar_parser *g, const struct pax *pax, const char *who, u64 *offset,
		       u64 stored, struct member *m)
{
	u64 map_bytes = 0, major = pax->sparse_major.value, minor = pax->sparse_minor.value;
	int err = 0;
	m->size = stored;
	if (g->header.type == 'S') {
		s64 size;
		if (!tar_header_is_gnu(&g->header))
			return fail(
				-ENOTSUP,
				"%s: a sparse file in star's format: not supported, allowed are GNU's",
				who);
		const u8 *raw = (const u8 *)&g->header;
		m->is_sparse = true;
		err = tar_number(raw + TAR_GNU_REALSIZE_OFFSET, 12, false, who, "realsize", &size);
		if (!err)
			err = sparse_read_old(g->stream, raw, who, offset, &g->map);
		m->size = (u64)size;
	} else if (pax->sparse_major.is_set && (major || minor)) {
		if (major != 1 || minor)
			return fail(-ENOTSUP,
				    "%s: GNU sparse format %llu.%llu, allowed are 0.0, 0.1 and 1.0",
				    who, (unsigned long long)major, (unsigned long long)minor);
		m->is_sparse = true;
		err = sparse_read_10(g->stream, *offset, stored, who, &g->map, &map_bytes);
	} else if (pax->sparse_map.len) {
		m->is_sparse = true;
		g->map.nr = 0;
		err = sparse_read_01(pax->sparse_map, who, &g->map);
	} else if (pax->has_sparse_pairs || pax->sparse_numblocks.is_set) {
		m->is_sparse = true;
	}
	if (err)
		return err;
	bool has_size =
		pax->sparse_size.is_set || pax->sparse_realsize.is_set || pax->star_realsize.is_set;
	if (pax->star_realsize.is_set)
		m->size = pax->star_realsize.value;
	if (pax->sparse_size.is_set)
		m->size = pax->sparse_size.value;
	if (pax->sparse_realsize.is_set)
		m->size = pax->sparse_realsize.value;
	m->data_bytes = stored - map_bytes;
	if (!m->is_sparse && has_size && m->size != stored)
		return fail(-EINVAL,
			    "%s: %llu bytes are stored of a file of %llu, without a sparse map",
			    who, (unsigned long long)stored, (unsigned long long)m->size);
	m->map = g->map;
	return m->is_sparse ? sparse_check(&m->map, m->size, m->data_bytes, who) : 0;
}

/*
 * A hard link's size: old programs give the file's and store no data, pax may store them. What
 * follows the header tells: if that is a header or the end, there are no data. libarchive goes
 * by what it has seen of the archive so far; it is shown a size of 0.
 */
static int read_link_size(struct tar_parser *g, const struct pax *pax, u64 offset, u64 *stored)
{
	size_t got;
	if (!*stored || pax->size.is_set)
		return 0;
	const u8 *p = stream_peek(g->stream, offset, TAR_BLOCK, &got);
	if (stream_error(g->stream))
		return stream_error(g->stream);
	if (!tar_is_header(p, got) && !tar_is_end(p, got))
		return 0;
	*stored = 0;
	tar_header_set_size_0(&g->header);
	u8 *header = stream_peek(g->stream, offset - TAR_BLOCK, TAR_BLOCK, &got);
	memcpy(header, &g->header, TAR_BLOCK);
	return 0;
}

/* What kind of member it is, and what follows from that for its data. */
static int read_kind(struct tar_parser *g, const struct pax *pax, u64 offset, u64 stored,
		     struct member *m)
{
	char who[QUOTE_BYTES], type = g->header.type;
	bool has_slash = m->path.len && m->path.bytes[m->path.len - 1] == '/';
	member_quote(who, m);
	m->is_hard_link = type == '1';
	if (!(m->mode & S_IFMT))
		m->unsupported = tar_type_name(type);
	bool sparse_keys = pax->sparse_map.len || pax->has_sparse_pairs ||
			   pax->sparse_major.is_set || pax->sparse_numblocks.is_set;
	if (sparse_keys && type != '0' && type != 'S')
		return fail(-EINVAL, "%s: GNU.sparse records for what is no file", who);
	if (S_ISREG(m->mode) && !m->is_hard_link && has_slash && type != 'S') {
		/* an old way to write a directory */
		m->mode = S_IFDIR | (m->mode & 07777);
		if (stored)
			return fail(-EINVAL,
				    "%s: a directory (by its slash) with %llu bytes of data", who,
				    (unsigned long long)stored);
	}
	m->end_without_data = offset;
	int err = m->is_hard_link ? read_link_size(g, pax, offset, &stored) : 0;
	if (!err && S_ISREG(m->mode))
		err = read_sparse(g, pax, who, &offset, stored, m);
	if (err)
		return err;
	if (!m->is_hard_link && (S_ISREG(m->mode) || type == 'D' || m->unsupported))
		m->end_without_data = UINT64_MAX;
	m->data = offset;
	if (add_overflows(offset, align_up(stored, TAR_BLOCK), &m->end))
		return fail(-EINVAL, "%s: its size of %llu bytes is beyond what an archive holds",
			    who, (unsigned long long)stored);
	return 0;
}

int tar_parser_next(struct tar_parser *g, u64 offset, struct member *m)
{
	*m = (struct member){ .begin = offset };
	g->records.is_set = g->long_path.is_set = g->long_link.is_set = false;
	g->solaris_acl.is_set = false;
	g->map.nr = 0;
	int err = read_chain(g, &offset);
	if (err) {
		m->end = offset;
		return err;
	}
	offset += TAR_BLOCK;
	err = read_path(g, m);
	if (err)
		return err;
	char who[QUOTE_BYTES];
	struct pax pax = g->globals;
	if (g->records.is_set) {
		m->records = (struct text){ g->records.bytes, g->records.len };
		err = pax_read(m->records, false, member_quote(who, m), g->options, &pax, &g->map);
		if (err)
			return err;
	}
	if (g->solaris_acl.is_set)
		m->acl_solaris = (struct text){ g->solaris_acl.bytes, g->solaris_acl.len };
	m->mode = tar_header_type(&g->header);
	s64 stored;
	err = read_numbers(g, &pax, member_quote(who, m), m, &stored);
	if (err)
		return err;
	apply_pax(&pax, m, &stored);
	return read_kind(g, &pax, offset, (u64)stored, m);
}
