/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpio headers: newc, crc, odc, and the old binary form in both byte orders. */
#include "cpio_parser.h"
#include "number.h"

#include "base/diag.h"
#include "base/mem.h"

#include <errno.h>
#include <sys/sysmacros.h>

#define HEADER_BYTES_MAX 110u
#define NAME_BYTES_MAX (1u << 20) /* with the NUL */
#define MODE_MAX 0177777u         /* the bits that the kernel knows */
#define LINK_BYTES_MAX (1u << 20)

enum field {
	F_DEV, /* dev_major in newc */
	F_DEV_MINOR,
	F_INO,
	F_MODE,
	F_UID,
	F_GID,
	F_NLINK,
	F_RDEV, /* rdev_major in newc */
	F_RDEV_MINOR,
	F_MTIME,
	F_NAME_BYTES,
	F_FILE_BYTES,
	F_SUM,
	NR_FIELDS,
};

struct place {
	u8 offset, len; /* len 0: the dialect has no such field */
};

struct dialect {
	const char *magic;
	u32 header_bytes;
	u32 base;      /* of the digits; 0: binary, little-endian; 1: big-endian */
	u32 alignment; /* of name and data, from the start of the header */
	bool has_sum;
	struct place fields[NR_FIELDS];
};

// clang-format off
#define NEWC_FIELDS { \
	[F_INO] = {6, 8}, [F_MODE] = {14, 8}, [F_UID] = {22, 8}, [F_GID] = {30, 8}, \
	[F_NLINK] = {38, 8}, [F_MTIME] = {46, 8}, [F_FILE_BYTES] = {54, 8}, [F_DEV] = {62, 8}, \
	[F_DEV_MINOR] = {70, 8}, [F_RDEV] = {78, 8}, [F_RDEV_MINOR] = {86, 8}, \
	[F_NAME_BYTES] = {94, 8}, [F_SUM] = {102, 8} }
#define BINARY_FIELDS { \
	[F_DEV] = {2, 2}, [F_INO] = {4, 2}, [F_MODE] = {6, 2}, [F_UID] = {8, 2}, \
	[F_GID] = {10, 2}, [F_NLINK] = {12, 2}, [F_RDEV] = {14, 2}, [F_MTIME] = {16, 4}, \
	[F_NAME_BYTES] = {20, 2}, [F_FILE_BYTES] = {22, 4} }
static const struct dialect dialects[] = {
	{ "070701", 110, 16, 4, false, NEWC_FIELDS },
	{ "070702", 110, 16, 4, true, NEWC_FIELDS },
	{ "070707", 76, 8, 1, false, {
		[F_DEV] = {6, 6}, [F_INO] = {12, 6}, [F_MODE] = {18, 6}, [F_UID] = {24, 6},
		[F_GID] = {30, 6}, [F_NLINK] = {36, 6}, [F_RDEV] = {42, 6}, [F_MTIME] = {48, 11},
		[F_NAME_BYTES] = {59, 6}, [F_FILE_BYTES] = {65, 11} } },
	{ "\xc7\x71", 26, 0, 2, false, BINARY_FIELDS },
	{ "\x71\xc7", 26, 1, 2, false, BINARY_FIELDS },
};
// clang-format on

struct cpio_parser {
	struct stream *stream;
	char *strings; /* name and link target of the member: the stream's window moves on */
	size_t capacity;
};

struct cpio_parser *cpio_parser_new(struct stream *stream)
{
	struct cpio_parser *p = xzalloc(sizeof(*p));
	p->stream = stream;
	return p;
}

void cpio_parser_free(struct cpio_parser *p)
{
	if (!p)
		return;
	xfree(p->strings);
	xfree(p);
}

static int at_header(const struct stream *s, u64 offset, const char *what)
{
	return fail(-EINVAL, "%s: cpio header at byte %llu: %s", stream_name(s),
		    (unsigned long long)offset, what);
}

static const struct dialect *find_dialect(const u8 *p, size_t len)
{
	for (size_t i = 0; i < sizeof(dialects) / sizeof(*dialects); i++) {
		size_t n = strlen(dialects[i].magic);
		if (len >= n && !memcmp(p, dialects[i].magic, n))
			return &dialects[i];
	}
	return NULL;
}

/* Two bytes in the dialect's order; of longer numbers the high half comes first, whatever the
 * order. */
static u64 read_binary(const u8 *p, size_t len, bool big_endian)
{
	u64 v = 0;
	for (size_t i = 0; i < len; i += 2)
		v = v << 16 | (big_endian ? p[i] << 8 | p[i + 1] : p[i + 1] << 8 | p[i]);
	return v;
}

static bool read_fields(const struct dialect *d, const u8 *p, u64 *fields)
{
	for (u32 i = 0; i < NR_FIELDS; i++) {
		const struct place *f = &d->fields[i];
		fields[i] = 0;
		if (!f->len)
			continue;
		if (d->base < 2)
			fields[i] = read_binary(p + f->offset, f->len, d->base == 1);
		else if (!number_digits(p + f->offset, f->len, d->base, &fields[i]))
			return false;
	}
	return true;
}

/* HP-UX, and GNU cpio as hpodc and hpbin, write device 0,1 and the true one as the size. */
static void take_device_of_size(const struct dialect *d, u64 *f)
{
	if (d->fields[F_RDEV_MINOR].len || !f[F_FILE_BYTES] || f[F_RDEV] != 1 ||
	    (!S_ISCHR(f[F_MODE]) && !S_ISBLK(f[F_MODE])))
		return;
	f[F_RDEV] = f[F_FILE_BYTES];
	f[F_FILE_BYTES] = 0;
}

static void fill_member(const struct dialect *d, const u64 *f, struct member *m)
{
	m->mode = (u32)f[F_MODE];
	m->uid = (s64)f[F_UID];
	m->gid = (s64)f[F_GID];
	m->nlink = f[F_NLINK];
	m->ino = f[F_INO];
	m->dev = f[F_DEV] << 32 | f[F_DEV_MINOR];
	m->mtime = (struct member_time){ { .sec = (s64)f[F_MTIME] }, true };
	m->has_sum = d->has_sum;
	m->sum = (u32)f[F_SUM];
	if (d->fields[F_RDEV_MINOR].len) {
		m->dev_major = (s64)f[F_RDEV];
		m->dev_minor = (s64)f[F_RDEV_MINOR];
	} else {
		m->dev_major = (s64)major(f[F_RDEV]);
		m->dev_minor = (s64)minor(f[F_RDEV]);
	}
}

/* File type; data only where a type has them. */
static int read_kind(struct member *m, u64 file_bytes)
{
	if (m->mode > MODE_MAX)
		return member_fail(m, -EINVAL, "its mode is %o, at most %o is allowed", m->mode,
				   MODE_MAX);
	switch (m->mode & S_IFMT) {
	case S_IFREG:
		m->size = m->data_bytes = file_bytes;
		return 0;
	case S_IFLNK:
	case S_IFDIR:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	case 0:
		return member_fail(m, -EINVAL, "its mode %o names no file type", m->mode);
	default:
		m->unsupported = "a member of unknown type";
		return 0;
	}
}

static struct text without_nuls(struct text text)
{
	while (text.len && !text.bytes[text.len - 1])
		text.len--;
	return text;
}

/* Look at all of header, name and a symlink's target, and step over the data. */
static int read_member(struct cpio_parser *p, const struct dialect *d, const u64 *fields,
		       u64 offset, struct member *m)
{
	struct stream *s = p->stream;
	u64 name_bytes = fields[F_NAME_BYTES], file_bytes = fields[F_FILE_BYTES];
	const u8 *bytes;
	if (!name_bytes || name_bytes > NAME_BYTES_MAX)
		return fail(
			-EINVAL,
			"%s: cpio header at byte %llu: a name of %llu bytes, allowed are 1 to %u",
			stream_name(s), (unsigned long long)offset, (unsigned long long)name_bytes,
			NAME_BYTES_MAX);
	if (S_ISLNK(m->mode) && file_bytes > LINK_BYTES_MAX)
		return at_header(s, offset, "a symbolic link target of more than 1 MiB");
	u64 head = align_up(d->header_bytes + name_bytes, d->alignment);
	u64 link_bytes = S_ISLNK(m->mode) ? file_bytes : 0;
	const ssize_t got = stream_peek(s, offset, (size_t)(head + link_bytes), &bytes);
	if (got < 0)
		return (int)got;
	if ((u64)got < head + link_bytes)
		return at_header(s, offset, "the archive is cut: it ends inside the header");
	const size_t strings_len = (size_t)(head + link_bytes - d->header_bytes);
	p->strings = mem_grow(p->strings, &p->capacity, strings_len, 1);
	memcpy(p->strings, bytes + d->header_bytes, strings_len);
	/* more NULs behind a name align the data; some programs count a target's NUL */
	m->path = without_nuls((struct text){ p->strings, (size_t)name_bytes });
	if (m->path.len == name_bytes || memchr(m->path.bytes, 0, m->path.len) ||
	    (d->base != 16 && m->path.len != name_bytes - 1))
		return at_header(s, offset, "the name is not as long as the header says");
	m->link = without_nuls(
		(struct text){ p->strings + head - d->header_bytes, (size_t)link_bytes });
	/* 32 bits and 1 MiB do not overflow */
	m->data = offset + head;
	m->end = offset + align_up(head + file_bytes, d->alignment);
	m->padding = (u32)(m->end - offset - head - file_bytes);
	if (m->path.len == 10 && !memcmp(m->path.bytes, "TRAILER!!!", 10)) {
		if (file_bytes)
			return at_header(s, offset, "a trailer with data");
		return 1;
	}
	return read_kind(m, file_bytes);
}

int cpio_parser_next(struct cpio_parser *p, u64 offset, struct member *m)
{
	struct stream *s = p->stream;
	const u8 *bytes;
	u64 fields[NR_FIELDS];
	*m = (struct member){ .begin = offset };
	const ssize_t got = stream_peek(s, offset, HEADER_BYTES_MAX, &bytes);
	if (got < 0)
		return (int)got;
	if (!got) {
		m->end = offset;
		const int err = stream_check_end(s, "a trailer");
		return err ? err : 1;
	}
	const struct dialect *d = find_dialect(bytes, (size_t)got);
	if (!d && got >= 6 && !memcmp(bytes, "070727", 6))
		return fail(
			-ENOTSUP,
			"%s: afio's large cpio format: not supported, allowed: newc, crc, odc, bin",
			stream_name(s));
	if (!d && got >= 6)
		return at_header(s, offset, "damaged, its magic is unknown");
	if (!d || got < d->header_bytes)
		return at_header(s, offset, "the archive is cut: it ends inside the header");
	if (!read_fields(d, bytes, fields))
		return at_header(s, offset, "damaged, a field is no number");
	take_device_of_size(d, fields);
	fill_member(d, fields, m);
	return read_member(p, d, fields, offset, m);
}
