/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Items in, blocks out: everything is there again, in order, and no leaf wastes room. */
#include "image/tree_writer.h"

#include "base/mem.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>

#define NODESIZE 4096u

struct store {
	u64 base;
	u8 *blocks;
	size_t nr, capacity;
};

static int put(void *context, u64 logical, u8 *block)
{
	struct store *s = context;
	if (logical != s->base + s->nr * NODESIZE)
		return -EINVAL;
	s->blocks = mem_grow(s->blocks, &s->capacity, s->nr + 1, NODESIZE);
	memcpy(s->blocks + s->nr++ * NODESIZE, block, NODESIZE);
	return 0;
}

static u32 item_bytes(u64 i, u32 seed)
{
	return (u32)((i * 2654435761u + seed * 977u) >> 7) % (seed ? seed : 1);
}

static int produce(struct tree_writer *tw, u64 nr, u32 seed)
{
	for (u64 i = 0; i < nr; i++) {
		void *item;
		u32 bytes = item_bytes(i, seed);
		int err = tree_writer_add(tw, (struct btrfs_key){ i / 7, (u8)(i % 7), i }, bytes,
					  &item);
		if (err)
			return err;
		memset(item, (int)(i & 0xff), bytes);
	}
	return 0;
}

/* Blocks hold nothing of the blocks before them. */
static bool is_zero(const u8 *begin, const u8 *end)
{
	while (begin < end && !*begin)
		begin++;
	return begin == end;
}

/* Walk down from @logical; returns false on the first thing that is wrong. @spare: NULL if leaves
 * are shared, and need not be full. */
static bool walk(const struct store *s, u64 logical, int level, u64 *next, u32 seed, u32 *spare)
{
	const u8 *block = s->blocks + (logical - s->base);
	const struct btrfs_header *h = (const struct btrfs_header *)block;
	u32 nr = from_le32(h->nritems);
	if (from_le64(h->bytenr) != logical || h->level != level || from_le64(h->owner) != 5)
		return false;
	if (level > 0) {
		const struct btrfs_key_ptr *ptr = (const struct btrfs_key_ptr *)(h + 1);
		for (u32 i = 0; i < nr; i++)
			if (!walk(s, from_le64(ptr[i].blockptr), level - 1, next, seed, spare))
				return false;
		return nr > 0 && is_zero((const u8 *)(ptr + nr), block + NODESIZE);
	}
	const struct btrfs_item *item = (const struct btrfs_item *)(h + 1);
	u32 end = NODESIZE - (u32)sizeof(*h), used = 0;
	if (nr && *next && spare) /* the first item did not fit into the leaf before */
		if (from_le32(item[0].size) + sizeof(*item) <= *spare)
			return false;
	for (u32 i = 0; i < nr; i++, (*next)++) {
		u32 bytes = item_bytes(*next, seed);
		end -= bytes;
		used += bytes + (u32)sizeof(*item);
		if (from_le64(item[i].key.objectid) != *next / 7 || item[i].key.type != *next % 7 ||
		    from_le64(item[i].key.offset) != *next || from_le32(item[i].size) != bytes ||
		    from_le32(item[i].offset) != end)
			return false;
		for (u32 j = 0; j < bytes; j++)
			if (block[sizeof(*h) + end + j] != (u8)*next)
				return false;
	}
	if (spare)
		*spare = NODESIZE - (u32)sizeof(*h) - used;
	return is_zero((const u8 *)(item + nr), block + sizeof(*h) + end);
}

static struct btrfs_key leaf_key(const struct store *s, u64 leaf, bool last)
{
	const struct btrfs_header *h = (const struct btrfs_header *)(s->blocks + leaf * NODESIZE);
	const struct btrfs_item *items = (const struct btrfs_item *)(h + 1);
	const struct btrfs_disk_key *k = &items[last ? from_le32(h->nritems) - 1 : 0].key;
	return (struct btrfs_key){ from_le64(k->objectid), k->type, from_le64(k->offset) };
}

/* The same items again, in a tree behind the first one that has two in three of its leaves. */
static void run_sharing(const struct tree_writer_options *first, struct store *s,
			const struct tree_shape *shape, u64 nr, u32 seed)
{
	struct tree_writer_options options = *first;
	struct shared_leaf *shared = xmalloc(shape->nr_blocks[0] * sizeof(*shared));
	struct tree_shape counted, written;
	for (u64 i = 0; i < shape->nr_blocks[0]; i++)
		if (i % 3)
			shared[options.nr_shared++] = (struct shared_leaf){ leaf_key(s, i, false),
									    leaf_key(s, i, true),
									    &first->first_block,
									    i,
									    0,
									    0 };
	options.shared = shared;
	options.first_block += shape->total;
	options.sink = NULL;
	struct tree_writer *tw = tree_writer_new(&options, NODESIZE);
	int err = produce(tw, nr, seed);
	err = err ? err : tree_writer_finish(tw, &counted);
	tree_writer_free(tw);
	options.sink = first->sink;
	tw = tree_writer_new(&options, NODESIZE);
	err = err ? err : produce(tw, nr, seed);
	err = err ? err : tree_writer_finish(tw, &written);
	tree_writer_free(tw);
	u64 found = 0;
	ok(!err && tree_writer_shape_equal(&counted, &written) &&
		   written.nr_blocks[0] == shape->nr_blocks[0] - options.nr_shared &&
		   s->nr == shape->total + written.total &&
		   walk(s, s->base + (s->nr - 1) * NODESIZE, written.level, &found, seed, NULL) &&
		   found == nr,
	   "the same with %zu shared leaves", options.nr_shared);
	xfree(shared);
}

static void run(u64 nr, u32 seed)
{
	struct chunk chunks[2] = { { .logical = 1 << 20, .length = 1 << 30 },
				   { .logical = 4 << 20, .length = 1 << 30 } };
	struct layout layout = {
		.nodesize = NODESIZE, .chunks = chunks, .nr_chunks = 2, .nr_metadata = 1
	};
	struct block_ids ids = { .fsid = { 1 } };
	struct store s = { .base = (4 << 20) + 3 * NODESIZE };
	struct block_sink sink = { .put = put, .context = &s };
	struct tree_writer_options options = {
		.layout = &layout, .owner = 5, .first_block = 3, .ids = &ids
	};
	struct tree_shape counted, written;

	struct tree_writer *tw = tree_writer_new(&options, NODESIZE);
	int err = produce(tw, nr, seed);
	err = err ? err : tree_writer_finish(tw, &counted);
	tree_writer_free(tw);
	options.sink = &sink;
	tw = tree_writer_new(&options, NODESIZE);
	err = err ? err : produce(tw, nr, seed);
	err = err ? err : tree_writer_finish(tw, &written);
	tree_writer_free(tw);

	u64 found = 0;
	u32 spare = 0;
	bool right = !err && tree_writer_shape_equal(&counted, &written) && s.nr == written.total &&
		     walk(&s, s.base + (written.total - 1) * NODESIZE, written.level, &found, seed,
			  &spare);
	ok(right && found == nr, "%llu items up to %u bytes: %llu blocks, root level %u",
	   (unsigned long long)nr, seed, (unsigned long long)written.total, written.level);
	if (written.level)
		run_sharing(&options, &s, &written, nr, seed);
	xfree(s.blocks);
}

int main(void)
{
	static const u64 counts[] = {
		0, 1, 2, 113, 159, 160, 161, 1000, 19239, 19240, 19241, 60000
	};
	static const u32 seeds[] = { 0, 1, 20, 100, 1000, 3971 };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (size_t j = 0; j < sizeof(seeds) / sizeof(seeds[0]); j++)
			run(counts[i], seeds[j]);
	return done();
}
