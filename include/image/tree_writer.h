/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorted items in, tree blocks out. Leaves are filled until the next item does not fit, and are
 * adjacent; then come the nodes of level 1, those of level 2, and so on up to the root.
 *
 * A writer without a sink only counts: sizing and writing run the same producers.
 */
#ifndef IMAGE_TREE_WRITER_H
#define IMAGE_TREE_WRITER_H

#include "disk/key.h"
#include "image/layout.h"

#define GENERATION 1 /* of everything in the image; on a seed, of items alone */

/*
 * A leaf of another tree, or of the seed, that this tree refers to instead of writing an equal one: both
 * have the same items from the first key to the last one.
 */
struct shared_leaf {
	struct btrfs_key first, last;
	const u64 *first_block; /* tree_writer_options.first_block of its owner; NULL: the seed's */
	u64 index;              /* among the owner's leaves */
	u64 logical, generation; /* of the seed's */
};

/* How many blocks of its own a tree has on each level. The root is alone on the highest. */
struct tree_shape {
	u64 nr_blocks[BTRFS_MAX_LEVEL];
	u64 total;
	u8 level; /* of the root */
};

/* The ids in every tree block. */
struct block_ids {
	u8 fsid[BTRFS_FSID_SIZE];
	u8 chunk_tree_uuid[BTRFS_UUID_SIZE];
};

/* Takes finished blocks, not yet sealed, in ascending order of their address. */
struct block_sink {
	int (*put)(void *context, u64 logical, u8 *block);
	void *context;
	bool without_data; /* file data and its sums are zeros: blob.hash identifies the data */
};

struct tree_writer_options {
	const struct layout *layout; /* NULL: addresses do not matter yet */
	bool system;                 /* blocks come from the SYSTEM chunk */
	u64 owner;                   /* tree id */
	u64 first_block; /* number of the tree's first block in the chunks of its type */
	u64 generation;  /* of the tree's own blocks, and of shared ones but the seed's */
	const struct shared_leaf *shared; /* ascending; never the tree's only leaf */
	size_t nr_shared;
	const struct block_ids *ids;
	const struct block_sink *sink; /* NULL: only count */
};

struct tree_writer;

struct tree_writer *tree_writer_new(const struct tree_writer_options *options, u32 nodesize);
void tree_writer_free(struct tree_writer *tw);

/* tree_writer_counts_only - true if the bytes of items do not matter, just their keys and sizes */
bool tree_writer_counts_only(const struct tree_writer *tw);

/* tree_writer_wants_data - false if zeros are written for bytes that follow from file data alone,
 * or if no bytes matter */
bool tree_writer_wants_data(const struct tree_writer *tw);

/*
 * tree_writer_add - room for one item
 * @key:    sorts after every key added before (asserted)
 * @bytes:  at most btrfs_max_item_size() (asserted)
 * @item:   result: where the caller writes all bytes of the item before it calls again
 * Returns 0 or what the sink returned.
 */
int tree_writer_add(struct tree_writer *tw, struct btrfs_key key, u32 bytes, void **item);

/* tree_writer_put - add an item of @bytes at @record */
int tree_writer_put(struct tree_writer *tw, struct btrfs_key key, const void *record, u32 bytes);

/* tree_writer_put_named - the same with @name_len bytes at @name after the record */
int tree_writer_put_named(struct tree_writer *tw, struct btrfs_key key, const void *record,
			  u32 bytes, const void *name, u32 name_len);

/*
 * tree_writer_refer - let the tree have a leaf that is there already, with the address @logical
 * @first: its first key, which sorts after every key added before (asserted). What is added next
 *         sorts after its last one. It never is the tree's only leaf.
 * The leaf is none of tree_shape. Returns as tree_writer_add().
 */
int tree_writer_refer(struct tree_writer *tw, struct btrfs_key first, u64 logical, u64 generation);

/* tree_writer_finish - write the last leaf and all nodes; @shape is the result */
int tree_writer_finish(struct tree_writer *tw, struct tree_shape *shape);

/* tree_writer_shape_equal - whether both have the same blocks */
bool tree_writer_shape_equal(const struct tree_shape *a, const struct tree_shape *b);

#endif
