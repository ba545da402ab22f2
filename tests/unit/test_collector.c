/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pieces become blobs and file extents: equal ones once, unequal ones that share a key twice, tails
 * and packs, data that stay in an archive, errors.
 */
#include "../../src/model/collector.h"

#include "disk/checksum.h"
#include "messages.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define KEY 0x1234567812345678

/* A run, with room for the piece at work. */
struct bench {
	struct content *content;
	struct dedupe dedupe;
	struct piece_rules rules;
	struct codec_contexts contexts;
	struct collector *collector;
	struct inode inode;
	u8 in[PIECE_BYTES], out[PIECE_BYTES], sums[PIECE_SECTORS * BTRFS_CSUM_SIZE];
};

static struct bench *bench_new(bool dedupe)
{
	struct bench *b = xzalloc(sizeof(*b));
	dedupe_init(&b->dedupe);
	ok(content_new("/tmp", &b->content) == 0, "content");
	b->rules = (struct piece_rules){ .csum = BTRFS_CSUM_TYPE_CRC32,
					 .sum_bytes = 4,
					 .nodesize = 16384,
					 .dedupe = dedupe ? &b->dedupe : NULL };
	b->collector = collector_new(&b->rules, b->content);
	return b;
}

static void bench_free(struct bench *b)
{
	collector_free(b->collector);
	codec_contexts_release(&b->contexts);
	dedupe_release(&b->dedupe);
	content_free(b->content);
	xfree(b);
}

/* Text that compresses, one for each @seed. */
static void fill(u8 *data, u32 bytes, u32 seed)
{
	for (u32 i = 0; i < bytes; i++)
		data[i] = (u8)("btrfs seed image"[i % 16] + seed + i / 5000);
}

/* What a piece is to be, besides its bytes. */
struct wish {
	u32 seed, bytes;
	bool plain, without_sums, may_pack, may_inline;
};

static struct piece make(struct bench *b, const struct wish *w)
{
	struct piece p = {
		.inode = &b->inode,
		.storage = { .codec = w->plain ? (struct codec_choice){ 0 } : codec_default(),
			     .without_sums = w->without_sums },
		.file_off = (u64)b->inode.nr * PIECE_BYTES,
		.bytes = w->bytes,
		.padded = (u32)align_up(w->bytes, 4096),
		.may_pack = w->may_pack,
		.may_inline = w->may_inline,
		.in = b->in,
	};
	memset(b->in, 0, sizeof(b->in));
	fill(b->in, w->bytes, w->seed);
	const struct piece_room room = { .out = b->out, .sums = b->sums };
	piece_work(&b->rules, &b->contexts, &p, &room);
	return p;
}

/* Take up a piece; returns the blob that its file extent refers to. */
static u32 take(struct bench *b, struct piece *p)
{
	const u32 nr = b->inode.nr;
	const u64 off = p->file_off;
	if (collect(b->collector, p) || b->inode.nr != nr + 1)
		return NO_BLOB;
	const struct file_extent *e = content_file_extents(b->content, &b->inode) + nr;
	return e->file_off == off && e->nr_sectors == p->padded / 4096 && !e->blob_off ? e->blob
										       : NO_BLOB;
}

static u32 take_wish(struct bench *b, const struct wish *w)
{
	struct piece p = make(b, w);
	return take(b, &p);
}

/* Whether a blob holds the bytes of a wish, and sums of what is stored. */
static bool holds(struct bench *b, u32 blob, const struct wish *w)
{
	static u8 expected[PIECE_BYTES], found[PIECE_BYTES];
	const struct blob *x = &b->content->blobs[blob];
	u8 sum[BTRFS_CSUM_SIZE], stored_sum[BTRFS_CSUM_SIZE];
	memset(expected, 0, sizeof(expected));
	fill(expected, w->bytes, w->seed);
	if (x->ram_bytes - x->ram_padding != w->bytes || content_unpack(b->content, x, found) ||
	    memcmp(found, expected, x->ram_bytes))
		return false;
	if (x->place != BLOB_EXTENT || w->without_sums || x->store_padding)
		return true;
	for (u32 at = 0; at < x->stored_bytes; at += 4096) {
		if (spool_read(b->content->stores[x->store_nr], x->store_off + at, found, 4096) ||
		    spool_read(b->content->small_spool, x->sums_off + at / 1024, stored_sum, 4))
			return false;
		checksum(BTRFS_CSUM_TYPE_CRC32, found, 4096, sum);
		if (memcmp(sum, stored_sum, 4))
			return false;
	}
	return x->stored_bytes % 4096 == 0;
}

/* Each differs from all others in one thing. */
static const struct wish wishes[] = {
	{ .seed = 1, .bytes = PIECE_BYTES },
	{ .seed = 2, .bytes = PIECE_BYTES },
	{ .seed = 1, .bytes = PIECE_BYTES - 1 },
	{ .seed = 1, .bytes = 40000 },
	{ .seed = 1, .bytes = 40000, .plain = true },
	{ .seed = 1, .bytes = 40000, .plain = true, .without_sums = true },
	{ .seed = 1, .bytes = 40000, .may_pack = true },
	{ .seed = 1, .bytes = 4096 },
	{ .seed = 1, .bytes = 1 },
	{ .seed = 1, .bytes = 1, .plain = true },
};
#define NR_WISHES (sizeof(wishes) / sizeof(*wishes))

static void test_equal(void)
{
	struct bench *b = bench_new(true);
	for (u32 round = 0; round < 3; round++)
		for (u32 i = 0; i < NR_WISHES; i++) {
			u32 blob = take_wish(b, &wishes[i]);
			ok(blob == i && holds(b, i, &wishes[i]), "round %u: piece %u is in blob %u",
			   round, i, blob);
		}
	ok(b->content->nr_blobs == NR_WISHES && b->content->is_mixed, "each is stored once");
	bench_free(b);
	b = bench_new(false);
	for (u32 i = 0; i < 2 * NR_WISHES; i++) {
		u32 blob = take_wish(b, &wishes[i % NR_WISHES]);
		ok(blob == i && holds(b, i, &wishes[i % NR_WISHES]), "or each time: blob %u", i);
	}
	bench_free(b);
}

/* Inline data belong to one file each. */
static void test_inline(void)
{
	static const struct wish small = { .seed = 1, .bytes = 2000, .may_inline = true };
	struct bench *b = bench_new(true);
	ok(take_wish(b, &small) == 0 && take_wish(b, &small) == 1 && holds(b, 1, &small) &&
		   b->content->blobs[0].place == BLOB_INLINE,
	   "equal inline data are stored each");
	/* inline pieces got no key: if they were in the table, then under 0 */
	struct piece p = make(b, &(struct wish){ .seed = 1, .bytes = 2000 });
	p.key = 0;
	ok(take(b, &p) == 2 && b->content->blobs[2].place == BLOB_EXTENT,
	   "and are not what an extent can refer to");
	bench_free(b);
}

/* Keys say where to look; here all pieces have one. */
static void test_one_key(void)
{
	struct bench *b = bench_new(true);
	for (u32 round = 0; round < 2; round++)
		for (u32 i = 0; i < NR_WISHES; i++) {
			struct piece p = make(b, &wishes[i]);
			p.key = KEY;
			u32 blob = take(b, &p);
			ok(blob == i && holds(b, i, &wishes[i]), "one key for all: blob %u", blob);
		}
	ok(b->content->nr_blobs == NR_WISHES, "unequal bytes are stored whatever their key");
	bench_free(b);
}

/* A worker saw the key and stored nothing, but the bytes are others: as if it had not seen it. */
static void test_seen(void)
{
	struct bench *b = bench_new(true), *plain = bench_new(true);
	struct piece p = make(b, &wishes[0]);
	p.key = KEY;
	take(b, &p);
	for (u32 i = 1; i < NR_WISHES; i++) {
		p = make(b, &wishes[i]);
		p.key = KEY;
		p.seen_key = true;
		p.place = BLOB_EXTENT;
		p.stored = p.sums = NULL;
		p.stored_bytes = p.compression = 0;
		memset(p.hash, 0, sizeof(p.hash));
		memset(b->out, 0, sizeof(b->out));
		u32 blob = take(b, &p);
		u32 other = take_wish(plain, &wishes[i]);
		const struct blob *x = &b->content->blobs[blob], *y = &plain->content->blobs[other];
		ok(blob == i && holds(b, i, &wishes[i]) && !memcmp(x->hash, y->hash, 16) &&
			   x->stored_bytes == y->stored_bytes && x->place == y->place &&
			   x->compression == y->compression,
		   "a key that was seen, of other bytes: blob %u", blob);
	}
	bench_free(b);
	bench_free(plain);
}

static void test_pack(void)
{
	struct bench *b = bench_new(true);
	struct pack pack = { .nr = 3, .tails = { 0, 1, 2 } };
	for (u32 i = 0; i < 3; i++)
		take_wish(b,
			  &(struct wish){ .seed = i, .bytes = 4000 + i * 100, .may_pack = true });
	struct piece p = { .pack = &pack,
			   .in = b->in,
			   .storage = { .codec = codec_default() },
			   .bytes = 20480,
			   .padded = 20480 };
	memset(b->in, 'x', 20480);
	const struct piece_room room = { .out = b->out, .sums = b->sums };
	piece_work(&b->rules, &b->contexts, &p, &room);
	const u32 nr = b->inode.nr;
	ok(!collect(b->collector, &p) && b->inode.nr == nr && b->content->nr_blobs == 4,
	   "a pack is a blob without a file extent");
	for (u32 i = 0; i < 3; i++) {
		const struct blob *x = &b->content->blobs[i];
		/* the tails take 1, 2 and 2 sectors */
		ok(x->place == BLOB_PACKED && x->pack == 3 && x->pack_sector == (i == 2 ? 3 : i),
		   "tail %u begins at sector %u of it", i, x->pack_sector);
	}
	bench_free(b);
}

static void test_archive(void)
{
	static const struct wish plain = { .seed = 4, .bytes = 5000, .plain = true };
	struct bench *b = bench_new(true);
	int fd = test_file("", 0);
	fill(b->in, 5000, 4);
	ok(pwrite(fd, b->in, 5000, 512) == 5000, "an archive of 5512 bytes");
	const u16 store = content_add_archive(b->content, fd, "archive");
	const struct {
		struct origin origin;
		u32 bytes;
		bool stays;
	} cases[] = {
		{ { store, 512 }, 5000, true },
		{ { store, 513 }, 5000, false }, /* it would end behind the archive */
		{ { store, 512 }, 4999, false }, /* not all of it is there */
		{ { CONTENT_DATA_SPOOL, 512 }, 5000, false },
	};
	for (u32 i = 0; i < 4; i++) {
		struct piece p = make(b, &plain);
		p.key = i; /* none is known */
		p.origin = cases[i].origin;
		p.origin_bytes = cases[i].bytes;
		const u32 blob = take(b, &p);
		const struct blob *x = &b->content->blobs[blob];
		ok(blob == i && holds(b, blob, &plain) &&
			   x->store_nr == (cases[i].stays ? store : CONTENT_DATA_SPOOL) &&
			   (!cases[i].stays || (x->store_off == 512 && x->store_padding == 3192)),
		   "what stays in the archive: case %u", i);
	}
	bench_free(b);
	close(fd);
}

static void test_errors(void)
{
	struct bench *b = bench_new(true);
	struct piece p = make(b, &wishes[0]);
	struct rlimit before, full;
	p.error = -EIO;
	lines = 0;
	ok(collect(b->collector, &p) == -EIO && lines == 1 && !b->inode.nr,
	   "what could not be read is told of here, once");
	getrlimit(RLIMIT_FSIZE, &before);
	full = before;
	full.rlim_cur = 100000;
	setrlimit(RLIMIT_FSIZE, &full);
	lines = 0;
	int err = 0;
	u32 nr = 0;
	for (; !err && nr < 100; nr++) {
		p = make(b, &(struct wish){ .seed = nr, .bytes = PIECE_BYTES, .plain = true });
		err = collect(b->collector, &p);
	}
	setrlimit(RLIMIT_FSIZE, &before);
	ok(err == -EFBIG && lines == 1 && b->inode.nr == nr - 1,
	   "a full spool, at piece %u: its file extent is not made", nr);
	bench_free(b);
}

int main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	checksum_init();
	diag_set_sink(gather);
	test_equal();
	test_inline();
	test_one_key();
	test_seen();
	test_pack();
	test_archive();
	test_errors();
	return done();
}
