/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cursor in a tree of three levels, made by hand: each place, the ends, a child that is not the one. */
#include "../../src/read/cursor.h"
#include "../../src/read/filesystem_private.h"

#include "base/mem.h"
#include "disk/checksum.h"

#include "messages.h"
#include "test.h"

#define NODE 4096u
#define ADDRESS (1ull << 20) /* of the first block; its place on the device, too */
#define FANOUT 3u
#define NR_LEAVES (FANOUT * FANOUT)
#define NR_ITEMS (FANOUT * NR_LEAVES)
#define NR_BLOCKS (NR_LEAVES + FANOUT + 1)
#define TREE 256u

/* Leaves first, then the nodes above them, then the root. Item i has the object id 10 * (i + 1). */
static u8 blocks[NR_BLOCKS][NODE];
static struct filesystem_device file = { .name = "tree" };
static struct chunk_device device = { .file = &file };
static struct filesystem fs;

static const struct filesystem_tree tree = {
	.id = TREE,
	.bytenr = ADDRESS + (u64)NODE * (NR_BLOCKS - 1),
	.generation = 1,
	.level = 2,
};

static struct btrfs_key item_key(u64 objectid)
{
	return (struct btrfs_key){ objectid, BTRFS_INODE_ITEM_KEY, 5 };
}

static u8 *begin_block(u32 nr, u8 level)
{
	struct btrfs_header *h = (void *)blocks[nr];
	*h = (struct btrfs_header){
		.bytenr = to_le64(ADDRESS + (u64)NODE * nr),
		.flags = to_le64(BTRFS_HEADER_FLAG_WRITTEN),
		.generation = to_le64(1),
		.owner = to_le64(TREE),
		.nritems = to_le32(FANOUT),
		.level = level,
	};
	return (u8 *)(h + 1);
}

/* A node whose children follow each other; the first key of the first one is @objectid. */
static void make_node(u32 nr, u8 level, u32 first_child, u64 objectid, u64 step)
{
	struct btrfs_key_ptr *p = (void *)begin_block(nr, level);
	for (u32 i = 0; i < FANOUT; i++)
		p[i] = (struct btrfs_key_ptr){
			.key = key_to_disk(item_key(objectid + i * step)),
			.blockptr = to_le64(ADDRESS + (u64)NODE * (first_child + i)),
			.generation = to_le64(1),
		};
	seal_block(BTRFS_CSUM_TYPE_CRC32, blocks[nr], NODE);
}

static void make_tree(void)
{
	for (u32 leaf = 0; leaf < NR_LEAVES; leaf++) {
		struct btrfs_item *items = (void *)begin_block(leaf, 0);
		for (u32 i = 0; i < FANOUT; i++)
			items[i] = (struct btrfs_item){
				.key = key_to_disk(item_key(10 * (leaf * FANOUT + i + 1))),
				.offset = to_le32(btrfs_block_payload(NODE)),
			};
		seal_block(BTRFS_CSUM_TYPE_CRC32, blocks[leaf], NODE);
	}
	for (u32 i = 0; i < FANOUT; i++)
		make_node(NR_LEAVES + i, 1, i * FANOUT, 10 * (i * FANOUT * FANOUT + 1),
			  10 * FANOUT);
	make_node(NR_BLOCKS - 1, 2, NR_LEAVES, 10, 10 * FANOUT * FANOUT);
}

/* Put the blocks on the device; what was read before is forgotten. */
static void publish(void)
{
	block_source_release(&fs.blocks);
	fs = (struct filesystem){ .devices = &device, .nr_devices = 1, .newest = &device };
	static struct mapped_chunk chunk;
	chunk = (struct mapped_chunk){ .logical = ADDRESS,
				       .bytes = sizeof(blocks),
				       .nr_copies = 1 };
	chunk.copies[0].device = &device;
	chunk.copies[0].physical = 0;
	fs.map = (struct chunk_map){
		.devices = &device, .nr_devices = 1, .chunks = &chunk, .nr = 1
	};
	fs.blocks.map = &fs.map;
	fs.blocks.nodesize = NODE;
	if (file.fd > 0)
		close(file.fd);
	file.fd = test_file(blocks, sizeof(blocks));
}

/* The object id of the item where the cursor is, 0 at the end. */
static u64 place(const struct cursor *c)
{
	return c->is_at_end ? 0 : cursor_key(c).objectid;
}

static void test_seek(void)
{
	struct cursor c;
	u32 nr_forward = 0, nr_back = 0;
	cursor_init(&c, &fs, &tree);
	for (u64 id = 0; id <= 10 * (NR_ITEMS + 1); id++) {
		const struct btrfs_key key = item_key(id);
		const u64 next = id > 10 * NR_ITEMS ? 0 : id ? (id + 9) / 10 * 10 : 10;
		nr_forward += !cursor_seek(&c, &key) && place(&c) == next;
		const int r = cursor_seek_back(&c, &key);
		nr_back +=
			id < 10 ? r == 1 : !r && place(&c) == min_u64(id / 10 * 10, 10 * NR_ITEMS);
	}
	ok(nr_forward == 10 * (NR_ITEMS + 1) + 1, "seek to each key and between: %u", nr_forward);
	ok(nr_back == 10 * (NR_ITEMS + 1) + 1, "seek back from each key and between: %u", nr_back);
	cursor_release(&c);
}

static void test_next(void)
{
	const struct btrfs_key first = { 0 };
	struct cursor c;
	u32 nr = 0, bytes = 1;
	cursor_init(&c, &fs, &tree);
	int err = cursor_seek(&c, &first);
	while (!err && !c.is_at_end && place(&c) == 10 * (nr + 1) &&
	       cursor_is_in(&c, 10 * (nr + 1), BTRFS_INODE_ITEM_KEY)) {
		nr++;
		cursor_item(&c, &bytes);
		err = bytes ? -1 : cursor_next(&c);
	}
	ok(!err && nr == NR_ITEMS && c.is_at_end, "%u items in their order", nr);
	ok(!cursor_is_in(&c, 10 * NR_ITEMS, BTRFS_INODE_ITEM_KEY), "none at the end");
	cursor_release(&c);
}

/* Two children of the root are one: the second cannot have the keys of the first. */
static void test_shared_child(void)
{
	const struct btrfs_key first = { 0 };
	struct cursor c;
	struct btrfs_key_ptr *p = (void *)(blocks[NR_BLOCKS - 1] + sizeof(struct btrfs_header));
	p[1].blockptr = p[0].blockptr;
	seal_block(BTRFS_CSUM_TYPE_CRC32, blocks[NR_BLOCKS - 1], NODE);
	publish();
	cursor_init(&c, &fs, &tree);
	int err = cursor_seek(&c, &first);
	u32 nr = 0;
	while (!err && !c.is_at_end) {
		nr++;
		err = cursor_next(&c);
	}
	ok(err < 0 && nr == NR_ITEMS / FANOUT && strstr(line, "its first key is not the one"),
	   "after %u items: %s", nr, line);
	cursor_release(&c);
}

int main(void)
{
	if (checksum_init())
		return 1;
	diag_set_sink(gather);
	make_tree();
	publish();
	test_seek();
	test_next();
	test_shared_child();
	ok(lines == 1, "one message");
	block_source_release(&fs.blocks);
	close(file.fd);
	return done();
}
