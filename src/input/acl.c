/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ACL itself: value, order, mode. acl_text.c reads the text. */
#include "acl.h"

#include "base/mem.h"

#include <stdlib.h>

#define ACL_VERSION 2u

void acl_free(struct acl *acl)
{
	xfree(acl->entries);
	*acl = (struct acl){ 0 };
}

bool acl_from_xattr(const void *value, size_t len, struct acl *acl)
{
	const u8 *p = value;
	le32 version;
	if (len < 4 || (len - 4) % 8 || len > ACL_VALUE_MAX)
		return false;
	memcpy(&version, p, 4);
	if (from_le32(version) != ACL_VERSION)
		return false;
	acl->nr = (len - 4) / 8;
	acl->entries = mem_grow(acl->entries, &acl->capacity, acl->nr + 1, sizeof(*acl->entries));
	for (size_t i = 0; i < acl->nr; i++) {
		struct {
			le16 tag, perm;
			le32 id;
		} e;
		memcpy(&e, p + 4 + 8 * i, 8);
		acl->entries[i] =
			(struct acl_entry){ from_le16(e.tag), from_le16(e.perm), from_le32(e.id) };
	}
	return true;
}

size_t acl_to_xattr(const struct acl *acl, u8 *out)
{
	le32 version = to_le32(ACL_VERSION);
	memcpy(out, &version, 4);
	for (size_t i = 0; i < acl->nr; i++) {
		const struct acl_entry *e = &acl->entries[i];
		bool named = e->tag == ACL_USER || e->tag == ACL_GROUP;
		struct {
			le16 tag, perm;
			le32 id;
		} d = { to_le16(e->tag), to_le16(e->perm), to_le32(named ? e->id : UINT32_MAX) };
		memcpy(out + 4 + 8 * i, &d, 8);
	}
	return 4 + 8 * acl->nr;
}

static int compare_entries(const void *left, const void *right)
{
	const struct acl_entry *a = left, *b = right;
	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return 0;
}

const char *acl_check(struct acl *acl)
{
	u32 seen = 0;
	for (size_t i = 0; i < acl->nr; i++) {
		struct acl_entry *e = &acl->entries[i];
		bool named = e->tag == ACL_USER || e->tag == ACL_GROUP;
		if (!named)
			e->id = 0;
		if (e->perm > 7)
			return "an entry with unknown permissions";
		if (e->tag & (e->tag - 1) || !e->tag || e->tag > ACL_OTHER)
			return "an entry of unknown kind";
		if (!named && seen & e->tag)
			return "two entries of one kind";
		if (named && e->id == UINT32_MAX)
			return "an entry for 4294967295, which is no id";
		seen |= e->tag;
	}
	if (acl->nr)
		qsort(acl->entries, acl->nr, sizeof(*acl->entries), compare_entries);
	for (size_t i = 1; i < acl->nr; i++) {
		if (!compare_entries(&acl->entries[i - 1], &acl->entries[i]))
			return "two entries for one id";
	}
	if (~seen & (ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER))
		return "no entry for the owner, the group or others, which must be there";
	if (seen & (ACL_USER | ACL_GROUP) && !(seen & ACL_MASK))
		return "named entries but no mask";
	return NULL;
}

bool acl_says_more(const struct acl *acl)
{
	return acl->nr > 3;
}

u32 acl_apply_mode(const struct acl *acl, u32 mode)
{
	u32 user = 0, group = 0, other = 0;
	/* The entries are sorted: the mask comes after the group, which it overrides. */
	for (size_t i = 0; i < acl->nr; i++) {
		const struct acl_entry *e = &acl->entries[i];
		if (e->tag == ACL_USER_OBJ)
			user = e->perm;
		else if (e->tag == ACL_GROUP_OBJ || e->tag == ACL_MASK)
			group = e->perm;
		else if (e->tag == ACL_OTHER)
			other = e->perm;
	}
	return (mode & ~0777u) | user << 6 | group << 3 | other;
}
