/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chain of headers that makes a tar member: pax records (x, X, g), long names (L, K), Solaris
 * ACLs (A), then the header proper. Their bodies are copied, since the stream's window moves on.
 *
 * pax records override the header's fields; of the two ways to say a long name, pax wins.
 */
#include "tar_parser.h"
#include "link_data.h"
#include "pax.h"
#include "sparse.h"
#include "tar_header.h"

#include "base/mem.h"

#include <errno.h>

/* Limits for the body of a special header, and for the number of special headers of one member. */
#define SPECIAL_BYTES_MAX (1u << 20)
#define CHAIN_MAX 16u

/* What a special header holds. */
struct body {
	char *bytes;
	size_t capacity;
	size_t len;
	bool is_set;
};

struct tar_parser {
	struct stream *stream;
	const struct reader_options *options;
	struct pax globals; /* what global records said so far */
	struct link_data *link_data;
	/* the member that is read */
	struct member *member;
	u64 offset; /* in the stream: behind what was read of it */
	u64 stored; /* bytes of it from @offset on, without padding */
	struct body records, long_path, long_link, solaris_acl, global;
	struct tar_header header;
	struct pax pax;
	struct sparse_map map; /* keeps the memory of member->map between members */
	char path[sizeof(((struct tar_header *)0)->prefix) +
		  sizeof(((struct tar_header *)0)->name) + 2];
};

struct tar_parser *tar_parser_new(struct stream *stream, const struct reader_options *options)
{
	struct tar_parser *p = xzalloc(sizeof(*p));
	p->stream = stream;
	p->link_data = link_data_new();
	p->options = options;
	return p;
}

void tar_parser_free(struct tar_parser *p)
{
	if (!p)
		return;
	link_data_free(p->link_data);
	xfree(p->records.bytes);
	xfree(p->long_path.bytes);
	xfree(p->long_link.bytes);
	xfree(p->solaris_acl.bytes);
	xfree(p->global.bytes);
	xfree(p->map.segments);
	xfree(p);
}

/* ---- the chain of headers ----------------------------------------------------------------- */

static int cut(const struct tar_parser *p, const char *where)
{
	return member_fail(p->member, -EINVAL, "the archive is cut: it ends %s", where);
}

/* Whether headers came that only make sense with the member that follows. */
static bool has_name(const struct tar_parser *p)
{
	return p->long_path.is_set || p->long_link.is_set || p->solaris_acl.is_set;
}

static void set_body(struct body *body, const void *bytes, size_t len)
{
	body->bytes = mem_grow(body->bytes, &body->capacity, len + 1, 1);
	memcpy(body->bytes, bytes, len);
	body->bytes[len] = 0;
	body->len = len;
	body->is_set = true;
}

/* Copy the body of the special header at p->offset, and step over it. */
static int read_special(struct tar_parser *p, const char *what, struct body *body)
{
	s64 size;
	int err = tar_number(&p->header, TAR_SIZE, p->member, &size);
	if (err)
		return err;
	if (size > SPECIAL_BYTES_MAX)
		return member_fail(p->member, -E2BIG, "%s of %lld bytes, at most %u are allowed",
				   what, (long long)size, SPECIAL_BYTES_MAX);
	if (body->is_set)
		return member_fail(p->member, -EINVAL, "two of %s for one member", what);
	const u8 *bytes;
	const size_t padded = (size_t)align_up((u64)size, TAR_BLOCK);
	const ssize_t got = stream_peek(p->stream, p->offset + TAR_BLOCK, padded, &bytes);
	if (got < 0)
		return (int)got;
	if ((size_t)got < padded)
		return cut(p, "inside a special header");
	set_body(body, bytes, (size_t)size);
	p->offset += TAR_BLOCK + padded;
	return 0;
}

static void forget_specials(struct tar_parser *p)
{
	p->records.is_set = p->long_path.is_set = p->long_link.is_set = false;
	p->solaris_acl.is_set = false;
}

static int read_global(struct tar_parser *p)
{
	p->global.is_set = false;
	int err = read_special(p, "a global pax header", &p->global);
	if (err)
		return err;
	return pax_read((struct text){ p->global.bytes, p->global.len }, true, p->options,
			&p->globals, p->member);
}

/* Returns 1 for a special header, 0 for a header proper, or a negative errno. */
static int read_chain_link(struct tar_parser *p)
{
	int err = 0;
	switch (p->header.type) {
	case 'x':
	case 'X':
		err = read_special(p, "a pax header", &p->records);
		break;
	case 'g':
		err = read_global(p);
		break;
	case 'L': /* of several long names the last counts */
		p->long_path.is_set = false;
		err = read_special(p, "a long name", &p->long_path);
		break;
	case 'K':
		p->long_link.is_set = false;
		err = read_special(p, "a long link target", &p->long_link);
		break;
	case 'A':
		err = read_special(p, "a Solaris ACL", &p->solaris_acl);
		break;
	case 'V': /* the volume's label, with records and names of its own */
		forget_specials(p);
		p->offset += TAR_BLOCK;
		break;
	default:
		return 0;
	}
	return err ? err : 1;
}

/* No block follows. @is_ended: an end marker came before. Returns 1, or a negative errno. */
static int read_end(struct tar_parser *p, int more, bool is_ended)
{
	if (more && is_ended)
		more = stream_skip_zeros(p->stream, &p->offset);
	if (more)
		return more < 0 ? more : cut(p, "inside a header");
	if (p->records.is_set || has_name(p))
		return cut(p, "between a special header and its member");
	const int err = is_ended ? 0 : stream_check_end(p->stream, "an end marker");
	return err ? err : 1;
}

/* Read up to the header proper. Returns 0, 1 for the end, or a negative errno. */
static int read_chain(struct tar_parser *p)
{
	bool is_ended = false;
	for (u32 nr = 0;;) {
		const u8 *block;
		const ssize_t got = stream_peek(p->stream, p->offset, TAR_BLOCK, &block);
		if (got < 0)
			return (int)got;
		if (got < TAR_BLOCK)
			return read_end(p, got > 0, is_ended);
		if (tar_is_end(block, TAR_BLOCK)) {
			if (has_name(p))
				return cut(p, "between a special header and its member");
			p->records.is_set = false; /* it describes nothing */
			p->offset += TAR_BLOCK;
			is_ended = true;
			nr = 0;
			const int err = link_data_check(p->link_data, p->stream, &p->offset, true);
			if (!err && p->options->ignore_zeros)
				continue;
			return err ? err : 1;
		}
		if (!tar_is_header(block, TAR_BLOCK))
			return member_fail(p->member, -EINVAL,
					   "damaged tar header at byte %llu: its sum is wrong",
					   (unsigned long long)p->offset);
		if (nr++ == CHAIN_MAX)
			return member_fail(p->member, -EINVAL,
					   "more than %u special headers for one member",
					   CHAIN_MAX);
		memcpy(&p->header, block, TAR_BLOCK);
		int r = link_data_check(p->link_data, p->stream, &p->offset, false);
		if (!r)
			r = read_chain_link(p);
		if (r <= 0) {
			p->offset += r == 0 ? TAR_BLOCK : 0;
			return r;
		}
	}
}

/* ---- the fields --------------------------------------------------------------------------- */

/* A body that is a string with a NUL at its end. */
static struct text string_of(const struct body *body)
{
	return (struct text){ body->bytes, strnlen(body->bytes, body->len) };
}

static int read_names(struct tar_parser *p)
{
	struct member *m = p->member;
	const char *link = p->header.link;
	if (p->long_path.is_set && !string_of(&p->long_path).len)
		return member_fail(m, -EINVAL, "an empty long name");
	m->path = p->long_path.is_set
			  ? string_of(&p->long_path)
			  : (struct text){ p->path, tar_header_path(&p->header, p->path) };
	m->link = p->long_link.is_set
			  ? string_of(&p->long_link)
			  : (struct text){ link, strnlen(link, sizeof(p->header.link)) };
	return 0;
}

static int read_records(struct tar_parser *p)
{
	struct member *m = p->member;
	p->pax = p->globals;
	if (p->solaris_acl.is_set)
		m->acl_solaris = (struct text){ p->solaris_acl.bytes, p->solaris_acl.len };
	if (!p->records.is_set)
		return 0;
	m->records = (struct text){ p->records.bytes, p->records.len };
	return pax_read(m->records, false, p->options, &p->pax, m);
}

static int read_numbers(struct tar_parser *p)
{
	const struct tar_header *h = &p->header;
	struct member *m = p->member;
	s64 mode, size, mtime;
	int err = tar_number(h, TAR_MODE, m, &mode);
	if (!err)
		err = tar_number(h, TAR_UID, m, &m->uid);
	if (!err)
		err = tar_number(h, TAR_GID, m, &m->gid);
	if (!err)
		err = tar_number(h, TAR_SIZE, m, &size);
	if (!err)
		err = tar_number(h, TAR_MTIME, m, &mtime);
	m->mode = tar_header_type(h);
	const bool is_device = S_ISCHR(m->mode) || S_ISBLK(m->mode);
	if (!err && is_device && !p->pax.dev_major.is_set)
		err = tar_number(h, TAR_DEV_MAJOR, m, &m->dev_major);
	if (!err && is_device && !p->pax.dev_minor.is_set)
		err = tar_number(h, TAR_DEV_MINOR, m, &m->dev_minor);
	if (err)
		return err;
	m->mode |= (u32)mode & 07777;
	m->mtime = (struct member_time){ { .sec = mtime }, true };
	p->stored = (u64)size;
	return 0;
}

static void apply_pax(struct tar_parser *p)
{
	const struct pax *pax = &p->pax;
	struct member *m = p->member;
	if (pax->uid.is_set)
		m->uid = (s64)pax->uid.value;
	if (pax->gid.is_set)
		m->gid = (s64)pax->gid.value;
	if (pax->size.is_set)
		p->stored = pax->size.value;
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
}

/* What kind of member it is, beyond the S_IF* of its type flag. */
static int read_kind(struct tar_parser *p)
{
	struct member *m = p->member;
	const char type = p->header.type;
	const bool has_sparse_keys = p->pax.sparse_map.len || p->pax.has_sparse_pairs ||
				     p->pax.sparse_major.is_set || p->pax.sparse_numblocks.is_set;
	const bool has_slash = m->path.len && m->path.bytes[m->path.len - 1] == '/';
	m->is_hard_link = type == '1';
	if (!(m->mode & S_IFMT))
		m->unsupported = tar_type_name(type);
	if (has_sparse_keys && (!S_ISREG(m->mode) || m->is_hard_link || type == 'S'))
		return member_fail(m, -EINVAL,
				   "GNU.sparse records for what is no file, or has another map");
	if (S_ISREG(m->mode) && !m->is_hard_link && has_slash && type != 'S')
		m->mode = S_IFDIR | (m->mode & 07777); /* an old way to write a directory */
	return 0;
}

/* ---- the data ----------------------------------------------------------------------------- */

static int read_old_map(struct tar_parser *p)
{
	struct member *m = p->member;
	s64 size;
	if (!tar_header_is_gnu(&p->header))
		return member_fail(
			m, -ENOTSUP,
			"a sparse file in star's format: not supported, allowed are GNU's");
	int err = tar_number(&p->header, TAR_GNU_REALSIZE, m, &size);
	if (err)
		return err;
	m->size = (u64)size;
	return sparse_read_old(p->stream, (const u8 *)&p->header, m, &p->offset);
}

static int read_map_10(struct tar_parser *p)
{
	const u64 major = p->pax.sparse_major.value, minor = p->pax.sparse_minor.value;
	u64 map_bytes = 0;
	if (major != 1 || minor)
		return member_fail(p->member, -ENOTSUP,
				   "GNU sparse format %llu.%llu, allowed are 0.0, 0.1 and 1.0",
				   (unsigned long long)major, (unsigned long long)minor);
	int err = sparse_read_10(p->stream, p->offset, p->stored, p->member, &map_bytes);
	p->offset += map_bytes;
	p->stored -= map_bytes;
	return err;
}

/* The sparse map, if there is one, in whatever dialect. */
static int read_map(struct tar_parser *p)
{
	const struct pax *pax = &p->pax;
	struct member *m = p->member;
	m->is_sparse = true;
	if (p->header.type == 'S')
		return read_old_map(p);
	const bool is_10 = pax->sparse_major.value || pax->sparse_minor.value > 1;
	if (is_10 + (pax->sparse_map.len > 0) + pax->has_sparse_pairs > 1)
		return member_fail(m, -EINVAL, "two GNU sparse maps for one file");
	if (is_10)
		return read_map_10(p);
	if (pax->sparse_map.len) {
		m->map.nr = 0;
		return sparse_read_01(pax->sparse_map, m);
	}
	/* the pairs of 0.0 are in the map already */
	m->is_sparse = pax->has_sparse_pairs || pax->sparse_numblocks.is_set;
	if (m->is_sparse || !pax->holes_data.len)
		return 0;
	m->is_sparse = m->has_stored_holes = true;
	return sparse_read_solaris(pax->holes_data, m);
}

/* A file's size, and which of its bytes are stored. */
static int read_file_data(struct tar_parser *p)
{
	const struct pax *pax = &p->pax;
	struct member *m = p->member;
	m->size = p->stored;
	int err = read_map(p);
	if (err)
		return err;
	m->data_bytes = p->stored;
	if (pax->star_realsize.is_set)
		m->size = pax->star_realsize.value;
	if (pax->sparse_realsize.is_set)
		m->size = pax->sparse_realsize.value;
	else if (m->is_sparse && !m->has_stored_holes && p->header.type != 'S')
		return member_fail(m, -EINVAL, "a GNU sparse map without GNU.sparse.realsize");
	if (m->is_sparse && !m->has_stored_holes)
		return sparse_check(m);
	if (m->size != p->stored)
		return member_fail(m, -EINVAL,
				   "%llu bytes are stored of a file of %llu, without a sparse map",
				   (unsigned long long)p->stored, (unsigned long long)m->size);
	return 0;
}

/*
 * p->stored bytes of what has a file's type, but is a hard link or, by its slash, a directory. Old
 * programs give a size and store no data, pax stores those of a link. If a header or the end
 * follows, there are no data. Only a pax record says for sure that there are.
 */
static int read_old_size(struct tar_parser *p)
{
	const u8 *block;
	const struct member *m = p->member;
	const ssize_t got = stream_peek(p->stream, p->offset, TAR_BLOCK, &block);
	if (got < 0)
		return (int)got;
	const bool has_no_data = tar_is_header(block, (size_t)got) ||
				 tar_is_end(block, (size_t)got) ||
				 (!got && stream_is_whole(p->stream));
	if (S_ISDIR(m->mode) && (!has_no_data || p->pax.size.is_set))
		return member_fail(m, -EINVAL, "a directory (by its slash) with %llu bytes of data",
				   (unsigned long long)p->stored);
	if (!S_ISDIR(m->mode)) {
		if (!has_no_data) {
			link_data_is_stored(p->link_data);
			return 0;
		}
		const int err = link_data_leave_out(p->link_data, p->stream, p->offset, p->stored,
						    p->pax.size.is_set, m);
		if (err)
			return err;
	}
	p->stored = 0;
	return 0;
}

/* Where the data are. Links, directories, devices and FIFOs have none, whatever their size says. */
static int read_data(struct tar_parser *p)
{
	struct member *m = p->member;
	int err = 0;
	if (p->stored && S_ISREG(tar_header_type(&p->header)) &&
	    (m->is_hard_link || S_ISDIR(m->mode)))
		err = read_old_size(p);
	if (!S_ISREG(m->mode) && !m->unsupported && p->header.type != 'D')
		p->stored = 0;
	if (!err && S_ISREG(m->mode))
		err = read_file_data(p);
	if (err)
		return err;
	m->data = p->offset;
	if (add_overflows(p->offset, align_up(p->stored, TAR_BLOCK), &m->end))
		return member_fail(m, -EINVAL,
				   "its size of %llu bytes is beyond what an archive holds",
				   (unsigned long long)p->stored);
	m->padding = (u32)(m->end - p->offset - p->stored);
	return 0;
}

static int read_member(struct tar_parser *p)
{
	int r = read_chain(p);
	if (!r)
		r = read_names(p);
	if (!r)
		r = read_records(p);
	if (!r)
		r = read_numbers(p);
	if (r)
		return r;
	apply_pax(p);
	r = read_kind(p);
	return r ? r : read_data(p);
}

int tar_parser_next(struct tar_parser *p, u64 offset, struct member *m)
{
	/* until the headers tell its path, messages are about the archive */
	*m = (struct member){ .begin = offset, .path = text_of(stream_name(p->stream)) };
	m->map.segments = p->map.segments;
	m->map.capacity = p->map.capacity;
	p->member = m;
	p->offset = offset;
	forget_specials(p);
	int r = read_member(p);
	p->map = m->map;
	if (r == 1)
		m->end = p->offset;
	return r;
}
