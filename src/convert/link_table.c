/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "convert/link_table.h"

#include "disk/checksum.h"

#include <sys/random.h>

#define FIRST_SLOTS 256

/* The slot of an inode, or the empty one where it belongs. */
static struct link_path *find_link_slot(const struct link_table *t, u64 tree, u64 ino)
{
	const u64 id[2] = { tree, ino };
	size_t i = keyed_hash64(t->secret, id, sizeof(id));
	while (true) {
		struct link_path *slot = &t->slots[i++ & (t->nr_slots - 1)];
		if (!slot->tree || (slot->tree == tree && slot->ino == ino))
			return slot;
	}
}

static void enlarge(struct link_table *t)
{
	const struct link_table old = *t;
	/* Without a secret slots are predictable: slower on a hostile image, but correct. */
	if (!t->nr_slots &&
	    getrandom(&t->secret, sizeof(t->secret), GRND_NONBLOCK) != sizeof(t->secret))
		t->secret = 0;
	t->nr_slots = old.nr_slots ? 2 * old.nr_slots : FIRST_SLOTS;
	t->slots = xzalloc(t->nr_slots * sizeof(*t->slots));
	for (size_t i = 0; i < old.nr_slots; i++)
		if (old.slots[i].tree)
			*find_link_slot(t, old.slots[i].tree, old.slots[i].ino) = old.slots[i];
	xfree(old.slots);
}

const struct link_path *link_table_find(struct link_table *t, u64 tree, u64 ino, const char *path,
					size_t path_len)
{
	if (2 * t->nr >= t->nr_slots)
		enlarge(t);
	struct link_path *slot = find_link_slot(t, tree, ino);
	if (slot->tree)
		return slot;
	*slot = (struct link_path){
		.tree = tree,
		.ino = ino,
		.path = arena_memdup(&t->arena, path, path_len),
		.path_len = path_len,
		.nr = ++t->nr,
	};
	return NULL;
}

void link_table_release(struct link_table *t)
{
	xfree(t->slots);
	arena_free(&t->arena);
}
