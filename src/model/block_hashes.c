/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block_hashes.h"

#include "base/mem.h"
#include "model/spool.h"

/* Where the hashes of a blob are: offset in the spool and algorithm. The offset is a multiple of
 * 32. 0: there are none. */
typedef u64 hashes_place;

struct block_hashes {
	const char *spool_dir;
	struct spool *spool;  /* NULL: none were added */
	hashes_place *places; /* by number of the blob */
	size_t nr, capacity;
};

struct block_hashes *block_hashes_new(const char *spool_dir)
{
	struct block_hashes *h = xzalloc(sizeof(*h));
	h->spool_dir = spool_dir;
	return h;
}

void block_hashes_free(struct block_hashes *h)
{
	if (!h)
		return;
	spool_free(h->spool);
	xfree(h->places);
	xfree(h);
}

static hashes_place *place_of(struct block_hashes *h, u32 blob)
{
	if (blob >= h->nr) {
		h->places = mem_grow(h->places, &h->capacity, (size_t)blob + 1, sizeof(*h->places));
		memset(h->places + h->nr, 0, (blob + 1 - h->nr) * sizeof(*h->places));
		h->nr = (size_t)blob + 1;
	}
	return &h->places[blob];
}

int block_hashes_add(struct block_hashes *h, u32 blob, enum fsverity_algorithm algorithm,
		     const u8 *hashes, u32 nr)
{
	hashes_place *place = place_of(h, blob);
	if (*place)
		return 0;
	int err = h->spool ? 0 : spool_new(h->spool_dir, &h->spool);
	if (err)
		return err;
	*place = spool_size(h->spool) | algorithm;
	return spool_append(h->spool, hashes, (size_t)nr * fsverity_hash_bytes(algorithm));
}

int block_hashes_get(struct block_hashes *h, u32 blob, enum fsverity_algorithm algorithm,
		     u8 *hashes, u32 nr)
{
	const hashes_place place = *place_of(h, blob);
	if ((place & 3) != algorithm)
		return 0;
	int err = spool_read(h->spool, place & ~3ull, hashes,
			     (size_t)nr * fsverity_hash_bytes(algorithm));
	return err ? err : 1;
}
