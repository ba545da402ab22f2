/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each refusal of a tree block: a good block with one change, its sum made right again. */
#include "../../src/read/block_check.h"

#include "base/mem.h"
#include "disk/checksum.h"

#include "test.h"

#define NODE 4096u
#define ADDRESS (1u << 20)
#define TREE 256u
#define GENERATION 7u

static const u8 fsid[BTRFS_FSID_SIZE] = "the filesystem";
static const struct block_source source = { .csum = BTRFS_CSUM_TYPE_CRC32, .nodesize = NODE };

static struct btrfs_header *header(struct block *b)
{
	return (struct btrfs_header *)b->bytes;
}

static struct btrfs_item *items(struct block *b)
{
	return (struct btrfs_item *)(b->bytes + sizeof(struct btrfs_header));
}

static struct btrfs_key_ptr *pointers(struct block *b)
{
	return (struct btrfs_key_ptr *)(b->bytes + sizeof(struct btrfs_header));
}

static struct btrfs_disk_key key(u64 objectid)
{
	return key_to_disk((struct btrfs_key){ objectid, BTRFS_INODE_ITEM_KEY, 0 });
}

/* A leaf of three items of 100 bytes, or a node of three pointers; keys 10, 20 and 30. */
static struct block *new_block(u8 level)
{
	struct block *b = xzalloc(sizeof(*b) + NODE);
	b->bytenr = ADDRESS;
	*header(b) = (struct btrfs_header){
		.bytenr = to_le64(ADDRESS),
		.flags = to_le64(BTRFS_HEADER_FLAG_WRITTEN),
		.generation = to_le64(GENERATION),
		.owner = to_le64(TREE),
		.nritems = to_le32(3),
		.level = level,
	};
	memcpy(header(b)->fsid, fsid, sizeof(fsid));
	for (u32 i = 0; i < 3; i++) {
		if (level)
			pointers(b)[i].key = key(10 + 10 * i);
		else
			items(b)[i] = (struct btrfs_item){
				.key = key(10 + 10 * i),
				.offset = to_le32(btrfs_block_payload(NODE) - 100 * (i + 1)),
				.size = to_le32(100),
			};
	}
	return b;
}

static struct block_wanted wanted(u8 level)
{
	return (struct block_wanted){
		.tree = TREE,
		.bytenr = ADDRESS,
		.generation = GENERATION,
		.level = level,
		.has_first = true,
		.has_bound = true,
		.first = { 10, BTRFS_INODE_ITEM_KEY, 0 },
		.bound = { 31, 0, 0 },
	};
}

/* ---- in itself --------------------------------------------------------------------- */

static void bad_bytenr(struct block *b)
{
	header(b)->bytenr = to_le64(ADDRESS + NODE);
}

static void bad_fsid(struct block *b)
{
	header(b)->fsid[0]++;
}

static void bad_flags(struct block *b)
{
	header(b)->flags = to_le64(0);
}

static void bad_level(struct block *b)
{
	header(b)->level = BTRFS_MAX_LEVEL;
}

static void too_many(struct block *b)
{
	header(b)->nritems = to_le32(1000);
}

static void no_pointers(struct block *b)
{
	header(b)->nritems = to_le32(0);
}

static void equal_items(struct block *b)
{
	items(b)[2].key = items(b)[1].key;
}

static void descending_pointers(struct block *b)
{
	pointers(b)[1].key = key(31);
}

static void overlapping(struct block *b)
{
	items(b)[1].size = to_le32(101);
}

static void gap(struct block *b)
{
	items(b)[2].size = to_le32(99);
}

static void into_headers(struct block *b)
{
	const u32 below = 3 * sizeof(struct btrfs_item) - 1;
	items(b)[2].size = to_le32(btrfs_block_payload(NODE) - 200 - below);
	items(b)[2].offset = to_le32(below);
}

static void around_4_gib(struct block *b)
{
	items(b)[0].offset = to_le32(0xfffff000);
	items(b)[0].size = to_le32(0x1000 + btrfs_block_payload(NODE));
}

static const struct {
	const char *reason;
	u8 level;
	void (*change)(struct block *b);
} inside_cases[] = {
	{ "it says that it is at 1052672", 0, bad_bytenr },
	{ "it has the id of another filesystem", 0, bad_fsid },
	{ "it is not marked as written", 0, bad_flags },
	{ "its level is 8, allowed is 7", 0, bad_level },
	{ "it cannot have 1000 items", 0, too_many },
	{ "it cannot have 1000 items", 1, too_many },
	{ "it cannot have 0 items", 1, no_pointers },
	{ "the keys of items 1 and 2 are out of order", 0, equal_items },
	{ "the keys of items 1 and 2 are out of order", 1, descending_pointers },
	{ "item 1 has its data at 3795 to 3896", 0, overlapping },
	{ "item 2 has its data at 3695 to 3794", 0, gap },
	{ "item 2 has its data at 74 to 3795", 0, into_headers },
	{ "item 0 has its data at 4294963200 to 4294971291", 0, around_4_gib },
};

static void test_inside(void)
{
	char reason[BLOCK_REASON_BYTES];
	for (u8 level = 0; level < 2; level++) {
		struct block *b = new_block(level);
		seal_block(source.csum, b->bytes, NODE);
		ok(block_check_inside(&source, b, fsid, reason), "a good block of level %u", level);
		b->bytes[NODE - 1] ^= 1;
		ok(!block_check_inside(&source, b, fsid, reason) &&
			   !strcmp(reason, "its checksum is wrong"),
		   "a wrong sum: %s", reason);
		xfree(b);
	}
	for (size_t i = 0; i < sizeof(inside_cases) / sizeof(inside_cases[0]); i++) {
		struct block *b = new_block(inside_cases[i].level);
		inside_cases[i].change(b);
		seal_block(source.csum, b->bytes, NODE);
		*reason = '\0';
		const bool is_good = block_check_inside(&source, b, fsid, reason);
		ok(!is_good && !strcmp(reason, inside_cases[i].reason), "%s: found '%s'",
		   inside_cases[i].reason, reason);
		xfree(b);
	}
}

/* ---- in its place ------------------------------------------------------------------ */

static void place_level(struct block_wanted *w)
{
	w->level++;
}

static void place_generation(struct block_wanted *w)
{
	w->generation++;
}

static void place_tree(struct block_wanted *w)
{
	w->tree = BTRFS_CSUM_TREE_OBJECTID;
}

static void place_first(struct block_wanted *w)
{
	w->first.objectid--;
}

static void place_bound(struct block_wanted *w)
{
	w->bound = (struct btrfs_key){ 30, BTRFS_INODE_ITEM_KEY, 0 };
}

static const struct {
	const char *reason;
	void (*change)(struct block_wanted *w);
} place_cases[] = {
	{ "its level is 0, expected is 1", place_level },
	{ "its generation is 7, expected is 8", place_generation },
	{ "it belongs to tree 256", place_tree },
	{ "its first key is not the one that its parent has", place_first },
	{ "its last key is behind the next one of its parent", place_bound },
};

static void test_place(void)
{
	char reason[BLOCK_REASON_BYTES];
	struct block *b = new_block(0);
	seal_block(source.csum, b->bytes, NODE);
	ok(block_check_inside(&source, b, fsid, reason), "a good block");
	struct block_wanted w = wanted(0);
	ok(block_check_place(b, &w, reason), "in its place");
	w.tree = 300; /* a snapshot of it */
	ok(block_check_place(b, &w, reason), "shared by a snapshot");
	for (size_t i = 0; i < sizeof(place_cases) / sizeof(place_cases[0]); i++) {
		w = wanted(0);
		place_cases[i].change(&w);
		*reason = '\0';
		const bool is_good = block_check_place(b, &w, reason);
		ok(!is_good && !strcmp(reason, place_cases[i].reason), "%s: found '%s'",
		   place_cases[i].reason, reason);
	}
	b->nritems = 0;
	w = wanted(0);
	ok(!block_check_place(b, &w, reason) && !strcmp(reason, "it is empty"), "empty: %s",
	   reason);
	w.has_first = false;
	ok(block_check_place(b, &w, reason), "a root may be empty");
	xfree(b);
}

int main(void)
{
	if (checksum_init())
		return 1;
	test_inside();
	test_place();
	return done();
}
