/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/xattr.h"

#include "disk/checksum.h"

#include <stdlib.h>

void xattr_add(struct arena *arena, struct xattr **list, const char *name, size_t name_len,
	       const void *value, size_t value_len)
{
	assert(name_len >= 1 && name_len <= BTRFS_NAME_LEN);
	struct xattr *x = arena_alloc(arena, offsetof(struct xattr, bytes) + name_len + value_len);
	x->name_hash = name_hash(name, name_len);
	x->name_len = (u8)name_len;
	x->value_len = u32_from_u64(value_len);
	memcpy(x->bytes, name, name_len);
	if (value_len)
		memcpy(x->bytes + name_len, value, value_len);
	x->next = *list;
	*list = x;
}

static int compare_names(const struct xattr *a, const struct xattr *b)
{
	if (a->name_hash != b->name_hash)
		return a->name_hash < b->name_hash ? -1 : 1;
	if (a->name_len != b->name_len)
		return a->name_len < b->name_len ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->name_len);
}

struct ranked {
	struct xattr *xattr;
	size_t age; /* 0: added last */
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order = compare_names(x->xattr, y->xattr);
	if (order)
		return order;
	return x->age < y->age ? -1 : x->age > y->age;
}

void xattrs_sort(struct xattr **list)
{
	size_t nr = 0;
	for (struct xattr *x = *list; x; x = x->next)
		nr++;
	if (nr < 2)
		return;
	struct ranked *ranked = xmalloc(nr * sizeof(*ranked));
	size_t age = 0;
	for (struct xattr *x = *list; x; x = x->next, age++)
		ranked[age] = (struct ranked){ .xattr = x, .age = age };
	qsort(ranked, nr, sizeof(*ranked), compare_ranked);

	struct xattr **tail = list;
	for (size_t i = 0; i < nr; i++) {
		if (i > 0 && compare_names(ranked[i - 1].xattr, ranked[i].xattr) == 0)
			continue;
		*tail = ranked[i].xattr;
		tail = &ranked[i].xattr->next;
	}
	*tail = NULL;
	xfree(ranked);
}

struct xattr *xattrs_copy(struct arena *arena, const struct xattr *list)
{
	struct xattr *first = NULL, **tail = &first;
	for (; list; list = list->next) {
		struct xattr *x = NULL;
		xattr_add(arena, &x, list->bytes, list->name_len, xattr_value(list),
			  list->value_len);
		*tail = x;
		tail = &x->next;
	}
	return first;
}

bool xattrs_equal(const struct xattr *a, const struct xattr *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (compare_names(a, b) != 0 || a->value_len != b->value_len ||
		    memcmp(xattr_value(a), xattr_value(b), a->value_len) != 0)
			return false;
	return !a && !b;
}
