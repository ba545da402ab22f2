/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pax records, by a table of the keys that mean something to us. */
#include "pax.h"
#include "number.h"
#include "sparse.h"

#include <errno.h>

enum kind {
	KIND_TEXT, /* a value without NUL */
	KIND_BYTES,
	KIND_ID,
	KIND_NUMBER,
	KIND_TIME,
	KIND_OFFSET, /* the two of sparse format 0.0 */
	KIND_NUMBYTES,
};

struct key {
	const char *name;
	size_t offset; /* in struct pax */
	enum kind kind;
	bool may_be_global;
};

#define FIELD(name) offsetof(struct pax, name)

static const struct key keys[] = {
	{ "path", FIELD(path), KIND_TEXT, false },
	{ "linkpath", FIELD(linkpath), KIND_TEXT, false },
	{ "size", FIELD(size), KIND_NUMBER, false },
	{ "uid", FIELD(uid), KIND_ID, true },
	{ "gid", FIELD(gid), KIND_ID, true },
	{ "mtime", FIELD(mtime), KIND_TIME, true },
	{ "atime", FIELD(atime), KIND_TIME, true },
	{ "ctime", FIELD(ctime), KIND_TIME, true },
	{ "LIBARCHIVE.creationtime", FIELD(birthtime), KIND_TIME, true },
	{ "SCHILY.devmajor", FIELD(dev_major), KIND_NUMBER, false },
	{ "SCHILY.devminor", FIELD(dev_minor), KIND_NUMBER, false },
	{ "SUN.devmajor", FIELD(dev_major), KIND_NUMBER, false },
	{ "SUN.devminor", FIELD(dev_minor), KIND_NUMBER, false },
	{ "SUN.holesdata", FIELD(holes_data), KIND_TEXT, false },
	{ "SCHILY.fflags", FIELD(file_flags), KIND_TEXT, false },
	{ "SCHILY.acl.access", FIELD(acl_access), KIND_BYTES, false },
	{ "SCHILY.acl.default", FIELD(acl_default), KIND_BYTES, false },
	{ "SCHILY.acl.ace", FIELD(acl_nfs4), KIND_TEXT, false },
	{ "SCHILY.realsize", FIELD(star_realsize), KIND_NUMBER, false },
	{ "GNU.sparse.name", FIELD(sparse_name), KIND_TEXT, false },
	{ "GNU.sparse.map", FIELD(sparse_map), KIND_TEXT, false },
	{ "GNU.sparse.size", FIELD(sparse_realsize), KIND_NUMBER, false },
	{ "GNU.sparse.realsize", FIELD(sparse_realsize), KIND_NUMBER, false },
	{ "GNU.sparse.major", FIELD(sparse_major), KIND_NUMBER, false },
	{ "GNU.sparse.minor", FIELD(sparse_minor), KIND_NUMBER, false },
	{ "GNU.sparse.numblocks", FIELD(sparse_numblocks), KIND_NUMBER, false },
	{ "GNU.sparse.offset", 0, KIND_OFFSET, false },
	{ "GNU.sparse.numbytes", 0, KIND_NUMBYTES, false },
};

int pax_next(struct text *rest, struct text *key, struct text *value)
{
	if (!rest->len)
		return 0;
	const char *space = memchr(rest->bytes, ' ', rest->len);
	if (!space)
		return -1;
	size_t digits = (size_t)(space - rest->bytes);
	u64 len;
	if (!number_digits((const u8 *)rest->bytes, digits, 10, &len) || len > rest->len ||
	    len < digits + 4 || rest->bytes[len - 1] != '\n')
		return -1;
	key->bytes = space + 1;
	const char *equals = memchr(key->bytes, '=', (size_t)len - digits - 2);
	if (!equals || equals == key->bytes)
		return -1;
	key->len = (size_t)(equals - key->bytes);
	value->bytes = equals + 1;
	value->len = (size_t)(rest->bytes + len - 1 - value->bytes);
	rest->bytes += len;
	rest->len -= (size_t)len;
	return 1;
}

static const struct key *find_key(struct text key)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		/* the second letter tells most of them apart */
		if (keys[i].name[1] == key.bytes[1] && text_equals(key, keys[i].name))
			return &keys[i];
	}
	return NULL;
}

static int add_pair(struct pax *pax, struct sparse_map *map, enum kind kind, u64 value)
{
	pax->has_sparse_pairs = true;
	/* an offset opens a pair, the number of bytes closes it */
	if (kind == KIND_OFFSET)
		return sparse_map_add(map, value, UINT64_MAX) ? 0 : -1;
	if (!map->nr || map->segments[map->nr - 1].bytes != UINT64_MAX)
		return -1;
	map->segments[map->nr - 1].bytes = value;
	return 0;
}

/* For messages: the member goes by the path of its records, if they have one. */
static struct member *named(struct member *m, const struct pax *pax)
{
	if (pax->path.len)
		m->path = pax->path;
	return m;
}

static int bad_value(struct member *m, const struct pax *pax, const struct key *k,
		     struct text value)
{
	static const char *const allowed[] = {
		[KIND_TEXT] = "text without NUL",
		[KIND_ID] = "a decimal number below 2^63, maybe negative",
		[KIND_NUMBER] = "a decimal number below 2^63",
		[KIND_TIME] = "seconds, maybe with a fraction",
		[KIND_OFFSET] = "a decimal number below 2^63, and numbytes after it",
		[KIND_NUMBYTES] = "a decimal number below 2^63, after an offset",
	};
	return member_fail(named(m, pax), -EINVAL,
			   "pax record %s has the value '%s', allowed is %s", k->name,
			   printable(value).text, allowed[k->kind]);
}

static int read_value(const struct key *k, struct text value, struct pax *pax, struct member *m)
{
	void *field = (char *)pax + k->offset;
	const u8 *bytes = (const u8 *)value.bytes;
	u64 number;
	switch (k->kind) {
	case KIND_BYTES:
		*(struct text *)field = value;
		return 0;
	case KIND_TEXT:
		if (memchr(value.bytes, 0, value.len))
			return bad_value(m, pax, k, value);
		*(struct text *)field = value;
		return 0;
	case KIND_TIME:
		*(struct member_time *)field = (struct member_time){ 0 };
		if (!value.len)
			return 0;
		if (!number_time(bytes, value.len, &((struct member_time *)field)->time))
			return bad_value(m, pax, k, value);
		((struct member_time *)field)->is_set = true;
		return 0;
	case KIND_ID:
	case KIND_NUMBER:
	case KIND_OFFSET:
	case KIND_NUMBYTES:
		break;
	}
	if (!value.len && (k->kind == KIND_NUMBER || k->kind == KIND_ID)) {
		*(struct pax_number *)field = (struct pax_number){ 0 };
		return 0;
	}
	const bool negative = k->kind == KIND_ID && *bytes == '-';
	if (!number_digits(bytes + negative, value.len - negative, 10, &number) ||
	    number > INT64_MAX)
		return bad_value(m, pax, k, value);
	if (k->kind == KIND_NUMBER || k->kind == KIND_ID)
		*(struct pax_number *)field =
			(struct pax_number){ negative ? -number : number, true };
	else if (add_pair(pax, &m->map, k->kind, number))
		return bad_value(m, pax, k, value);
	return 0;
}

u32 pax_xattr_form(struct text key, struct text *name)
{
	static const char schily[] = "SCHILY.xattr.", libarchive[] = "LIBARCHIVE.xattr.";
	u32 form = 0;
	size_t skip = 0;
	if (text_begins(key, schily)) {
		form = PAX_XATTR_SCHILY;
		skip = sizeof(schily) - 1;
	} else if (text_begins(key, libarchive)) {
		form = PAX_XATTR_LIBARCHIVE;
		skip = sizeof(libarchive) - 1;
	} else if (text_equals(key, "RHT.security.selinux")) {
		form = PAX_XATTR_SELINUX;
		skip = 4;
	}
	*name = (struct text){ key.bytes + skip, key.len - skip };
	return form;
}

int pax_read(struct text records, bool is_global, const struct reader_options *options,
	     struct pax *pax, struct member *m)
{
	struct text key, value, xattr_name;
	int more;
	while ((more = pax_next(&records, &key, &value)) > 0) {
		const struct key *k = find_key(key);
		const u32 form = k ? 0 : pax_xattr_form(key, &xattr_name);
		int err = 0;
		if (is_global && (k ? !k->may_be_global : form != 0)) {
			err = member_unsupported(
				m, options, "pax record %s in a global header is not supported",
				printable(key).text);
		} else if (k) {
			err = read_value(k, value, pax, m);
		} else {
			pax->xattr_forms |= form;
		}
		if (err)
			return err;
	}
	if (more < 0) {
		records.len = min_u64(records.len, 60);
		return member_fail(
			named(m, pax), -EINVAL,
			"malformed pax record '%s', allowed are LENGTH KEY=VALUE and a newline",
			printable(records).text);
	}
	return 0;
}
