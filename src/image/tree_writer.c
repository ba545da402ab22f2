/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/tree_writer.h"

#include "base/mem.h"

/* A block, as the level above refers to it. */
struct child {
	struct btrfs_key key;
	u64 logical;
	u64 generation;
};

struct tree_writer {
	struct tree_writer_options options;
	u32 nodesize;
	u8 *block; /* the leaf being filled, used again; while counting, room for one item */
	u8 *scrap; /* room for an item that is in a shared leaf */
	size_t next_shared;
	u32 nritems;
	u32 free_bytes; /* between item headers and data */
	struct btrfs_key last_key;
	bool has_items;
	struct child *children; /* of the last complete level; NULL while counting */
	size_t nr_children, children_capacity;
	struct tree_shape shape;
};

struct tree_writer *tree_writer_new(const struct tree_writer_options *options, u32 nodesize)
{
	struct tree_writer *tw = xzalloc(sizeof(*tw));
	tw->options = *options;
	tw->nodesize = nodesize;
	tw->block = xmalloc(nodesize);
	tw->scrap = options->nr_shared ? xmalloc(nodesize) : NULL;
	tw->free_bytes = btrfs_block_payload(nodesize);
	return tw;
}

void tree_writer_free(struct tree_writer *tw)
{
	xfree(tw->block);
	xfree(tw->scrap);
	xfree(tw->children);
	xfree(tw);
}

bool tree_writer_counts_only(const struct tree_writer *tw)
{
	return !tw->options.sink;
}

bool tree_writer_wants_data(const struct tree_writer *tw)
{
	return tw->options.sink && !tw->options.sink->without_data;
}

/* The address of block number @index; any number if addresses do not matter. */
static u64 block_address(const struct tree_writer *tw, u64 index)
{
	const struct tree_writer_options *options = &tw->options;
	return options->layout ? layout_block(options->layout, options->system, index) : index;
}

/* Number and write the block that has been filled; its first key is @first. */
static int put_block(struct tree_writer *tw, u8 level, u32 nritems, struct child *self)
{
	tw->shape.nr_blocks[level]++;
	u64 index = tw->options.first_block + tw->shape.total++;
	if (!tw->options.sink)
		return 0;
	self->logical = block_address(tw, index);
	self->generation = tw->options.generation;
	struct btrfs_header *header = (struct btrfs_header *)tw->block;
	*header = (struct btrfs_header){
		.bytenr = to_le64(self->logical),
		.flags = to_le64(BTRFS_HEADER_FLAG_WRITTEN | BTRFS_MIXED_BACKREF_REV),
		.generation = to_le64(tw->options.generation),
		.owner = to_le64(tw->options.owner),
		.nritems = to_le32(nritems),
		.level = level,
	};
	memcpy(header->fsid, tw->options.ids->fsid, sizeof(header->fsid));
	memcpy(header->chunk_tree_uuid, tw->options.ids->chunk_tree_uuid,
	       sizeof(header->chunk_tree_uuid));
	return tw->options.sink->put(tw->options.sink->context, self->logical, tw->block);
}

static struct btrfs_item *leaf_items(const struct tree_writer *tw)
{
	return (struct btrfs_item *)(tw->block + sizeof(struct btrfs_header));
}

static void add_leaf(struct tree_writer *tw, const struct child *leaf)
{
	if (tw->options.sink) {
		tw->children = mem_grow(tw->children, &tw->children_capacity, tw->nr_children + 1,
					sizeof(*tw->children));
		tw->children[tw->nr_children] = *leaf;
	}
	tw->nr_children++;
}

static int put_leaf(struct tree_writer *tw)
{
	struct child self = { .logical = 0 };
	if (tw->options.sink && tw->nritems)
		self.key = key_from_disk(&leaf_items(tw)[0].key);
	if (tw->options.sink) /* the items fill all but this gap */
		memset(leaf_items(tw) + tw->nritems, 0, tw->free_bytes);
	int err = put_block(tw, 0, tw->nritems, &self);
	add_leaf(tw, &self);
	tw->nritems = 0;
	tw->free_bytes = btrfs_block_payload(tw->nodesize);
	return err;
}

static bool has_open_leaf(const struct tree_writer *tw)
{
	return tw->free_bytes < btrfs_block_payload(tw->nodesize);
}

/* Whether the item at @key is in a shared leaf, which is added before its first item. */
static int find_shared(struct tree_writer *tw, const struct btrfs_key *key, bool *is_shared)
{
	const struct tree_writer_options *o = &tw->options;
	*is_shared = false;
	while (tw->next_shared < o->nr_shared &&
	       key_compare(&o->shared[tw->next_shared].last, key) < 0)
		tw->next_shared++;
	if (tw->next_shared == o->nr_shared)
		return 0;
	const struct shared_leaf *leaf = &o->shared[tw->next_shared];
	const int order = key_compare(&leaf->first, key);
	*is_shared = order <= 0;
	if (order)
		return 0;
	int err = has_open_leaf(tw) ? put_leaf(tw) : 0;
	struct child self = { leaf->first, leaf->logical, leaf->generation };
	if (leaf->first_block)
		self.generation = tw->options.generation;
	if (leaf->first_block && tw->options.sink)
		self.logical = block_address(tw, *leaf->first_block + leaf->index);
	add_leaf(tw, &self);
	return err;
}

int tree_writer_refer(struct tree_writer *tw, struct btrfs_key first, u64 logical, u64 generation)
{
	const struct child leaf = { first, logical, generation };
	assert(!tw->has_items || key_compare(&tw->last_key, &first) < 0);
	int err = has_open_leaf(tw) ? put_leaf(tw) : 0;
	if (err)
		return err;
	add_leaf(tw, &leaf);
	tw->last_key = first;
	tw->has_items = true;
	return 0;
}

int tree_writer_add(struct tree_writer *tw, struct btrfs_key key, u32 bytes, void **item)
{
	assert(bytes <= btrfs_max_item_size(tw->nodesize));
	assert(!tw->has_items || key_compare(&tw->last_key, &key) < 0);
	u32 need = (u32)sizeof(struct btrfs_item) + bytes;
	bool is_shared;
	int err = find_shared(tw, &key, &is_shared);
	if (!err && !is_shared && need > tw->free_bytes)
		err = put_leaf(tw);
	if (err)
		return err;
	tw->last_key = key;
	tw->has_items = true;
	if (is_shared) {
		*item = tw->scrap;
		return 0;
	}
	tw->free_bytes -= need;
	if (!tw->options.sink) {
		*item = tw->block;
		return 0;
	}
	/* Data grows down: it ends where the free room, less the new header, ended. */
	u32 headers = (tw->nritems + 1) * (u32)sizeof(struct btrfs_item);
	leaf_items(tw)[tw->nritems++] = (struct btrfs_item){
		.key = key_to_disk(key),
		.offset = to_le32(headers + tw->free_bytes),
		.size = to_le32(bytes),
	};
	*item = tw->block + sizeof(struct btrfs_header) + headers + tw->free_bytes;
	return 0;
}

int tree_writer_put_named(struct tree_writer *tw, struct btrfs_key key, const void *record,
			  u32 bytes, const void *name, u32 name_len)
{
	void *item;
	int err = tree_writer_add(tw, key, bytes + name_len, &item);
	if (!err)
		memcpy(mempcpy(item, record, bytes), name, name_len);
	return err;
}

int tree_writer_put(struct tree_writer *tw, struct btrfs_key key, const void *record, u32 bytes)
{
	return tree_writer_put_named(tw, key, record, bytes, "", 0);
}

/* Turn the children into nodes one level above; they become the children. */
static int put_level(struct tree_writer *tw, u8 level)
{
	u64 below = tw->nr_children;
	const u32 payload = btrfs_block_payload(tw->nodesize);
	const u32 fan_out = payload / (u32)sizeof(struct btrfs_key_ptr);
	size_t nr_nodes = 0;
	for (u64 at = 0; at < below;) {
		u32 nr = (u32)min_u64(fan_out, below - at);
		struct child self = { .logical = 0 };
		if (tw->options.sink) {
			struct btrfs_key_ptr *ptrs =
				(struct btrfs_key_ptr *)(tw->block + sizeof(struct btrfs_header));
			self.key = tw->children[at].key;
			for (u32 i = 0; i < nr; i++)
				ptrs[i] = (struct btrfs_key_ptr){
					.key = key_to_disk(tw->children[at + i].key),
					.blockptr = to_le64(tw->children[at + i].logical),
					.generation = to_le64(tw->children[at + i].generation),
				};
			memset(ptrs + nr, 0, payload - nr * sizeof(*ptrs));
		}
		int err = put_block(tw, level, nr, &self);
		if (err)
			return err;
		if (tw->options.sink)
			tw->children[nr_nodes] = self;
		nr_nodes++;
		at += nr;
	}
	tw->nr_children = nr_nodes;
	return 0;
}

int tree_writer_finish(struct tree_writer *tw, struct tree_shape *shape)
{
	int err = has_open_leaf(tw) || !tw->has_items ? put_leaf(tw) : 0;
	u8 level = 0;
	while (!err && tw->nr_children > 1) {
		assert(level + 1 < BTRFS_MAX_LEVEL);
		err = put_level(tw, ++level);
	}
	tw->shape.level = level;
	*shape = tw->shape;
	return err;
}

bool tree_writer_shape_equal(const struct tree_shape *a, const struct tree_shape *b)
{
	return memcmp(a->nr_blocks, b->nr_blocks, sizeof(a->nr_blocks)) == 0;
}
