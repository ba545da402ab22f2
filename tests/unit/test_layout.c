/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses: what the kernel and btrfs check demand of chunks and extents, for images that end
 * before, at and behind each superblock mirror.
 */
#include "image/layout.h"

#include "test.h"

#include <stdlib.h>

#define KIB 1024ull
#define MIB (KIB << 10)
#define GIB (MIB << 10)
#define SYSTEM BTRFS_BLOCK_GROUP_SYSTEM
#define METADATA BTRFS_BLOCK_GROUP_METADATA
#define DATA BTRFS_BLOCK_GROUP_DATA

/* Of the format, not of layout.h: the second and third superblock take 64 KiB each for themselves. */
static const u64 mirrors[] = { 64 * MIB, 256 * GIB };

struct expected {
	u64 type, logical, length, used; /* of blocks: before layout_set_used() there is no used */
};

struct test_case {
	const char *name;
	u32 nodesize;
	bool dup;
	u64 system, metadata;     /* blocks */
	u64 extents;              /* of data */
	u32 extent_blobs;         /* so many blobs each */
	u32 blob_bytes;           /* so large */
	struct expected first[4]; /* chunks; length 0: all that are checked by number */
	u64 end;                  /* of the layout, or 0 */
};

#define BEGIN (1 * MIB) /* the first MiB is the boot loader's */
#define METADATA_AT (BEGIN + 64 * KIB)
#define AFTER_MIRROR (64 * MIB + 64 * KIB)

static const struct test_case cases[] = {
	{ "no data",
	  16384,
	  false,
	  1,
	  4,
	  0,
	  0,
	  0,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 }, { METADATA, METADATA_AT, 64 * KIB, 0 } },
	  METADATA_AT + 64 * KIB },
	{ "nodes of 64 KiB",
	  65536,
	  false,
	  1,
	  5,
	  0,
	  0,
	  0,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 }, { METADATA, METADATA_AT, 320 * KIB, 0 } },
	  METADATA_AT + 320 * KIB },
	{ "one sector of data",
	  16384,
	  false,
	  1,
	  5,
	  1,
	  1,
	  4096,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, METADATA_AT, 128 * KIB, 0 },
	    { DATA, METADATA_AT + 128 * KIB, 64 * KIB, 4096 } },
	  METADATA_AT + 192 * KIB },
	{ "two copies",
	  16384,
	  true,
	  1,
	  5,
	  1,
	  1,
	  4096,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, BEGIN + 128 * KIB, 128 * KIB, 0 },
	    { DATA, BEGIN + 384 * KIB, 64 * KIB, 4096 } },
	  BEGIN + 448 * KIB },
	{ "blocks up to the first mirror",
	  16384,
	  false,
	  1,
	  4028,
	  1,
	  1,
	  4096,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, METADATA_AT, 64 * MIB - METADATA_AT, 0 },
	    { DATA, AFTER_MIRROR, 64 * KIB, 4096 } },
	  AFTER_MIRROR + 64 * KIB },
	{ "one block more",
	  16384,
	  false,
	  1,
	  4029,
	  1,
	  1,
	  4096,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, METADATA_AT, 64 * MIB - METADATA_AT, 0 },
	    { METADATA, AFTER_MIRROR, 64 * KIB, 0 },
	    { DATA, AFTER_MIRROR + 64 * KIB, 64 * KIB, 4096 } },
	  AFTER_MIRROR + 128 * KIB },
	{ "two copies of blocks up to the first mirror",
	  16384,
	  true,
	  1,
	  2012,
	  0,
	  0,
	  0,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, BEGIN + 128 * KIB, (63 * MIB - 128 * KIB) / 2, 0 } },
	  64 * MIB },
	{ "and one block more",
	  16384,
	  true,
	  1,
	  2013,
	  0,
	  0,
	  0,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, BEGIN + 128 * KIB, (63 * MIB - 128 * KIB) / 2, 0 },
	    { METADATA, AFTER_MIRROR, 64 * KIB, 0 } },
	  AFTER_MIRROR + 128 * KIB },
	{ "sectors up to the first mirror",
	  4096,
	  false,
	  1,
	  16,
	  (64 * MIB - METADATA_AT) / 4096 - 16,
	  1,
	  4096,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, METADATA_AT, 64 * KIB, 0 },
	    { DATA, METADATA_AT + 64 * KIB, 64 * MIB - METADATA_AT - 64 * KIB,
	      64 * MIB - METADATA_AT - 64 * KIB } },
	  64 * MIB },
	{ "one sector more",
	  4096,
	  false,
	  1,
	  16,
	  (64 * MIB - METADATA_AT) / 4096 - 15,
	  1,
	  4096,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, METADATA_AT, 64 * KIB, 0 },
	    { DATA, METADATA_AT + 64 * KIB, 64 * MIB - METADATA_AT - 64 * KIB,
	      64 * MIB - METADATA_AT - 64 * KIB },
	    { DATA, AFTER_MIRROR, 64 * KIB, 4096 } },
	  AFTER_MIRROR + 64 * KIB },
	{ "large extents leave a rest before the mirror",
	  4096,
	  false,
	  1,
	  16,
	  63,
	  8,
	  128 << 10,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, METADATA_AT, 64 * KIB, 0 },
	    { DATA, METADATA_AT + 64 * KIB, 62 * MIB, 62 * MIB },
	    { DATA, AFTER_MIRROR, 1 * MIB, 1 * MIB } },
	  AFTER_MIRROR + 1 * MIB },
	{ "the first extent does not fit before the mirror",
	  16384,
	  false,
	  1,
	  4000,
	  1,
	  8,
	  128 << 10,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, METADATA_AT, 4000 * 16 * KIB, 0 },
	    { DATA, AFTER_MIRROR, 1 * MIB, 1 * MIB } },
	  AFTER_MIRROR + 1 * MIB },
	{ "a chunk of 1 GiB, and one sector more",
	  4096,
	  false,
	  1,
	  16,
	  (GIB + 62 * MIB) / MIB + 1,
	  1,
	  1 << 20,
	  { { SYSTEM, BEGIN, 64 * KIB, 0 },
	    { METADATA, METADATA_AT, 64 * KIB, 0 },
	    { DATA, METADATA_AT + 64 * KIB, 62 * MIB, 62 * MIB },
	    { DATA, AFTER_MIRROR, 1 * GIB, 1 * GIB } },
	  AFTER_MIRROR + GIB + MIB },
	{ "extents that do not fill 1 GiB",
	  4096,
	  false,
	  1,
	  16,
	  2500,
	  1,
	  1044480,
	  { { 0, 0, 0, 0 } },
	  0 },
	{ "data over the second mirror",
	  4096,
	  false,
	  1,
	  16,
	  256 * 1024 + 100,
	  1,
	  1 << 20,
	  { { 0, 0, 0, 0 } },
	  0 },
	{ "extents of 1020 KiB over the second mirror",
	  4096,
	  true,
	  3,
	  50,
	  258 * 1024,
	  1,
	  1044480,
	  { { 0, 0, 0, 0 } },
	  0 },
	{ "blocks over the second mirror",
	  16384,
	  false,
	  1,
	  256 * GIB / 16384 + 77,
	  3,
	  8,
	  128 << 10,
	  { { 0, 0, 0, 0 } },
	  0 },
	/* behind the first mirror two copies have an odd number of 64 KiB up to the second one */
	{ "two copies of blocks over the second mirror",
	  16384,
	  true,
	  1,
	  128 * GIB / 16384 + 77,
	  3,
	  8,
	  128 << 10,
	  { { 0, 0, 0, 0 } },
	  0 },
	{ "two copies, blocks of 64 KiB over the second mirror",
	  65536,
	  true,
	  9,
	  129 * GIB / 65536,
	  3,
	  2,
	  4096,
	  { { 0, 0, 0, 0 } },
	  0 },
};

static struct content make_content(const struct test_case *c)
{
	struct content content = { .nr_blobs = c->extents * c->extent_blobs };
	const u32 sectors = c->blob_bytes / 4096;
	content.blobs = calloc(content.nr_blobs + 1, sizeof(*content.blobs));
	for (size_t i = 0; i < content.nr_blobs; i++)
		content.blobs[i] = (struct blob){
			.place = BLOB_EXTENT,
			.stored_bytes = c->blob_bytes,
			.extent_offset_sectors = (u8)(i % c->extent_blobs * sectors),
			.extent_sectors = (u16)(c->extent_blobs * sectors),
		};
	return content;
}

static bool touches_mirror(u64 start, u64 end)
{
	bool touches = start < BEGIN;
	for (int i = 0; i < 2; i++)
		touches |= start < mirrors[i] + 64 * KIB && end > mirrors[i];
	return touches;
}

/* Whether what lies between two chunks must be there: a mirror is behind it at once. */
static bool gap_is_needed(u64 end, u64 start, u64 room_wanted)
{
	for (int i = 0; i < 2; i++)
		if (end <= mirrors[i] && start == mirrors[i] + 64 * KIB)
			return mirrors[i] - end < room_wanted;
	return end == start;
}

static bool chunks_are_good(const struct layout *l, const struct test_case *c)
{
	u64 end = BEGIN, type = SYSTEM;
	/* what a chunk needs at least: 64 KiB in each copy, or an extent */
	const u64 extent = (u64)c->extent_blobs * c->blob_bytes;
	for (size_t i = 0; i < l->nr_chunks; i++) {
		const struct chunk *k = &l->chunks[i];
		const u64 kind = k->type & (SYSTEM | METADATA | DATA);
		const bool two = c->dup && kind != DATA;
		const u64 behind = k->logical + k->length * (two ? 2 : 1);
		/* DATA is 1, SYSTEM 2, METADATA 4: their order in the image is another */
		const bool ascends = kind == type || (type == SYSTEM && kind == METADATA) ||
				     (type == METADATA && kind == DATA);
		if (k->logical % (64 * KIB) || k->length % (64 * KIB) || !k->length ||
		    k->length > GIB || k->logical < end || !ascends ||
		    touches_mirror(k->logical, behind) || chunk_end(k) != behind ||
		    (k->type & BTRFS_BLOCK_GROUP_DUP) != (two ? BTRFS_BLOCK_GROUP_DUP : 0) ||
		    !gap_is_needed(end, k->logical,
				   kind == DATA ? extent
				   : two        ? 128 * KIB
						: 64 * KIB))
			return false;
		end = behind;
		type = kind;
	}
	return end == l->end && l->nr_chunks > l->nr_metadata && !(l->chunks[0].type & METADATA) &&
	       (l->chunks[l->nr_metadata].type & METADATA);
}

/* Extents ascend, each lies in one chunk, which they fill from its beginning on. */
static bool data_are_good(const struct layout *l, const struct content *content)
{
	size_t at = 1 + l->nr_metadata;
	u64 used = 0;
	for (size_t i = 0; i < content->nr_blobs; i++) {
		const struct blob *b = &content->blobs[i];
		if (at < l->nr_chunks && used == l->chunks[at].used) {
			at++;
			used = 0;
		}
		/* @used counts the chunk before @at was left */
		const struct chunk *k = &l->chunks[at];
		if (at == l->nr_chunks || b->logical != k->logical + used ||
		    used + b->stored_bytes > k->used || k->used > k->length ||
		    (!b->extent_offset_sectors && used + (u64)b->extent_sectors * 4096 > k->used))
			return false;
		used += b->stored_bytes;
	}
	return at + (content->nr_blobs > 0) == l->nr_chunks &&
	       (!content->nr_blobs || used == l->chunks[at].used);
}

/* No DATA chunk ends where the next extent would have fitted. */
static bool chunks_are_full(const struct layout *l, const struct test_case *c)
{
	const u64 extent = (u64)c->extent_blobs * c->blob_bytes;
	for (size_t i = 1 + l->nr_metadata; i + 1 < l->nr_chunks; i++) {
		const struct chunk *k = &l->chunks[i];
		u64 end = k->logical + k->used + extent;
		if (k->used + extent <= GIB &&
		    !touches_mirror(k->logical, (end + 65535) & ~65535ull))
			return false;
	}
	return true;
}

/* Each block has a place of its own in a chunk of its type; looked at around each chunk's ends. */
static bool blocks_are_good(const struct layout *l, const struct test_case *c)
{
	u64 first = 0;
	for (size_t i = 1; i <= l->nr_metadata; i++) {
		const struct chunk *k = &l->chunks[i];
		u64 nr = k->length / c->nodesize;
		if (k->first_block != first)
			return false;
		if (nr > c->metadata - first)
			nr = c->metadata - first;
		if (layout_block(l, false, first) != k->logical ||
		    layout_block(l, false, first + nr - 1) != k->logical + (nr - 1) * c->nodesize)
			return false;
		first += nr;
	}
	return first == c->metadata && layout_block(l, true, 0) == BEGIN &&
	       layout_block(l, true, c->system - 1) == BEGIN + (c->system - 1) * c->nodesize;
}

static bool used_is_good(struct layout *l, const struct test_case *c)
{
	const u64 used = c->metadata - c->metadata / 3;
	u64 sum = 0;
	layout_set_used(l, c->system, used);
	for (size_t i = 1; i <= l->nr_metadata; i++) {
		/* none is used before the one before it is full */
		if (l->chunks[i].used && i > 1 && l->chunks[i - 1].used != l->chunks[i - 1].length)
			return false;
		sum += l->chunks[i].used;
	}
	return sum == used * c->nodesize && l->chunks[0].used == c->system * c->nodesize;
}

static void run(const struct test_case *c)
{
	struct content content = make_content(c);
	struct layout l = { .nr_chunks = 0 };
	/* the second time other chunks are there */
	layout_place(&l, c->nodesize, c->dup, c->system, c->metadata + 9000, &content);
	layout_place(&l, c->nodesize, c->dup, c->system, c->metadata, &content);
	ok(chunks_are_good(&l, c), "%s: %zu chunks", c->name, l.nr_chunks);
	ok(data_are_good(&l, &content) && chunks_are_full(&l, c), "%s: data", c->name);
	ok(blocks_are_good(&l, c), "%s: blocks", c->name);
	for (size_t i = 0; i < 4 && c->first[i].length; i++) {
		const struct expected *e = &c->first[i];
		const struct chunk *k = &l.chunks[i];
		const u64 kind = k->type & (SYSTEM | METADATA | DATA);
		ok(i < l.nr_chunks && kind == e->type && k->logical == e->logical &&
			   k->length == e->length && (kind != DATA || k->used == e->used),
		   "%s: chunk %zu at %llu, %llu bytes", c->name, i, (unsigned long long)k->logical,
		   (unsigned long long)k->length);
	}
	if (c->end)
		ok(l.end == c->end, "%s: ends at %llu", c->name, (unsigned long long)l.end);
	ok(used_is_good(&l, c), "%s: used blocks", c->name);
	layout_release(&l);
	free(content.blobs);
}

/* What has no address of its own takes no room. */
static void test_places(void)
{
	struct blob blobs[] = {
		{ .place = BLOB_INLINE, .stored_bytes = 100 },
		{ .place = BLOB_EXTENT, .stored_bytes = 8192, .extent_sectors = 2 },
		{ .place = BLOB_INLINE, .stored_bytes = 4095 },
		{ .place = BLOB_EXTENT, .stored_bytes = 4096, .extent_sectors = 1 },
	};
	struct content content = { .blobs = blobs, .nr_blobs = 4 };
	struct layout l = { .nr_chunks = 0 };
	layout_place(&l, 16384, false, 1, 4, &content);
	ok(l.nr_chunks == 3 && l.chunks[2].used == 12288 &&
		   blobs[1].logical == METADATA_AT + 64 * KIB &&
		   blobs[3].logical == blobs[1].logical + 8192,
	   "inline data have no address");
	ok(layout_data_begin(&l) == l.chunks[2].logical, "where data begin");
	content.nr_blobs = 1;
	layout_place(&l, 16384, false, 1, 4, &content);
	ok(l.nr_chunks == 2 && layout_data_begin(&l) == l.end,
	   "no data: they would begin at the end");
	layout_release(&l);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run(&cases[i]);
	test_places();
	return done();
}
