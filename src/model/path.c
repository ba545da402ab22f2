/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "path.h"

#include "disk/checksum.h"
#include "disk/format.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_BYTES (2 * QUOTE_BYTES)

static int check_component(const char *raw, size_t raw_len, const char *name, size_t len)
{
	char q[QUOTE_BYTES];
	if (len == 2 && name[0] == '.' && name[1] == '.')
		return fail(-EINVAL, "%s: the path has a '..' component, which is not allowed",
			    quote(q, raw, raw_len));
	if (len > BTRFS_NAME_LEN)
		return fail(-ENAMETOOLONG, "%s: a name of %zu bytes, at most %u are allowed",
			    quote(q, raw, raw_len), len, BTRFS_NAME_LEN);
	if (memchr(name, 0, len))
		return fail(-EINVAL, "%s: a NUL byte in the name", quote(q, raw, raw_len));
	return 0;
}

int path_fold(const char *raw, size_t len, struct path *path)
{
	char *out = xmalloc(len + 1);
	size_t out_len = 0;
	for (size_t pos = 0; pos < len;) {
		const char *slash = memchr(raw + pos, '/', len - pos);
		size_t n = slash ? (size_t)(slash - raw) - pos : len - pos;
		const char *name = raw + pos;
		pos += n + 1;
		if (n == 0 || (n == 1 && name[0] == '.'))
			continue;
		int err = check_component(raw, len, name, n);
		if (err) {
			xfree(out);
			return err;
		}
		if (out_len)
			out[out_len++] = '/';
		memcpy(out + out_len, name, n);
		out_len += n;
	}
	out[out_len] = 0;
	*path = (struct path){ .bytes = out, .len = out_len };
	return 0;
}

struct path path_copy(struct arena *arena, const struct path *path)
{
	struct path copy = *path;
	copy.bytes = arena_memdup(arena, path->bytes, path->len);
	return copy;
}

struct path_hash path_hash(const struct path *path)
{
	struct path_hash hash;
	hash128(path->bytes, path->len, hash.bytes);
	hash.bytes[0] ^= path->is_left_out;
	return hash;
}

int path_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++) {
		/* A name's end sorts before its continuation, and no name has a NUL. */
		u8 x = a[i] == '/' ? 0 : (u8)a[i];
		u8 y = b[i] == '/' ? 0 : (u8)b[i];
		if (x != y)
			return x - y;
	}
	return a_len < b_len ? -1 : a_len > b_len;
}

bool path_is_below(const char *dir, size_t dir_len, const char *path, size_t path_len)
{
	if (dir_len == 0)
		return true;
	if (dir_len > path_len || memcmp(dir, path, dir_len) != 0)
		return false;
	return dir_len == path_len || path[dir_len] == '/';
}

__attribute__((format(printf, 4, 0))) static void
path_vfail(int err, enum diag_hint hint, const struct path *path, const char *format, va_list args)
{
	char q[QUOTE_BYTES], text[TEXT_BYTES];
	vsnprintf(text, sizeof(text), format, args);
	fail_hint(err, hint, "%s: %s", path->len ? quote(q, path->bytes, path->len) : ".", text);
}

int path_fail(int err, const struct path *path, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	path_vfail(err, HINT_NONE, path, format, args);
	va_end(args);
	return err;
}

int path_fail_hint(int err, enum diag_hint hint, const struct path *path, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	path_vfail(err, hint, path, format, args);
	va_end(args);
	return err;
}
