/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "onto/stack.h"
#include "stack_private.h"

#include "base/diag.h"
#include "base/mem.h"

/* ---- struct image_seed ------------------------------------------------------------- */

static int count_leaves(void *context, u64 id, size_t *nr)
{
	struct stack_tree *tree;
	int err = stack_trees_find(context, id, &tree);
	if (!err)
		*nr = tree->exists && tree->raw.tree.level ? tree->raw.nr_leaves : 0;
	return err;
}

/* A leaf that a snapshot has from another tree has that tree in its header, or its own references. */
static bool is_of_tree(const u8 *block, u64 id)
{
	const struct btrfs_header *h = (const void *)block;
	return from_le64(h->owner) == id &&
	       from_le64(h->flags) == (BTRFS_HEADER_FLAG_WRITTEN | BTRFS_MIXED_BACKREF_REV);
}

static int read_leaf(void *context, u64 id, size_t nr, struct image_seed_leaf *leaf)
{
	struct stack *s = context;
	struct stack_tree *tree;
	int err = stack_trees_find(s, id, &tree);
	if (!err)
		err = raw_tree_copy(&tree->raw, nr, s->leaf);
	if (err)
		return err;
	*leaf = (struct image_seed_leaf){
		.logical = tree->raw.leaves[nr].bytenr,
		.generation = tree->raw.leaves[nr].generation,
		.block = is_of_tree(s->leaf, id) ? s->leaf : NULL,
	};
	return 0;
}

static void keep_leaf(void *context, u64 id, size_t nr, bool is_kept)
{
	struct stack *s = context;
	struct stack_tree *tree;
	int err = stack_trees_find(s, id, &tree);
	assert(!err); /* it was opened to count its leaves */
	s->is_stale |= tree->is_kept[nr] != is_kept;
	tree->is_kept[nr] = is_kept;
}

static u64 bytes_used(void *context)
{
	const struct stack *s = context;
	u64 bytes = 0;
	assert(!s->is_stale);
	for (size_t i = 0; i < s->used.nr; i++)
		bytes += s->used.list[i].bytes;
	return bytes;
}

static int check_ids(void *context, const u8 *fsid, const u8 *device_uuid)
{
	const struct stack *s = context;
	return seed_check_ids(&s->seed, fsid, device_uuid);
}

int stack_image(struct stack *s, const struct tree *tree, const struct content *content,
		const struct image_seed **seed)
{
	s->image = (struct image_seed){
		.context = s,
		.generation = from_le64(s->seed.super.generation) + 1,
		.end = s->seed.end,
		.devid = seed_last_devid(&s->seed) + 1,
		.total_bytes = from_le64(s->seed.super.total_bytes),
		.nr_devices = s->seed.nr_devices,
		.incompat_flags = from_le64(s->seed.super.incompat_flags),
		.count_leaves = count_leaves,
		.read_leaf = read_leaf,
		.keep_leaf = keep_leaf,
		.produce = stack_produce,
		.bytes_used = bytes_used,
		.check_ids = check_ids,
	};
	memcpy(s->image.chunk_tree_uuid, s->seed.chunk_tree_uuid, BTRFS_UUID_SIZE);
	*seed = &s->image;
	s->is_stale = true;
	s->leaf = xmalloc(s->seed.nodesize);
	return in_use_gather(s, tree, content);
}

/* ---- the interface ----------------------------------------------------------------- */

int stack_open(const struct filesystem_device *devices, u32 nr, struct stack **stack)
{
	struct stack *s = xzalloc(sizeof(*s));
	int err = seed_open(devices, nr, &s->seed);
	if (!err && from_le64(s->seed.super.total_bytes) > 1ull << 62)
		err = fail(-EFBIG, "%s says that it has %llu bytes, allowed are 2^62", s->seed.name,
			   (unsigned long long)from_le64(s->seed.super.total_bytes));
	if (err) {
		stack_close(s);
		return err;
	}
	*stack = s;
	return 0;
}

void stack_close(struct stack *s)
{
	if (!s)
		return;
	stack_trees_release(s);
	seed_names_free(s->names);
	xfree(s->data.list);
	xfree(s->used.list);
	xfree(s->refs.list);
	xfree(s->leaf);
	seed_close(&s->seed);
	xfree(s);
}

const struct btrfs_super_block *stack_super(const struct stack *s)
{
	return &s->seed.super;
}

void stack_set_options(const struct stack *s, struct image_options *options)
{
	options->dup = s->seed.dup;
	options->free_space_tree = s->seed.has_free_space_tree;
	options->block_group_tree = s->seed.has_block_group_tree;
	if (!options->label[0])
		memcpy(options->label, s->seed.super.label, sizeof(options->label));
}

const struct known_names *stack_names(struct stack *s)
{
	if (!s->names)
		s->names = seed_names_new(s);
	return seed_names_known(s->names);
}

u64 stack_shared_bytes(const struct stack *s)
{
	u64 bytes = 0;
	for (size_t i = 0; i < s->data.nr; i++)
		bytes += s->data.list[i].bytes;
	return bytes;
}

int stack_check_unchanged(const struct stack *s)
{
	return seed_check_unchanged(&s->seed);
}
