/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/manifest.h"

#include "base/diag.h"
#include "base/io.h"
#include "disk/checksum.h"
#include "disk/device_number.h"
#include "disk/format.h"
#include "disk/inode_flags.h"
#include "model/file_hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_BYTES (64u << 10)

struct listing {
	int fd;
	const char *name;
	struct sha256 *sha;
	int err; /* the first one; nothing is written after it */
	char *buffer;
	size_t buffered;
	char *path; /* of the current entry, escaped: "." or "./..." */
	size_t path_len, path_capacity;
	const struct tree *tree;
	u64 nr_groups; /* of hard links so far */
	u64 *groups;   /* by index in tree_inodes(): number of the group, 0 for none yet */
};

/* ---- bytes ------------------------------------------------------------------------ */

static void flush(struct listing *l)
{
	sha256_add(l->sha, l->buffer, l->buffered);
	if (l->fd >= 0 && !l->err) {
		int err = io_write_full(l->fd, l->buffer, l->buffered);
		if (err) {
			errno = -err;
			l->err = fail_errno("cannot write %s", l->name);
		}
	}
	l->buffered = 0;
}

static void listing_put(struct listing *l, const char *text, size_t len)
{
	while (len) {
		if (l->buffered == BUFFER_BYTES)
			flush(l);
		size_t n = min_u64(len, BUFFER_BYTES - l->buffered);
		memcpy(l->buffer + l->buffered, text, n);
		l->buffered += n;
		text += n;
		len -= n;
	}
}

__attribute__((format(printf, 2, 3))) static void put_format(struct listing *l, const char *format,
							     ...)
{
	char text[128];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < sizeof(text));
	listing_put(l, text, (size_t)len);
}

/* Words end at a space and keywords at "="; "*", "?", "[", "#" and "\" mean something in mtree. */
static bool needs_no_escape(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("%+,-./:@_", c));
}

/* The escaped form of @c at @out, at most 4 bytes; returns its length. */
static size_t escape(u8 c, char *out)
{
	if (needs_no_escape(c)) {
		*out = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = (char)('0' + (c >> 6));
	out[2] = (char)('0' + (c >> 3 & 7));
	out[3] = (char)('0' + (c & 7));
	return 4;
}

static void put_escaped(struct listing *l, const char *bytes, size_t len)
{
	char escaped[4];
	for (size_t i = 0; i < len; i++)
		listing_put(l, escaped, escape((u8)bytes[i], escaped));
}

static void put_hex(struct listing *l, const u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put_format(l, "%02x", bytes[i]);
}

static void put_base64(struct listing *l, const char *bytes, size_t len)
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
		listing_put(l, out, sizeof(out));
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

static void put_time(struct listing *l, const char *keyword, struct timestamp t)
{
	put_format(l, " %s=%lld.%09u", keyword, (long long)t.sec, t.nsec);
}

static bool times_equal(struct timestamp a, struct timestamp b)
{
	return a.sec == b.sec && a.nsec == b.nsec;
}

static void put_times(struct listing *l, const struct inode *inode)
{
	const struct inode_times *times = inode->times;
	put_time(l, "time", inode->mtime);
	if (!times)
		return;
	if (!times_equal(times->atime, inode->mtime))
		put_time(l, "atime", times->atime);
	if (!times_equal(times->ctime, inode->mtime))
		put_time(l, "ctime", times->ctime);
	if (!times_equal(times->otime, inode->mtime))
		put_time(l, "btime", times->otime);
}

static void put_content(struct listing *l, const struct inode *inode)
{
	if (inode_is_file(inode)) {
		u8 hash[FILE_HASH_BYTES];
		if (inode->hash)
			memcpy(hash, inode->hash, sizeof(hash));
		else /* no member brought data */
			file_hash_finish(file_hash_new(inode->size), hash);
		put_format(l, " size=%llu %s=", (unsigned long long)inode->size,
			   inode->size <= FILE_HASH_PLAIN_MAX ? "sha256digest" : "sha256blocks");
		put_hex(l, hash, sizeof(hash));
	} else if (inode_is_symlink(inode)) {
		put_format(l, " link=");
		put_escaped(l, inode->target, inode->size);
	} else if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) {
		put_format(l, " device=native,%u,%u", device_major((u32)inode->rdev),
			   device_minor((u32)inode->rdev));
	}
}

/* Names of one inode have one number. */
static void put_links(struct listing *l, const struct inode *inode)
{
	if (inode->nlink < 2)
		return;
	const u64 index = tree_inode_index(l->tree, inode);
	if (!l->groups[index])
		l->groups[index] = ++l->nr_groups;
	put_format(l, " nlink=%u inode=%llu", inode->nlink, (unsigned long long)l->groups[index]);
}

/* compress, nocompress and nocow are left out: they say how to store a file. */
static void put_flags(struct listing *l, u32 flags)
{
	const u32 storage = BTRFS_INODE_COMPRESS | BTRFS_INODE_NOCOMPRESS | BTRFS_INODE_NODATACOW;
	char text[INODE_FLAGS_TEXT_BYTES];
	if (inode_flags_text(flags & ~storage, text))
		put_format(l, " flags=%s", text);
}

static int compare_xattrs(const void *a, const void *b)
{
	const struct xattr *x = *(const struct xattr *const *)a,
			   *y = *(const struct xattr *const *)b;
	int order = memcmp(x->bytes, y->bytes, min_u64(x->name_len, y->name_len));
	return order ? order : x->name_len - y->name_len;
}

/* A property of btrfs says how to store a file: it is no part of the content. */
static bool is_property(const struct xattr *x)
{
	return x->name_len >= 6 && !memcmp(x->bytes, "btrfs.", 6);
}

static void put_xattrs(struct listing *l, const struct xattr *list)
{
	size_t nr = 0;
	for (const struct xattr *x = list; x; x = x->next)
		nr += !is_property(x);
	if (!nr)
		return;
	const struct xattr **sorted = xmalloc(nr * sizeof(*sorted));
	nr = 0;
	for (const struct xattr *x = list; x; x = x->next)
		if (!is_property(x))
			sorted[nr++] = x;
	qsort(sorted, nr, sizeof(*sorted), compare_xattrs);
	for (size_t i = 0; i < nr; i++) {
		put_format(l, " xattr.");
		put_escaped(l, sorted[i]->bytes, sorted[i]->name_len);
		put_format(l, "=");
		put_base64(l, xattr_value(sorted[i]), sorted[i]->value_len);
	}
	xfree(sorted);
}

static void put_entry(struct listing *l, const struct inode *inode)
{
	listing_put(l, l->path, l->path_len);
	put_format(l, " type=%s mode=%04o uid=%u gid=%u", type_name(inode->mode),
		   inode->mode & 07777, inode->uid, inode->gid);
	put_times(l, inode);
	put_content(l, inode);
	put_links(l, inode);
	put_flags(l, inode->flags);
	put_xattrs(l, inode->xattrs);
	put_format(l, "\n");
}

/* ---- the walk ---------------------------------------------------------------------- */

static void add_path(struct listing *l, const char *bytes, size_t len)
{
	l->path = mem_grow(l->path, &l->path_capacity, l->path_len + 4 * len, 1);
	for (size_t i = 0; i < len; i++)
		l->path_len += escape((u8)bytes[i], l->path + l->path_len);
}

static void put_tree(struct listing *l, const struct inode *root)
{
	struct tree_walk walk = { .depth = 0 };
	add_path(l, ".", 1);
	put_entry(l, root);
	tree_walk_enter(&walk, root, l->path_len);
	for (const struct dentry *d; !l->err && (d = tree_walk_next(&walk));) {
		l->path_len = walk.mark;
		add_path(l, "/", 1);
		add_path(l, d->name, d->name_len);
		put_entry(l, d->inode);
		if (inode_is_dir(d->inode))
			tree_walk_enter(&walk, d->inode, l->path_len);
	}
	tree_walk_release(&walk);
}

int manifest_write(const struct tree *tree, int fd, const char *name,
		   u8 digest[MANIFEST_DIGEST_BYTES])
{
	struct listing l = { .tree = tree, .fd = fd, .name = name, .sha = sha256_new() };
	u64 nr_inodes;
	(void)tree_inodes(tree, &nr_inodes);
	l.groups = xzalloc(nr_inodes * sizeof(*l.groups));
	l.buffer = xmalloc(BUFFER_BYTES);
	put_format(&l, "#mtree\n");
	put_tree(&l, tree_root(tree));
	flush(&l);
	sha256_finish(l.sha, digest);
	xfree(l.groups);
	xfree(l.buffer);
	xfree(l.path);
	return l.err;
}
