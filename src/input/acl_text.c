/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACLs in text form, as star, GNU tar, libarchive and Solaris write them. */
#include "acl.h"
#include "number.h"

#include "base/mem.h"

struct field {
	const char *text;
	size_t len;
};

#define FIELDS_MAX 5

static bool field_is(struct field f, const char *word)
{
	size_t n = strlen(word);
	/* its first letter is enough */
	return (f.len == n && !memcmp(f.text, word, n)) || (f.len == 1 && *f.text == *word);
}

static struct field trim(const char *text, size_t len)
{
	while (len && (*text == ' ' || *text == '\t')) {
		text++;
		len--;
	}
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
		len--;
	return (struct field){ text, len };
}

/* Split one entry at its colons; returns the count, or 0 for too many. */
static size_t split(struct field entry, struct field *fields)
{
	size_t nr = 0, begin = 0;
	for (size_t i = 0; i <= entry.len; i++) {
		if (i < entry.len && entry.text[i] != ':')
			continue;
		if (nr == FIELDS_MAX)
			return 0;
		fields[nr++] = trim(entry.text + begin, i - begin);
		begin = i + 1;
	}
	return nr;
}

static bool read_perms(struct field f, u16 *perm)
{
	u16 bits = 0;
	if (!f.len || f.len > 3)
		return false;
	for (size_t i = 0; i < f.len; i++) {
		u16 bit = f.text[i] == 'r' ? 4 : f.text[i] == 'w' ? 2 : f.text[i] == 'x' ? 1 : 0;
		if ((!bit && f.text[i] != '-') || bits & bit)
			return false;
		bits |= bit;
	}
	*perm = bits;
	return true;
}

static bool read_id(struct field f, u32 *id)
{
	u64 v;
	if (!number_digits((const u8 *)f.text, f.len, 10, &v) || v >= UINT32_MAX)
		return false;
	*id = (u32)v;
	return true;
}

static u16 read_tag(struct field f)
{
	if (field_is(f, "user"))
		return ACL_USER_OBJ;
	if (field_is(f, "group"))
		return ACL_GROUP_OBJ;
	if (field_is(f, "mask"))
		return ACL_MASK;
	return field_is(f, "other") ? ACL_OTHER : 0;
}

/* @f: tag, qualifier, permissions, id; "mask" and "other" may leave the qualifier out */
static enum acl_result read_entry(const struct field *f, size_t nr, struct acl_entry *e)
{
	*e = (struct acl_entry){ .tag = read_tag(f[0]) };
	if (!e->tag)
		return ACL_MALFORMED;
	bool may_be_named = e->tag == ACL_USER_OBJ || e->tag == ACL_GROUP_OBJ;
	if (nr == 2)
		return !may_be_named && read_perms(f[1], &e->perm) ? ACL_OK : ACL_MALFORMED;
	if (nr < 3 || nr > 4 || !read_perms(f[2], &e->perm))
		return ACL_MALFORMED;
	bool has_id = nr == 4 && f[3].len;
	if (!f[1].len && !has_id)
		return ACL_OK;
	if (!may_be_named)
		return ACL_MALFORMED;
	e->tag = e->tag == ACL_USER_OBJ ? ACL_USER : ACL_GROUP;
	if (has_id)
		return read_id(f[3], &e->id) ? ACL_OK : ACL_MALFORMED;
	if (read_id(f[1], &e->id))
		return ACL_OK;
	for (size_t i = 0; i < f[1].len; i++) {
		if (f[1].text[i] < '0' || f[1].text[i] > '9')
			return ACL_NAME_WITHOUT_ID;
	}
	return ACL_ID_TOO_LARGE;
}

static enum acl_result add_acl_entry(struct field entry, struct acl *access, struct acl *dflt)
{
	struct field fields[FIELDS_MAX], *f = fields;
	struct acl *acl = access;
	size_t nr = split(entry, fields);
	if (!nr)
		return ACL_MALFORMED;
	if (field_is(f[0], "default")) {
		acl = dflt;
		f++;
		nr--;
	} else if (f[0].len > 7 && !memcmp(f[0].text, "default", 7)) {
		acl = dflt;
		f[0] = (struct field){ f[0].text + 7, f[0].len - 7 };
	}
	struct acl_entry e;
	if (!nr)
		return ACL_MALFORMED;
	enum acl_result r = read_entry(f, nr, &e);
	if (r != ACL_OK)
		return r;
	if (acl->nr == ACL_ENTRIES_MAX)
		return ACL_MALFORMED;
	acl->entries = mem_grow(acl->entries, &acl->capacity, acl->nr + 1, sizeof(*acl->entries));
	acl->entries[acl->nr++] = e;
	return ACL_OK;
}

enum acl_result acl_from_text(const char *text, size_t len, struct acl *access, struct acl *dflt)
{
	enum acl_result worst = ACL_OK;
	while (len) {
		size_t n = 0;
		while (n < len && text[n] != ',' && text[n] != '\n')
			n++;
		/* a comment goes to the end of the line */
		const char *hash = memchr(text, '#', n);
		struct field entry = trim(text, hash ? (size_t)(hash - text) : n);
		if (hash) {
			const char *end = memchr(text, '\n', len);
			n = end ? (size_t)(end - text) : len;
		}
		enum acl_result r = entry.len ? add_acl_entry(entry, access, dflt) : ACL_OK;
		if (r == ACL_MALFORMED)
			return r;
		if (r != ACL_OK)
			worst = r;
		n += n < len;
		text += n;
		len -= n;
	}
	return worst;
}
