/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_acl.h"

#include "base/mem.h"

#include <stdio.h>

/* linux/posix_acl_xattr.h */
#define POSIX_ACL_XATTR_VERSION 2u

struct posix_acl_xattr_entry {
	le16 tag;
	le16 perm;
	le32 id;
};
static_assert(sizeof(struct posix_acl_xattr_entry) == 8, "posix_acl_xattr_entry");

/* The longest entry: "group:4294967295:rwx," and the NUL. */
#define ENTRY_BYTES 24u

/* The word of a tag, and whether an id follows it; NULL if it is unknown. */
static const char *tag_word(u16 tag, bool *has_id)
{
	*has_id = tag == 0x02 || tag == 0x08;
	switch (tag) {
	case 0x01: /* ACL_USER_OBJ */
	case 0x02: /* ACL_USER */
		return "user";
	case 0x04: /* ACL_GROUP_OBJ */
	case 0x08: /* ACL_GROUP */
		return "group";
	case 0x10: /* ACL_MASK */
		return "mask";
	case 0x20: /* ACL_OTHER */
		return "other";
	default:
		return NULL;
	}
}

/* Returns false if the entry is none that has a text. */
static bool add_entry(struct export_acl *acl, const struct posix_acl_xattr_entry *e)
{
	const u16 perm = from_le16(e->perm);
	char id[12] = "";
	bool has_id;
	const char *word = tag_word(from_le16(e->tag), &has_id);
	if (!word || perm > 7)
		return false;
	if (has_id)
		snprintf(id, sizeof(id), "%u", from_le32(e->id));
	acl->len += (size_t)snprintf(acl->bytes + acl->len, ENTRY_BYTES, "%s%s:%s:%c%c%c",
				     acl->len ? "," : "", word, id, perm & 4 ? 'r' : '-',
				     perm & 2 ? 'w' : '-', perm & 1 ? 'x' : '-');
	return true;
}

void export_acl_text(struct export_acl *acl, const u8 *value, size_t len)
{
	const struct posix_acl_xattr_entry *entries = (const void *)(value + sizeof(le32));
	le32 version;
	acl->len = 0;
	if (len < sizeof(version) || (len - sizeof(version)) % sizeof(*entries))
		return;
	memcpy(&version, value, sizeof(version));
	if (from_le32(version) != POSIX_ACL_XATTR_VERSION)
		return;
	const size_t nr = (len - sizeof(version)) / sizeof(*entries);
	acl->bytes = mem_grow(acl->bytes, &acl->capacity, (nr + 1) * ENTRY_BYTES, 1);
	for (size_t i = 0; i < nr; i++) {
		if (!add_entry(acl, &entries[i])) {
			acl->len = 0;
			return;
		}
	}
}

void export_acl_release(struct export_acl *acl)
{
	xfree(acl->bytes);
}
