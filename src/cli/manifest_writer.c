/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manifest_writer.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"
#include "disk/checksum.h"
#include "disk/device_number.h"
#include "disk/format.h"
#include "disk/inode_flags.h"
#include "model/file_hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BUFFER_BYTES (64u << 10)

struct manifest_writer {
	int fd;
	const char *name;
	struct sha256 *sha;
	int err; /* the first one; nothing is written after it */
	char *buffer;
	size_t buffered;
};

/* ---- bytes ------------------------------------------------------------------------ */

static void flush(struct manifest_writer *w)
{
	sha256_add(w->sha, w->buffer, w->buffered);
	if (w->fd >= 0 && !w->err) {
		int err = io_write_full(w->fd, w->buffer, w->buffered);
		if (err) {
			errno = -err;
			w->err = fail_errno("cannot write %s", w->name);
		}
	}
	w->buffered = 0;
}

static void put_bytes(struct manifest_writer *w, const char *text, size_t len)
{
	while (len) {
		if (w->buffered == BUFFER_BYTES)
			flush(w);
		size_t n = min_u64(len, BUFFER_BYTES - w->buffered);
		memcpy(w->buffer + w->buffered, text, n);
		w->buffered += n;
		text += n;
		len -= n;
	}
}

__attribute__((format(printf, 2, 3))) static void put_format(struct manifest_writer *w,
							     const char *format, ...)
{
	char text[128];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < sizeof(text));
	put_bytes(w, text, (size_t)len);
}

/* Words end at a space and keywords at "="; "*", "?", "[", "#" and "\" mean something in mtree. */
static bool needs_no_escape(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("%+,-./:@_", c));
}

/* The escaped form of @c at @out, 4 bytes; returns that. */
static size_t escape(u8 c, char *out)
{
	out[0] = '\\';
	out[1] = (char)('0' + (c >> 6));
	out[2] = (char)('0' + (c >> 3 & 7));
	out[3] = (char)('0' + (c & 7));
	return 4;
}

static void put_escaped(struct manifest_writer *w, const char *bytes, size_t len)
{
	char escaped[4];
	for (size_t i = 0, run; i < len; i += run + 1) {
		for (run = 0; i + run < len && needs_no_escape((u8)bytes[i + run]);)
			run++;
		put_bytes(w, bytes + i, run);
		if (i + run < len)
			put_bytes(w, escaped, escape((u8)bytes[i + run], escaped));
	}
}

static void put_hex(struct manifest_writer *w, const u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put_format(w, "%02x", bytes[i]);
}

static void put_base64(struct manifest_writer *w, const char *bytes, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const u8 *in = (const u8 *)bytes;
	for (; len; in += 3) {
		u32 n = len < 3 ? (u32)len : 3;
		u32 bits = (u32)in[0] << 16 | (n > 1 ? (u32)in[1] << 8 : 0) | (n > 2 ? in[2] : 0);
		char out[4] = { digits[bits >> 18], digits[bits >> 12 & 63],
				n > 1 ? digits[bits >> 6 & 63] : '=',
				n > 2 ? digits[bits & 63] : '=' };
		put_bytes(w, out, sizeof(out));
		len -= n;
	}
}

/* ---- the keywords of an entry -------------------------------------------------------- */

static const char *type_name(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "file";
	}
}

static void put_time(struct manifest_writer *w, const char *keyword, struct timestamp t)
{
	put_format(w, " %s=%lld.%09u", keyword, (long long)t.sec, t.nsec);
}

static bool times_equal(struct timestamp a, struct timestamp b)
{
	return a.sec == b.sec && a.nsec == b.nsec;
}

static void put_times(struct manifest_writer *w, const struct manifest_record *r)
{
	const struct manifest_times *times = r->times;
	put_time(w, "time", r->mtime);
	if (!times)
		return;
	if (!times_equal(times->atime, r->mtime))
		put_time(w, "atime", times->atime);
	if (!times_equal(times->ctime, r->mtime))
		put_time(w, "ctime", times->ctime);
	if (!times_equal(times->otime, r->mtime))
		put_time(w, "btime", times->otime);
}

static void put_verity(struct manifest_writer *w, const struct fsverity_descriptor *descriptor)
{
	char text[FSVERITY_TEXT_BYTES];
	fsverity_text(descriptor, text);
	put_format(w, " verity=");
	put_bytes(w, text, strlen(text));
}

static void put_content(struct manifest_writer *w, const struct manifest_record *r)
{
	if (S_ISREG(r->mode)) {
		put_format(w, " size=%llu %s=", (unsigned long long)r->size,
			   r->size <= FILE_HASH_PLAIN_MAX ? "sha256digest" : "sha256blocks");
		put_hex(w, r->hash, FILE_HASH_BYTES);
		if (r->verity)
			put_verity(w, r->verity);
	} else if (S_ISLNK(r->mode)) {
		put_format(w, " link=");
		put_escaped(w, r->target, r->size);
	} else if (S_ISCHR(r->mode) || S_ISBLK(r->mode)) {
		put_format(w, " device=native,%u,%u", device_major(r->rdev), device_minor(r->rdev));
	}
}

/* Names of one inode have one number. */
static void put_links(struct manifest_writer *w, const struct manifest_record *r)
{
	if (r->nlink > 1)
		put_format(w, " nlink=%u inode=%llu", r->nlink, (unsigned long long)r->link_group);
}

/* compress, nocompress and nocow are left out: they say how to store a file. */
static void put_flags(struct manifest_writer *w, u32 flags)
{
	const u32 storage = BTRFS_INODE_COMPRESS | BTRFS_INODE_NOCOMPRESS | BTRFS_INODE_NODATACOW;
	char text[INODE_FLAGS_TEXT_BYTES];
	if (inode_flags_text(flags & ~storage, text))
		put_format(w, " flags=%s", text);
}

static int compare_xattrs(const void *a, const void *b)
{
	const struct manifest_xattr *x = a, *y = b;
	int order = memcmp(x->name, y->name, min_u64(x->name_len, y->name_len));
	return order ? order : (x->name_len > y->name_len) - (x->name_len < y->name_len);
}

/* A property of btrfs says how to store a file: it is no part of the content. */
static bool is_property(const struct manifest_xattr *x)
{
	return x->name_len >= 6 && !memcmp(x->name, "btrfs.", 6);
}

static void put_xattrs(struct manifest_writer *w, const struct manifest_record *r)
{
	if (r->nr_xattrs)
		qsort(r->xattrs, r->nr_xattrs, sizeof(*r->xattrs), compare_xattrs);
	for (size_t i = 0; i < r->nr_xattrs; i++) {
		const struct manifest_xattr *x = &r->xattrs[i];
		if (is_property(x))
			continue;
		put_format(w, " xattr.");
		put_escaped(w, x->name, x->name_len);
		put_format(w, "=");
		put_base64(w, x->value, x->value_len);
	}
}

/* ---- records ----------------------------------------------------------------------- */

struct manifest_writer *manifest_writer_new(int fd, const char *name)
{
	struct manifest_writer *w = xzalloc(sizeof(*w));
	w->fd = fd;
	w->name = name;
	w->sha = sha256_new();
	w->buffer = xmalloc(BUFFER_BYTES);
	put_format(w, "#mtree\n");
	return w;
}

void manifest_writer_put(struct manifest_writer *w, const struct manifest_record *r)
{
	put_escaped(w, r->path, r->path_len);
	put_format(w, " type=%s mode=%04o uid=%u gid=%u", type_name(r->mode), r->mode & 07777,
		   r->uid, r->gid);
	put_times(w, r);
	put_content(w, r);
	put_links(w, r);
	put_flags(w, r->flags);
	put_xattrs(w, r);
	put_format(w, "\n");
}

int manifest_writer_finish(struct manifest_writer *w, u8 digest[MANIFEST_DIGEST_BYTES])
{
	flush(w);
	const int err = w->err;
	sha256_finish(w->sha, digest);
	xfree(w->buffer);
	xfree(w);
	return err;
}
