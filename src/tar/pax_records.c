/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pax_records.h"

#include "base/mem.h"
#include "disk/inode_flags.h"

#include <stdio.h>

#define NUMBER_BYTES 40

/* ---- one record -------------------------------------------------------------------- */

static u32 nr_digits(size_t n)
{
	u32 digits = 1;
	while (n /= 10)
		digits++;
	return digits;
}

static void append_bytes(struct pax_records *r, const void *bytes, size_t len)
{
	memcpy(r->bytes + r->len, bytes, len);
	r->len += len;
}

/* "LENGTH KEY=VALUE\n", where the length counts its own digits. @name is the end of the key. */
static void add_named(struct pax_records *r, const char *key, const char *name, size_t name_len,
		      const void *value, size_t value_len)
{
	const size_t rest = 1 + strlen(key) + name_len + 1 + value_len + 1;
	size_t len = rest + nr_digits(rest);
	len = rest + nr_digits(len);
	r->bytes = mem_grow(r->bytes, &r->capacity, r->len + len + 1, 1);
	r->len += (size_t)sprintf(r->bytes + r->len, "%zu %s", len, key);
	append_bytes(r, name, name_len);
	append_bytes(r, "=", 1);
	append_bytes(r, value, value_len);
	append_bytes(r, "\n", 1);
}

static void add_text(struct pax_records *r, const char *key, const char *value, size_t len)
{
	add_named(r, key, "", 0, value, len);
}

static void add_number(struct pax_records *r, const char *key, u64 value)
{
	char text[NUMBER_BYTES];
	const int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	add_text(r, key, text, (size_t)len);
}

/* Seconds with a fraction as short as it can be; -1.5 is second -2 and half a second. */
static void add_time_record(struct pax_records *r, const char *key, struct timestamp t)
{
	const bool is_negative = t.sec < 0;
	u64 sec = is_negative ? 0 - (u64)t.sec : (u64)t.sec;
	u32 nsec = t.nsec;
	char text[NUMBER_BYTES];
	if (is_negative && nsec) {
		sec--;
		nsec = 1000000000 - nsec;
	}
	int len = snprintf(text, sizeof(text), "%s%llu.%09u", is_negative ? "-" : "",
			   (unsigned long long)sec, nsec);
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	add_text(r, key, text, (size_t)len);
}

/* ---- attributes -------------------------------------------------------------------- */

static void add_flags(struct pax_records *r, u32 flags)
{
	char text[INODE_FLAGS_TEXT_BYTES];
	const size_t len = inode_flags_text(flags, text);
	if (len)
		add_text(r, "SCHILY.fflags", text, len);
}

/* In the key, GNU tar encodes what ends it, and the sign that it encodes with. */
static void add_xattr_record(struct pax_records *r, const struct tar_xattr *x)
{
	char *name = xmalloc(3 * x->name_len + 1);
	size_t len = 0;
	for (size_t i = 0; i < x->name_len; i++) {
		const char c = x->name[i];
		if (c == '=' || c == '%') {
			memcpy(name + len, c == '=' ? "%3D" : "%25", 3);
			len += 3;
		} else {
			name[len++] = c;
		}
	}
	add_named(r, "SCHILY.xattr.", name, len, x->value, x->value_len);
	xfree(name);
}

static void add_names(struct pax_records *r, const struct tar_member *m)
{
	if (m->map) {
		add_text(r, "GNU.sparse.major", "1", 1);
		add_text(r, "GNU.sparse.minor", "0", 1);
		add_text(r, "GNU.sparse.name", m->path, m->path_len);
		add_number(r, "GNU.sparse.realsize", m->size);
	} else if (m->path_len > USTAR_NAME_BYTES) {
		add_text(r, "path", m->path, m->path_len);
	}
	if (m->link_len > USTAR_NAME_BYTES)
		add_text(r, "linkpath", m->link, m->link_len);
}

void pax_records_fill(struct pax_records *r, const struct tar_member *m, u64 stored)
{
	r->len = 0;
	add_names(r, m);
	if (stored > USTAR_SIZE_MAX)
		add_number(r, "size", stored);
	if (m->uid > USTAR_ID_MAX)
		add_number(r, "uid", m->uid);
	if (m->gid > USTAR_ID_MAX)
		add_number(r, "gid", m->gid);
	if (!pax_time_fits(m->mtime))
		add_time_record(r, "mtime", m->mtime);
	if (m->times) {
		add_time_record(r, "atime", m->times->atime);
		add_time_record(r, "ctime", m->times->ctime);
		add_time_record(r, "LIBARCHIVE.creationtime", m->times->birthtime);
	}
	add_flags(r, m->flags);
	if (m->acl_access_len)
		add_text(r, "SCHILY.acl.access", m->acl_access, m->acl_access_len);
	if (m->acl_default_len)
		add_text(r, "SCHILY.acl.default", m->acl_default, m->acl_default_len);
	for (size_t i = 0; i < m->nr_xattrs; i++)
		add_xattr_record(r, &m->xattrs[i]);
}

void pax_records_release(struct pax_records *r)
{
	xfree(r->bytes);
}
