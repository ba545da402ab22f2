/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extended attributes of one inode: a list in the tree's arena. */
#ifndef MODEL_XATTR_H
#define MODEL_XATTR_H

#include "base/mem.h"

struct xattr {
	struct xattr *next;
	u32 name_hash;
	u32 value_len;
	u8 name_len;  /* 1..255 */
	char bytes[]; /* name, then value */
};

#define XATTR_ACL_ACCESS "system.posix_acl_access"
#define XATTR_ACL_DEFAULT "system.posix_acl_default"

static inline const char *xattr_value(const struct xattr *x)
{
	return x->bytes + x->name_len;
}

/* xattr_is - whether this is its name */
static inline bool xattr_is(const struct xattr *x, const char *name)
{
	return strlen(name) == x->name_len && !memcmp(x->bytes, name, x->name_len);
}

/*
 * xattr_add - put an attribute in front of @list
 * The list is in no order until xattrs_sort(). @name_len is 1..255 (asserted), the value is copied.
 */
void xattr_add(struct arena *arena, struct xattr **list, const char *name, size_t name_len,
	       const void *value, size_t value_len);

/* xattrs_sort - order by hash, then name; of one name given twice the last added stays */
void xattrs_sort(struct xattr **list);

/* xattrs_copy - a list of its own with the same attributes in the same order */
struct xattr *xattrs_copy(struct arena *arena, const struct xattr *list);

/* xattrs_equal - whether two sorted lists hold the same */
bool xattrs_equal(const struct xattr *a, const struct xattr *b);

#endif
