/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Merkle trees, descriptors and digests, against libfsverity, which is not ours, where it is installed. */
#include "test.h"

#include "base/mem.h"
#include "disk/checksum.h"
#include "disk/merkle.h"

#include <errno.h>
#ifdef HAVE_LIBFSVERITY
#include <stdlib.h>

#include <libfsverity.h>
#endif

/* A tree as the builder hands it over: blocks in that order, and by their numbers on disk. */
struct made {
	struct merkle_shape shape;
	u8 *handed, *on_disk;
	u64 nr;
	struct fsverity_descriptor descriptor;
	int fail_at; /* block that put refuses, or -1 */
};

static int put(void *context, u64 nr, const u8 block[FSVERITY_BLOCK])
{
	struct made *m = context;
	if (m->fail_at >= 0 && m->nr == (u64)m->fail_at)
		return -EIO;
	memcpy(m->handed + m->nr++ * FSVERITY_BLOCK, block, FSVERITY_BLOCK);
	memcpy(m->on_disk + nr * FSVERITY_BLOCK, block, FSVERITY_BLOCK);
	return 0;
}

/* Bytes that differ from block to block; blocks from the second to the fourth are zeros. */
static u8 byte_at(u64 off)
{
	const u64 block = off / FSVERITY_BLOCK;
	return block >= 1 && block <= 3 ? 0 : (u8)(off * 7 + block * 13 + (block >> 8));
}

static struct made make(const struct fsverity_params *params, u64 bytes)
{
	struct made m = { .fail_at = -1 };
	u8 data[FSVERITY_BLOCK], hash[FSVERITY_MAX_HASH], root[FSVERITY_MAX_HASH];
	if (!merkle_shape(params->algorithm, bytes, &m.shape))
		return m;
	m.handed = xzalloc(m.shape.total * FSVERITY_BLOCK + 1);
	m.on_disk = xzalloc(m.shape.total * FSVERITY_BLOCK + 1);
	struct merkle *merkle = merkle_new(params, &m.shape, put, &m);
	for (u64 nr = 0; nr < m.shape.nr_data_blocks; nr++) {
		const u64 off = nr * FSVERITY_BLOCK;
		const u32 n = (u32)min_u64(FSVERITY_BLOCK, bytes - off);
		if (nr >= 1 && nr <= 3) {
			merkle_add_zeros(merkle, 1);
			continue;
		}
		for (u32 i = 0; i < n; i++)
			data[i] = byte_at(off + i);
		fsverity_hash_data(params, data, n, hash);
		merkle_add(merkle, hash, 1);
	}
	merkle_finish(merkle, root);
	merkle_free(merkle);
	m.descriptor = fsverity_descriptor(params, bytes, root, 0);
	return m;
}

static void release(struct made *m)
{
	xfree(m->handed);
	xfree(m->on_disk);
}

/* Whether merkle_place() finds each block where the builder handed it over. */
static bool places_are_right(const struct made *m)
{
	for (u64 nr = 0; nr < m->shape.total; nr++)
		if (memcmp(m->on_disk + nr * FSVERITY_BLOCK,
			   m->handed + merkle_place(&m->shape, nr) * FSVERITY_BLOCK,
			   FSVERITY_BLOCK) != 0)
			return false;
	return m->nr == m->shape.total;
}

/* Whether merkle_used_bytes() ends where the zeros of the last block begin; a hash does not end with
 * zeros here. */
static bool end_is_right(const struct made *m)
{
	u64 end = m->shape.total * FSVERITY_BLOCK;
	while (end && !m->on_disk[end - 1])
		end--;
	return merkle_used_bytes(&m->shape) == end;
}

/* ---- libfsverity ------------------------------------------------------------------ */

#ifdef HAVE_LIBFSVERITY

struct oracle {
	u64 bytes, at;
	u8 *tree;
	u64 tree_bytes;
	u8 descriptor[sizeof(struct fsverity_descriptor)];
};

static int oracle_read(void *context, void *buf, size_t bytes)
{
	struct oracle *o = context;
	u8 *out = buf;
	for (size_t i = 0; i < bytes; i++)
		out[i] = byte_at(o->at + i);
	o->at += bytes;
	return 0;
}

static int oracle_size(void *context, uint64_t bytes)
{
	struct oracle *o = context;
	o->tree = xzalloc(bytes + 1);
	o->tree_bytes = bytes;
	return 0;
}

static int oracle_block(void *context, const void *block, size_t bytes, uint64_t offset)
{
	struct oracle *o = context;
	memcpy(o->tree + offset, block, bytes);
	return 0;
}

static int oracle_descriptor(void *context, const void *descriptor, size_t bytes)
{
	struct oracle *o = context;
	memcpy(o->descriptor, descriptor, bytes < 256 ? bytes : 256);
	return 0;
}

static void compare(const struct fsverity_params *params, const struct made *m, u64 bytes)
{
	struct oracle o = { .bytes = bytes };
	const struct libfsverity_metadata_callbacks callbacks = {
		.ctx = &o,
		.merkle_tree_size = oracle_size,
		.merkle_tree_block = oracle_block,
		.descriptor = oracle_descriptor,
	};
	const struct libfsverity_merkle_tree_params wanted = {
		.version = 1,
		.hash_algorithm = params->algorithm,
		.file_size = bytes,
		.block_size = FSVERITY_BLOCK,
		.salt_size = params->salt_bytes,
		.salt = params->salt_bytes ? params->salt : NULL,
		.metadata_callbacks = &callbacks,
	};
	struct libfsverity_digest *digest = NULL;
	u8 ours[FSVERITY_MAX_HASH];
	const u32 digest_bytes = fsverity_digest(&m->descriptor, ours);
	const int err = libfsverity_compute_digest(&o, oracle_read, &wanted, &digest);
	const char *name = fsverity_name(params->algorithm);
	ok(!err && digest->digest_size == digest_bytes &&
		   !memcmp(digest->digest, ours, digest_bytes),
	   "digest: %s, salt of %u, %llu bytes", name, params->salt_bytes,
	   (unsigned long long)bytes);
	ok(!err && o.tree_bytes == m->shape.total * FSVERITY_BLOCK &&
		   !memcmp(o.tree, m->on_disk, o.tree_bytes),
	   "tree: %s, salt of %u, %llu bytes", name, params->salt_bytes, (unsigned long long)bytes);
	ok(!err && !memcmp(o.descriptor, &m->descriptor, sizeof(m->descriptor)),
	   "descriptor: %s, salt of %u, %llu bytes", name, params->salt_bytes,
	   (unsigned long long)bytes);
	xfree(o.tree);
	free(digest); /* made by the library */
}

#else

static void compare(const struct fsverity_params *params, const struct made *m, u64 bytes)
{
	ok(true, "# SKIP libfsverity is not installed: %s, %llu bytes in %llu blocks",
	   fsverity_name(params->algorithm), (unsigned long long)bytes,
	   (unsigned long long)m->shape.total);
}

#endif

/* ---- sizes ------------------------------------------------------------------------ */

static void check(const struct fsverity_params *params, u64 bytes)
{
	const char *name = fsverity_name(params->algorithm);
	struct made m = make(params, bytes);
	ok(end_is_right(&m), "end: %s, %llu bytes", name, (unsigned long long)bytes);
	ok(places_are_right(&m), "places: %s, %llu bytes", name, (unsigned long long)bytes);
	compare(params, &m, bytes);
	release(&m);
}

/* Around each border of blocks and levels. */
static void test_sizes(void)
{
	static const u8 salt_lengths[] = { 0, 1, 32 };
	for (u8 algorithm = FSVERITY_SHA256; algorithm <= FSVERITY_SHA512; algorithm++) {
		const u64 b = FSVERITY_BLOCK, p = algorithm == FSVERITY_SHA256 ? 128 : 64;
		const u64 sizes[] = { 0,
				      1,
				      b - 1,
				      b,
				      b + 1,
				      (p - 1) * b,
				      p * b - 1,
				      p * b,
				      p * b + 1,
				      (p + 1) * b,
				      2 * p * b,
				      (p * p - 1) * b,
				      p * p * b,
				      p * p * b + 1,
				      (p * p + p) * b + 5 };
		for (size_t s = 0; s < sizeof(salt_lengths); s++) {
			struct fsverity_params params = { .algorithm = algorithm,
							  .salt_bytes = salt_lengths[s] };
			for (u32 i = 0; i < params.salt_bytes; i++)
				params.salt[i] = (u8)(i * 3 + 1);
			for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
				check(&params, sizes[i]);
		}
	}
}

/* ---- vectors, limits, errors --------------------------------------------------- */

/* Printed by `fsverity digest` of fsverity-utils 1.5. */
static void test_vectors(void)
{
	static const struct {
		enum fsverity_algorithm algorithm;
		u64 bytes;
		const char *text;
	} vectors[] = {
		{ FSVERITY_SHA256, 0,
		  "sha256:3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95" },
		{ FSVERITY_SHA256, 1,
		  "sha256:b803429503d95915829b29fdbc8bbad142f3abfd11b1cadf5526582e685c0551" },
		{ FSVERITY_SHA256, 130 * 4096 + 17,
		  "sha256:980c4e83f80d75236b151d1b2c4a942c9a8f9ca9cd9a95349e1b7d0a7ad41edd" },
		{ FSVERITY_SHA512, 4096,
		  "sha512:7f87d0054d59aa09d4173fdd49627e71c524f6ece68222953c5917fc4651c2a3"
		  "05a392c771f5fc0c5c70cc1cc1651f3756a5770943a0104355321e03d8c034f7" },
		{ FSVERITY_SHA512, 66 * 4096,
		  "sha512:9812b28be1c395076fe8fc6f9baaad5af83e01f5a926a157569c5531b1eda10f"
		  "d09d13070b0006b5f5d1be567df93582e657d78463a482a0e52e0450f92af2ac" },
	};
	char text[FSVERITY_TEXT_BYTES];
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct fsverity_params params = { .algorithm = vectors[i].algorithm };
		struct made m = make(&params, vectors[i].bytes);
		fsverity_text(&m.descriptor, text);
		ok(!strcmp(text, vectors[i].text), "vector: %s of %llu bytes is %s",
		   fsverity_name(params.algorithm), (unsigned long long)vectors[i].bytes, text);
		release(&m);
	}
}

static void test_limits(void)
{
	struct merkle_shape shape;
	ok(merkle_shape(FSVERITY_SHA256, 1ull << 62, &shape) && shape.nr_levels == 8,
	   "sha256: 2^62 bytes have eight levels");
	ok(!merkle_shape(FSVERITY_SHA256, INT64_MAX, &shape), "no tree behind the largest offset");
	ok(merkle_shape(FSVERITY_SHA512, 1ull << 60, &shape) && shape.nr_levels == 8,
	   "sha512: 2^60 bytes have eight levels");
	ok(!merkle_shape(FSVERITY_SHA512, (1ull << 60) + 1, &shape), "sha512: and no more bytes");
	ok(!fsverity_is_known(0) && fsverity_is_known(2) && !fsverity_is_known(3),
	   "two algorithms are known");
}

static void test_errors(void)
{
	const struct fsverity_params params = { .algorithm = FSVERITY_SHA256 };
	struct made m = { .fail_at = 1 };
	u8 root[FSVERITY_MAX_HASH];
	merkle_shape(params.algorithm, 129 * FSVERITY_BLOCK, &m.shape);
	m.handed = xzalloc(m.shape.total * FSVERITY_BLOCK);
	m.on_disk = xzalloc(m.shape.total * FSVERITY_BLOCK);
	struct merkle *merkle = merkle_new(&params, &m.shape, put, &m);
	ok(!merkle_add_zeros(merkle, 129) && merkle_finish(merkle, root) == -EIO,
	   "an error of put is handed on");
	merkle_free(merkle);
	release(&m);
}

int main(void)
{
	if (checksum_init())
		return 1;
	test_vectors();
	test_limits();
	test_errors();
	test_sizes();
	return done();
}
