/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first paths of inodes with several names. */
#ifndef CONVERT_LINK_TABLE_H
#define CONVERT_LINK_TABLE_H

#include "base/mem.h"

struct link_path {
	u64 tree, ino; /* tree 0: an empty slot */
	const char *path;
	size_t path_len;
	u64 nr; /* from 1, in the order in which they came */
};

/* A hash table. Zeroed at first. */
struct link_table {
	struct link_path *slots;
	size_t nr, nr_slots; /* a power of two, or 0 */
	u64 secret;          /* makes collisions hard to foresee */
	struct arena arena;
};

/* link_table_find - what is known of an inode; NULL if it is new, and @path is kept as its path: it
 * has the number table->nr */
const struct link_path *link_table_find(struct link_table *table, u64 tree, u64 ino,
					const char *path, size_t path_len);

void link_table_release(struct link_table *table);

#endif
