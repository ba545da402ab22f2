/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths as strings: no tree is needed. */
#include "path.h"

#include "base/diag.h"
#include "base/mem.h"
#include "disk/format.h"

int path_fold(const char *raw, size_t len, struct path *path)
{
	char q[QUOTE_BYTES];
	char *out = xmalloc(len + 1);
	size_t out_len = 0;
	for (size_t pos = 0; pos < len;) {
		const char *slash = memchr(raw + pos, '/', len - pos);
		size_t n = slash ? (size_t)(slash - raw) - pos : len - pos;
		const char *name = raw + pos;
		pos += n + 1;
		if (n == 0 || (n == 1 && name[0] == '.'))
			continue;
		int err = 0;
		if (n == 2 && name[0] == '.' && name[1] == '.')
			err = fail(-EINVAL,
				   "%s: the path has a '..' component, which is not allowed",
				   quote(q, raw, len));
		else if (n > BTRFS_NAME_LEN)
			err = fail(-ENAMETOOLONG, "%s: a name of %zu bytes, at most %u are allowed",
				   quote(q, raw, len), n, BTRFS_NAME_LEN);
		else if (memchr(name, 0, n))
			err = fail(-EINVAL, "%s: a NUL byte in the name", quote(q, raw, len));
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
