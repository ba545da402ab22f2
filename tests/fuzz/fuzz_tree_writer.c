/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorted items of any sizes into a tree of small nodes: read back, all are there, in order. */
#include "fuzz.h"

#include "image/tree_writer.h"

#include "base/mem.h"

#define NODESIZE 4096u
#define MAX_ITEMS 4000u
#define HEADER ((u32)sizeof(struct btrfs_header))

struct item {
	struct btrfs_key key;
	u32 bytes;
};

struct store {
	u64 base;
	u8 *blocks;
	size_t nr, capacity;
};

static int put(void *context, u64 logical, u8 *block)
{
	struct store *s = context;
	must(logical == s->base + s->nr * NODESIZE);
	s->blocks = mem_grow(s->blocks, &s->capacity, s->nr + 1, NODESIZE);
	memcpy(s->blocks + s->nr++ * NODESIZE, block, NODESIZE);
	return 0;
}

/* Keys ascend by any steps; runs of items of one size make many of few decisions. */
static u32 decide_items(struct decisions *d, struct item *items)
{
	struct btrfs_key key = { 0 };
	u32 nr = 0;
	while (d->left && nr < MAX_ITEMS) {
		u32 step = decide(d, 8), repeat = 1;
		u32 bytes = decide_byte(d);
		if (step & 1)
			bytes = bytes << 4 | decide(d, 16);
		if (step & 2)
			repeat = 1 + 4u * decide_byte(d);
		if (bytes > btrfs_max_item_size(NODESIZE))
			bytes = btrfs_max_item_size(NODESIZE);
		for (; repeat && nr < MAX_ITEMS; repeat--) {
			if (step & 4 && key.type < 255)
				key.type++;
			else if (step == 3)
				key.objectid += UINT64_C(1) << decide(d, 48);
			else
				key.offset++;
			items[nr++] = (struct item){ key, bytes };
		}
	}
	return nr;
}

static void produce(struct tree_writer *tw, const struct item *items, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		void *room;
		must(!tree_writer_add(tw, items[i].key, items[i].bytes, &room));
		memset(room, (int)(i & 0xff), items[i].bytes);
	}
}

static bool key_is(const struct btrfs_disk_key *disk, struct btrfs_key key)
{
	return from_le64(disk->objectid) == key.objectid && disk->type == key.type &&
	       from_le64(disk->offset) == key.offset;
}

static void check_leaf(const u8 *block, const struct item *items, u32 nr, u32 *next)
{
	const struct btrfs_header *h = (const struct btrfs_header *)block;
	const struct btrfs_item *on_disk = (const struct btrfs_item *)(h + 1);
	u32 end = NODESIZE - HEADER, count = from_le32(h->nritems);
	must(count * sizeof(*on_disk) <= end);
	for (u32 i = 0; i < count; i++, (*next)++) {
		must(*next < nr && key_is(&on_disk[i].key, items[*next].key));
		end -= items[*next].bytes;
		must(from_le32(on_disk[i].size) == items[*next].bytes);
		must(from_le32(on_disk[i].offset) == end && end >= count * sizeof(*on_disk));
		for (u32 j = 0; j < items[*next].bytes; j++)
			must(block[HEADER + end + j] == (u8)*next);
	}
}

static void check(const struct store *s, u64 logical, int level, const struct item *items, u32 nr,
		  u32 *next)
{
	must(logical >= s->base && (logical - s->base) / NODESIZE < s->nr);
	const u8 *block = s->blocks + (logical - s->base);
	const struct btrfs_header *h = (const struct btrfs_header *)block;
	must(from_le64(h->bytenr) == logical && h->level == level && from_le64(h->owner) == 5);
	if (level == 0) {
		check_leaf(block, items, nr, next);
		return;
	}
	const struct btrfs_key_ptr *ptr = (const struct btrfs_key_ptr *)(h + 1);
	must(from_le32(h->nritems) > 0);
	for (u32 i = 0; i < from_le32(h->nritems); i++) {
		must(*next < nr && key_is(&ptr[i].key, items[*next].key));
		check(s, from_le64(ptr[i].blockptr), level - 1, items, nr, next);
	}
}

static struct tree_shape write_tree(struct tree_writer_options *options, const struct item *items,
				    u32 nr)
{
	struct tree_shape shape;
	struct tree_writer *tw = tree_writer_new(options, NODESIZE);
	produce(tw, items, nr);
	must(!tree_writer_finish(tw, &shape));
	tree_writer_free(tw);
	return shape;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct item items[MAX_ITEMS];
	struct decisions d = { .bytes = data, .left = size };
	struct chunk chunks[2] = { { .logical = 1 << 20, .length = 1 << 30 },
				   { .logical = 4 << 20, .length = 1 << 30 } };
	struct layout layout = {
		.nodesize = NODESIZE, .chunks = chunks, .nr_chunks = 2, .nr_metadata = 1
	};
	struct block_ids ids = { .fsid = { 1 } };
	struct store s = { .base = 4 << 20 };
	struct block_sink sink = { .put = put, .context = &s };
	struct tree_writer_options options = { .layout = &layout, .owner = 5, .ids = &ids };

	u32 nr = decide_items(&d, items), next = 0;
	struct tree_shape counted = write_tree(&options, items, nr);
	options.sink = &sink;
	struct tree_shape written = write_tree(&options, items, nr);
	must(tree_writer_shape_equal(&counted, &written) && s.nr == written.total);
	check(&s, s.base + (written.total - 1) * NODESIZE, written.level, items, nr, &next);
	must(next == nr);
	xfree(s.blocks);
	return 0;
}
