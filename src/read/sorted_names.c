/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sorted_names.h"

#include "base/mem.h"
#include "base/name.h"

#include <stdlib.h>

static void add_sorted_name(struct sorted_names *n, const struct directory_entry *e)
{
	n->list = mem_grow(n->list, &n->capacity, n->nr + 1, sizeof(*n->list));
	n->bytes = mem_grow(n->bytes, &n->bytes_capacity, n->len + e->name_len, 1);
	memcpy(n->bytes + n->len, e->name, e->name_len);
	n->list[n->nr++] = (struct sorted_name){ e->index, n->len, e->name_len };
	n->len += e->name_len;
}

static int compare_sorted_names(const void *a, const void *b, void *bytes)
{
	const struct sorted_name *x = a, *y = b;
	const char *all = bytes;
	return name_compare(all + x->at, x->len, all + y->at, y->len);
}

int sorted_names_read(struct sorted_names *n, struct directory_reader *reader,
		      const struct filesystem_tree *tree, u64 dir, u64 first)
{
	struct directory_entry e;
	int more;
	for (u64 index = first; (more = directory_next(reader, tree, dir, index, &e)) > 0;
	     index = e.index + 1)
		add_sorted_name(n, &e);
	if (n->nr)
		qsort_r(n->list, n->nr, sizeof(*n->list), compare_sorted_names, n->bytes);
	return more;
}

void sorted_names_release(struct sorted_names *n)
{
	xfree(n->list);
	xfree(n->bytes);
}
