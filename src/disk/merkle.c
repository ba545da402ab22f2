/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/merkle.h"

#include "base/mem.h"

struct merkle {
	struct fsverity_params params;
	struct merkle_shape shape;
	merkle_put_fn *put;
	void *context;
	u32 hash_bytes;
	u64 nr_added; /* blocks of the file */
	struct {
		u32 nr_hashes; /* in the open block */
		u64 nr_closed; /* blocks before it */
		u8 *block;
	} levels[MERKLE_MAX_LEVELS];
	u8 root[FSVERITY_MAX_HASH];
	u8 of_zeros[FSVERITY_MAX_HASH]; /* hash of a block of zeros, once it is known */
	bool knows_zeros;
};

/* ---- shape --------------------------------------------------------------------------- */

#define MAX_OFFSET ((u64)INT64_MAX)
/* Linux caches the tree behind the data, from such a border on. */
#define CACHE_BORDER (64u << 10)

bool merkle_shape(enum fsverity_algorithm algorithm, u64 data_bytes, struct merkle_shape *shape)
{
	struct merkle_shape s = { .per_block = FSVERITY_BLOCK / fsverity_hash_bytes(algorithm) };
	assert(data_bytes <= MAX_OFFSET);
	s.nr_data_blocks = align_up(data_bytes, FSVERITY_BLOCK) / FSVERITY_BLOCK;
	for (u64 below = s.nr_data_blocks; below > 1; below = s.nr_blocks[s.nr_levels++]) {
		if (s.nr_levels == MERKLE_MAX_LEVELS)
			return false;
		s.nr_blocks[s.nr_levels] = (below + s.per_block - 1) / s.per_block;
		s.total += s.nr_blocks[s.nr_levels];
	}
	*shape = s;
	return align_up(data_bytes, CACHE_BORDER) + s.total * FSVERITY_BLOCK <= MAX_OFFSET;
}

u64 merkle_used_bytes(const struct merkle_shape *shape)
{
	if (!shape->total)
		return 0;
	const u64 in_last = shape->nr_data_blocks - (shape->nr_blocks[0] - 1) * shape->per_block;
	return (shape->total - 1) * FSVERITY_BLOCK + in_last * (FSVERITY_BLOCK / shape->per_block);
}

u64 merkle_block_nr(const struct merkle_shape *shape, u32 level, u64 nr)
{
	assert(nr < shape->nr_blocks[level]);
	while (++level < shape->nr_levels)
		nr += shape->nr_blocks[level];
	return nr;
}

u64 merkle_place(const struct merkle_shape *shape, u64 nr)
{
	u32 level = shape->nr_levels - 1;
	assert(nr < shape->total);
	for (; nr >= shape->nr_blocks[level]; level--)
		nr -= shape->nr_blocks[level];
	/* Handed over before it: the blocks before it in its level, those that they and the block
	 * itself hold the hashes of, and the blocks above that hold the hashes of full ones. */
	u64 place = nr, below = nr + 1;
	for (u32 l = level; l-- > 0;) {
		below = min_u64(below * shape->per_block, shape->nr_blocks[l]);
		place += below;
	}
	for (u64 above = nr / shape->per_block; above; above /= shape->per_block)
		place += above;
	return place;
}

/* ---- builder ------------------------------------------------------------------------- */

struct merkle *merkle_new(const struct fsverity_params *params, const struct merkle_shape *shape,
			  merkle_put_fn *put, void *context)
{
	struct merkle *m = xzalloc(sizeof(*m));
	m->params = *params;
	m->shape = *shape;
	m->put = put;
	m->context = context;
	m->hash_bytes = fsverity_hash_bytes(params->algorithm);
	for (u32 i = 0; i < shape->nr_levels; i++)
		m->levels[i].block = xmalloc(FSVERITY_BLOCK);
	return m;
}

void merkle_free(struct merkle *m)
{
	if (!m)
		return;
	for (u32 i = 0; i < m->shape.nr_levels; i++)
		xfree(m->levels[i].block);
	xfree(m);
}

/* Hand over the open block of a level; @hash is its hash. */
static int close_block(struct merkle *m, u32 level, u8 *hash)
{
	u8 *block = m->levels[level].block;
	const u32 used = m->levels[level].nr_hashes * m->hash_bytes;
	const u64 nr = merkle_block_nr(&m->shape, level, m->levels[level].nr_closed++);
	memset(block + used, 0, FSVERITY_BLOCK - used);
	m->levels[level].nr_hashes = 0;
	fsverity_hash_data(&m->params, block, FSVERITY_BLOCK, hash);
	return m->put(m->context, nr, block);
}

/* Add a hash to a level, and that of each block that is full to the level above. */
static int add_hash(struct merkle *m, const u8 *hash)
{
	u8 upper[FSVERITY_MAX_HASH];
	for (u32 level = 0; level < m->shape.nr_levels; level++) {
		const u32 nr = m->levels[level].nr_hashes++;
		memcpy(m->levels[level].block + nr * m->hash_bytes, hash, m->hash_bytes);
		if (nr + 1 < m->shape.per_block)
			return 0;
		int err = close_block(m, level, upper);
		if (err)
			return err;
		hash = upper;
	}
	memcpy(m->root, hash, m->hash_bytes);
	return 0;
}

int merkle_add(struct merkle *m, const u8 *hashes, u64 nr)
{
	int err = 0;
	m->nr_added += nr;
	for (; nr && !err; nr--, hashes += m->hash_bytes)
		err = add_hash(m, hashes);
	return err;
}

int merkle_add_zeros(struct merkle *m, u64 nr)
{
	static const u8 zeros[FSVERITY_BLOCK];
	int err = 0;
	if (nr && !m->knows_zeros)
		fsverity_hash_data(&m->params, zeros, sizeof(zeros), m->of_zeros);
	m->knows_zeros |= nr;
	m->nr_added += nr;
	for (; nr && !err; nr--)
		err = add_hash(m, m->of_zeros);
	return err;
}

/* Close the open block of a level, and add its hash to the level above. */
static int end_level(struct merkle *m, u32 level)
{
	const bool is_top = level + 1 == m->shape.nr_levels;
	u8 hash[FSVERITY_MAX_HASH];
	if (!m->levels[level].nr_hashes)
		return 0;
	int err = close_block(m, level, hash);
	u8 *to = m->root;
	if (!is_top)
		to = m->levels[level + 1].block + m->levels[level + 1].nr_hashes++ * m->hash_bytes;
	memcpy(to, hash, m->hash_bytes);
	return err;
}

int merkle_finish(struct merkle *m, u8 *root_hash)
{
	int err = 0;
	assert(m->nr_added == m->shape.nr_data_blocks);
	for (u32 level = 0; level < m->shape.nr_levels && !err; level++)
		err = end_level(m, level);
	memcpy(root_hash, m->root, m->hash_bytes);
	return err;
}
