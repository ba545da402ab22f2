/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names in directories of the seed, with their inode numbers and indexes. */
#include "stack_private.h"

#include "base/mem.h"
#include "base/name.h"
#include "read/directory.h"
#include "read/foreign.h"

#include <stdlib.h>

struct seed_names {
	struct stack *stack;
	struct known_names known;
	struct directory_reader *reader;
	/* of the directory that was read last */
	struct known_name *list;
	size_t nr, capacity;
	char *bytes; /* of all its names */
	size_t nr_bytes, bytes_capacity;
};

/* Other items than those of inodes have numbers behind all of them. */
static int last_number(void *context, u64 id, u64 *last)
{
	const struct seed_names *n = context;
	const struct btrfs_key end = { BTRFS_LAST_FREE_OBJECTID, 0, 0 };
	struct stack_tree *tree;
	*last = 0;
	int err = stack_trees_find(n->stack, id, &tree);
	if (err || !tree->exists)
		return err;
	err = raw_tree_load(&tree->raw, raw_tree_find(&tree->raw, &end));
	for (u32 i = 0; !err && i < raw_tree_nr_items(&tree->raw); i++) {
		const struct btrfs_key key = raw_tree_key(&tree->raw, i);
		if (key_compare(&key, &end) < 0)
			*last = key.objectid;
	}
	return err;
}

static void add_known_name(struct seed_names *n, const struct directory_entry *entry)
{
	n->list = mem_grow(n->list, &n->capacity, n->nr + 1, sizeof(*n->list));
	n->list[n->nr++] = (struct known_name){
		.name_len = entry->name_len,
		.ino = entry->is_subvolume ? 0 : entry->id,
		.index = entry->index,
	};
	n->bytes = mem_grow(n->bytes, &n->bytes_capacity, n->nr_bytes + entry->name_len, 1);
	memcpy(n->bytes + n->nr_bytes, entry->name, entry->name_len);
	n->nr_bytes += entry->name_len;
}

static int compare_seed_names(const void *a, const void *b)
{
	const struct known_name *x = a, *y = b;
	return name_compare(x->name, x->name_len, y->name, y->name_len);
}

static void sort_names(struct seed_names *n)
{
	const char *at = n->bytes;
	for (size_t i = 0; i < n->nr; i++) {
		n->list[i].name = at;
		at += n->list[i].name_len;
	}
	if (n->nr > 1)
		qsort(n->list, n->nr, sizeof(*n->list), compare_seed_names);
}

static int list_seed_names(void *context, u64 id, u64 dir, const struct known_name **names,
			   size_t *nr)
{
	struct seed_names *n = context;
	struct directory_entry entry = { .index = 0 };
	struct stack_tree *tree;
	int err = stack_trees_find(n->stack, id, &tree), more = 1;
	n->nr = n->nr_bytes = 0;
	while (!err && more > 0 && tree->exists) {
		more = directory_next(n->reader, &tree->raw.tree, dir, entry.index + 1, &entry);
		if (more > 0)
			add_known_name(n, &entry);
	}
	if (err || more < 0)
		return err ? err : more;
	sort_names(n);
	*names = n->list;
	*nr = n->nr;
	return 0;
}

struct seed_names *seed_names_new(struct stack *stack)
{
	struct seed_names *n = xzalloc(sizeof(*n));
	n->stack = stack;
	n->known = (struct known_names){ n, last_number, list_seed_names };
	n->reader = directory_reader_new(stack->seed.fs);
	return n;
}

void seed_names_free(struct seed_names *n)
{
	if (!n)
		return;
	directory_reader_free(n->reader);
	xfree(n->list);
	xfree(n->bytes);
	xfree(n);
}

const struct known_names *seed_names_known(const struct seed_names *n)
{
	return &n->known;
}
