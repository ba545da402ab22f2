/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * POSIX ACLs. Archives hold them as text or as an xattr. The results are the xattr that the kernel
 * keeps, and the mode bits that it derives. Names are never looked up: the numeric id counts.
 */
#ifndef INPUT_ACL_H
#define INPUT_ACL_H

#include "base/types.h"

#define ACL_USER_OBJ 0x01u
#define ACL_USER 0x02u
#define ACL_GROUP_OBJ 0x04u
#define ACL_GROUP 0x08u
#define ACL_MASK 0x10u
#define ACL_OTHER 0x20u

struct acl_entry {
	u16 tag;
	u16 perm; /* 0..7 */
	u32 id;   /* of ACL_USER and ACL_GROUP */
};

/* As many entries as an xattr of 64 KiB holds. */
#define ACL_ENTRIES_MAX 8190u
#define ACL_VALUE_MAX (4 + 8 * ACL_ENTRIES_MAX)

struct acl {
	struct acl_entry *entries; /* zeroed by the user at first; grows; release with acl_free() */
	size_t nr;
	size_t capacity;
};

void acl_free(struct acl *acl);

enum acl_result {
	ACL_OK,
	ACL_MALFORMED,
	ACL_ID_TOO_LARGE,
	ACL_NAME_WITHOUT_ID, /* well-formed, but means something on one host only */
};

/*
 * acl_from_text - add the entries of @text
 * The form is "tag:qualifier:perms[:id]", with commas or newlines between; Solaris leaves the
 * qualifier out of "mask:perms" and "other:perms". An entry that begins with "default" or
 * "default:" goes to @dflt.
 */
enum acl_result acl_from_text(const char *text, size_t len, struct acl *access, struct acl *dflt);

/* acl_from_xattr - read an xattr value (version 2); false if it is none */
bool acl_from_xattr(const void *value, size_t len, struct acl *acl);

/*
 * acl_check - sort and verify as the kernel does (posix_acl_valid)
 * Returns NULL if it is good, else what is wrong with it.
 */
const char *acl_check(struct acl *acl);

/* acl_says_more - whether a good access ACL says more than permission bits can */
bool acl_says_more(const struct acl *acl);

/* acl_apply_mode - @mode with the permission bits of a good access ACL */
u32 acl_apply_mode(const struct acl *acl, u32 mode);

/* acl_to_xattr - the xattr value; @out holds at least 4 + 8 * nr bytes; returns its length */
size_t acl_to_xattr(const struct acl *acl, u8 *out);

#endif
