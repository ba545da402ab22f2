/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a stack, which the files of this room share. */
#ifndef ONTO_STACK_PRIVATE_H
#define ONTO_STACK_PRIVATE_H

#include "image/data_ref.h"
#include "image/image_seed.h"
#include "onto/stack.h"
#include "read/raw_tree.h"
#include "seed.h"

/* A tree of the seed. */
struct stack_tree {
	u64 id;
	bool exists;
	struct raw_tree raw; /* if it exists */
	bool *is_kept;       /* by leaf: the image refers to it */
};

/* A tree block or data extent of the seed that the image uses. */
struct used_extent {
	u64 logical, bytes;
	u64 owner, generation;     /* of a block; owner 0: it is data */
	size_t first_ref, nr_refs; /* of data, in stack.refs */
};

struct used_extents {
	struct used_extent *list; /* by address */
	size_t nr, capacity;
};

struct stack {
	struct seed seed;
	struct stack_tree **trees; /* those that were needed, in any order */
	size_t nr_trees, trees_capacity;
	struct seed_names *names; /* NULL before stack_names() */
	struct image_seed image;
	struct used_extents data;
	struct data_refs refs;    /* by extent, the index into data.list */
	struct used_extents used; /* data and blocks; made anew if it is stale */
	bool is_stale;
	u8 *leaf; /* that image_seed.read_leaf() read last: while it is compared, others are loaded */
	u64 sums_end; /* while the checksum tree is made: behind the last sum */
};

/* ---- stack_trees.c */

/* stack_trees_find - the tree of this id, which need not exist; 0, or a negative errno after printing */
int stack_trees_find(struct stack *stack, u64 id, struct stack_tree **tree);
void stack_trees_release(struct stack *stack);

/* ---- seed_names.c */

struct seed_names *seed_names_new(struct stack *stack);
void seed_names_free(struct seed_names *names); /* NULL is fine */
const struct known_names *seed_names_known(const struct seed_names *names);

/* ---- data_tally.c */

/* Bytes of data by how they are stored: each compression, or plain without checksums. */
struct data_tally {
	u64 bytes[BTRFS_COMPRESS_ZSTD + 2];
};

void data_tally_add(struct data_tally *tally, u32 compression, bool without_sums, u64 bytes);

/* data_tally_judge - warn if the seed has next to nothing of an image's data, and tell why
 * @found: what of @image is on the seed */
void data_tally_judge(const struct data_tally *seed, const struct data_tally *image,
		      const struct data_tally *found);

/* ---- in_use.c */

/* in_use_gather - fill in stack.data and stack.refs; 0, or a negative errno after printing */
int in_use_gather(struct stack *stack, const struct tree *tree, const struct content *content);

/* in_use_list - stack.used, up to date; 0, or a negative errno after printing */
int in_use_list(struct stack *stack);

/* in_use_first - index of the first extent of stack.used, or of @extents, that ends behind @logical */
size_t in_use_first(const struct used_extents *extents, u64 logical);

/* in_use_bytes - of a chunk; stack.used is up to date */
u64 in_use_bytes(const struct stack *stack, const struct seed_chunk *chunk);

/* ---- stack_items.c */

/* stack_produce - image_seed.produce */
int stack_produce(void *context, enum seed_items items, struct tree_writer *tw);

#endif
