/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tree blocks: read from the first good copy, verified, shared by all who read them, and kept for
 * a while.
 */
#ifndef READ_BLOCK_H
#define READ_BLOCK_H

#include "block_items.h"
#include "chunk_map.h"

/* What is known of a block before it is read, from its parent or its root item. */
struct block_wanted {
	u64 tree;   /* id */
	u64 bytenr; /* logical address */
	u64 generation;
	u8 level;
	bool has_first; /* its first key must be @first: not of a root */
	bool has_bound; /* its keys must be below @bound: not on the right edge of a tree */
	struct btrfs_key first, bound;
};

/* The blocks that stay in memory although no one uses them: one for each remainder. */
#define BLOCK_CACHE_SLOTS 509

struct block_source {
	const struct chunk_map *map;
	enum btrfs_csum_type csum;
	u32 nodesize;
	struct block *cache[BLOCK_CACHE_SLOTS];
};

/*
 * block_get - the block that @wanted describes
 * A warning tells of bad copies that a good one stands in for. Returns 0, or a negative errno after
 * printing. Give it back with block_put().
 */
int block_get(struct block_source *source, const struct block_wanted *wanted, struct block **block);
void block_put(struct block *block); /* NULL is fine */

void block_source_release(struct block_source *source);

#endif
