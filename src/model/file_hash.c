/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/file_hash.h"

#include "base/mem.h"
#include "disk/checksum.h"

#define BLOCK_BYTES 4096u

struct file_hash {
	struct sha256 *sha;
	u64 size;
	u64 position;          /* hash of all bytes: where the added bytes end */
	u64 block_off;         /* hash by blocks: of the block that is being filled */
	u8 block[BLOCK_BYTES]; /* zeros where nothing was added */
};

static const u8 zeros[64 << 10];

struct file_hash *file_hash_new(u64 size)
{
	struct file_hash *h = xzalloc(sizeof(*h));
	h->sha = sha256_new();
	h->size = size;
	return h;
}

static bool hashes_all_bytes(const struct file_hash *h)
{
	return h->size <= FILE_HASH_PLAIN_MAX;
}

/* ---- all bytes -------------------------------------------------------------------- */

static void add_zeros_to(struct file_hash *h, u64 end)
{
	while (h->position < end) {
		size_t n = min_u64(end - h->position, sizeof(zeros));
		sha256_add(h->sha, zeros, n);
		h->position += n;
	}
}

/* ---- block by block ----------------------------------------------------------------- */

static void add_block(struct file_hash *h, u64 off, const u8 *block)
{
	le64 place = to_le64(off);
	if (!memcmp(block, zeros, BLOCK_BYTES))
		return;
	sha256_add(h->sha, &place, sizeof(place));
	sha256_add(h->sha, block, BLOCK_BYTES);
}

static void end_block(struct file_hash *h)
{
	add_block(h, h->block_off, h->block);
	memset(h->block, 0, BLOCK_BYTES);
}

static void add_blocks(struct file_hash *h, u64 off, const u8 *data, size_t bytes)
{
	while (bytes) {
		u32 at = (u32)(off % BLOCK_BYTES);
		size_t n = min_u64(bytes, BLOCK_BYTES - at);
		if (off - at != h->block_off) {
			end_block(h);
			h->block_off = off - at;
		}
		if (n == BLOCK_BYTES)
			add_block(h, off, data);
		else
			memcpy(h->block + at, data, n);
		off += n;
		data += n;
		bytes -= n;
	}
}

/* ------------------------------------------------------------------------------------- */

void file_hash_add(struct file_hash *h, u64 file_off, const void *data, size_t bytes)
{
	if (!hashes_all_bytes(h)) {
		add_blocks(h, file_off, data, bytes);
		return;
	}
	add_zeros_to(h, file_off);
	sha256_add(h->sha, data, bytes);
	h->position += bytes;
}

void file_hash_finish(struct file_hash *h, u8 hash[FILE_HASH_BYTES])
{
	if (hashes_all_bytes(h))
		add_zeros_to(h, h->size);
	else
		end_block(h);
	sha256_finish(h->sha, hash);
	xfree(h);
}

void file_hash_free(struct file_hash *h)
{
	u8 hash[FILE_HASH_BYTES];
	if (!h)
		return;
	sha256_finish(h->sha, hash);
	xfree(h);
}
