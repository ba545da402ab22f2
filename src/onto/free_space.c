/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The free space tree. Groups of the seed without dead blocks keep their items, also those with bitmaps.
 * In the others the dead blocks become free: their items are made anew, as ranges.
 */
#include "grown_items.h"

#include "base/diag.h"

#define USES_BITMAPS 1u

struct free_space {
	const struct plan *plan;
	struct raw_tree *old;
	struct tree_writer *tw;
	const struct seed_chunk *chunk; /* whose items come; NULL: of none */
	size_t nr_chunks;               /* that had items */
	bool is_kept;                   /* items are copied */
	size_t next_dead;               /* in plan.dead: of the group, or behind it */
	struct free_range *ranges;      /* free ranges of the group, which is not kept */
	size_t nr, capacity;
};

static int add_range(struct free_space *fs, u64 begin, u64 end)
{
	struct free_range *last = fs->nr ? &fs->ranges[fs->nr - 1] : NULL;
	if (last && begin < last->end)
		return fail(-EIO, "free space tree: what is at %llu is free twice, or in use",
			    (unsigned long long)begin);
	if (last && last->end == begin) {
		last->end = end;
		return 0;
	}
	fs->ranges = mem_grow(fs->ranges, &fs->capacity, fs->nr + 1, sizeof(*fs->ranges));
	fs->ranges[fs->nr++] = (struct free_range){ begin, end };
	return 0;
}

/* Dead blocks of the group up to @logical are free. */
static int add_dead_space(struct free_space *fs, u64 logical)
{
	const struct plan *p = fs->plan;
	const u64 end = min_u64(logical, fs->chunk->logical + fs->chunk->length);
	int err = 0;
	for (; !err && fs->next_dead < p->nr_dead && p->dead[fs->next_dead].bytenr < end;
	     fs->next_dead++)
		err = add_range(fs, p->dead[fs->next_dead].bytenr,
				p->dead[fs->next_dead].bytenr + p->seed.nodesize);
	return err;
}

/* Ranges come in ascending order, and dead blocks are in none. */
static int add_free(struct free_space *fs, u64 begin, u64 end)
{
	int err = add_dead_space(fs, begin);
	return err ? err : add_range(fs, begin, end);
}

int free_space_put_group(struct tree_writer *tw, u64 logical, u64 length,
			 const struct free_range *ranges, size_t nr)
{
	const struct btrfs_free_space_info info = { .extent_count = to_le32(u32_from_u64(nr)) };
	int err = tree_writer_put(tw,
				  (struct btrfs_key){ logical, BTRFS_FREE_SPACE_INFO_KEY, length },
				  &info, sizeof(info));
	for (size_t i = 0; i < nr && !err; i++)
		err = tree_writer_put(tw,
				      (struct btrfs_key){ ranges[i].begin,
							  BTRFS_FREE_SPACE_EXTENT_KEY,
							  ranges[i].end - ranges[i].begin },
				      "", 0);
	return err;
}

/* The items of a group have ended. */
static int end_group(struct free_space *fs)
{
	const struct seed_chunk *chunk = fs->chunk;
	if (!chunk || fs->is_kept || seed_chunk_is_system(chunk))
		return 0;
	int err = add_dead_space(fs, UINT64_MAX);
	return err ? err
		   : free_space_put_group(fs->tw, chunk->logical, chunk->length, fs->ranges,
					  fs->nr);
}

static int fail_free_space(const struct btrfs_key *key, const char *what)
{
	return fail(-EIO, "free space tree, item (%llu %u %llu): %s",
		    (unsigned long long)key->objectid, key->type, (unsigned long long)key->offset,
		    what);
}

static const struct seed_chunk *find_seed_chunk(const struct seed *seed, u64 logical, u64 length)
{
	for (size_t i = 0; i < seed->nr_chunks; i++)
		if (seed->chunks[i].logical == logical && seed->chunks[i].length == length)
			return &seed->chunks[i];
	return NULL;
}

/* FREE_SPACE_INFO. Groups without a chunk are left over by mkfs.btrfs; they stay. */
static int begin_group(struct free_space *fs, const struct btrfs_key *key)
{
	if (fs->chunk && key->objectid < fs->chunk->logical + fs->chunk->length)
		return fail_free_space(key, "it is inside of another group");
	int err = end_group(fs);
	if (err)
		return err;
	fs->chunk = find_seed_chunk(&fs->plan->seed, key->objectid, key->offset);
	fs->is_kept = !fs->chunk ||
		      (!seed_chunk_is_system(fs->chunk) && !plan_dead_in(fs->plan, fs->chunk));
	fs->nr = 0;
	if (!fs->chunk)
		return 0;
	fs->nr_chunks++;
	fs->next_dead = plan_first_dead(fs->plan, fs->chunk->logical);
	return 0;
}

static int read_bitmap(struct free_space *fs, const struct btrfs_key *key, const u8 *bits,
		       u32 bytes)
{
	const u64 nr = key->offset / BTRFS_SECTORSIZE;
	if (key->offset % BTRFS_SECTORSIZE || bytes != (nr + 7) / 8)
		return fail_free_space(key, "its size is wrong");
	int err = 0;
	for (u64 i = 0; i < nr && !err; i++) {
		const u64 at = key->objectid + i * BTRFS_SECTORSIZE;
		if (bits[i / 8] >> i % 8 & 1)
			err = add_free(fs, at, at + BTRFS_SECTORSIZE);
	}
	return err;
}

static int read_free_space(struct free_space *fs, const struct btrfs_key *key, const void *item,
			   u32 bytes)
{
	if (key->objectid >= fs->plan->seed.end)
		return fail_free_space(key, "it is behind all chunks");
	if (key->type == BTRFS_FREE_SPACE_INFO_KEY) {
		int err = begin_group(fs, key);
		if (err)
			return err;
	}
	if (fs->is_kept)
		return tree_writer_put(fs->tw, *key, item, bytes);
	if (seed_chunk_is_system(fs->chunk) || key->type == BTRFS_FREE_SPACE_INFO_KEY)
		return 0;
	const u64 end = fs->chunk->logical + fs->chunk->length;
	if (key->objectid < fs->chunk->logical || key->objectid >= end ||
	    key->offset > end - key->objectid)
		return fail_free_space(key, "it is outside of its group");
	if (key->type == BTRFS_FREE_SPACE_BITMAP_KEY)
		return read_bitmap(fs, key, item, bytes);
	if (key->type != BTRFS_FREE_SPACE_EXTENT_KEY)
		return fail_free_space(key, "its type is unknown");
	return add_free(fs, key->objectid, key->objectid + key->offset);
}

/* In a new chunk all is free behind what is used. */
static int add_new_groups(const struct plan *p, struct tree_writer *tw)
{
	int err = 0;
	for (size_t i = 0; i < p->layout.nr_chunks && !err; i++) {
		const struct chunk *chunk = &p->layout.chunks[i];
		const struct free_range range = { chunk->logical + chunk->used,
						  chunk->logical + chunk->length };
		err = free_space_put_group(tw, chunk->logical, chunk->length, &range,
					   range.begin < range.end);
	}
	return err;
}

static int read_groups(struct free_space *fs)
{
	int err = 0;
	for (size_t leaf = 0; leaf < fs->old->nr_leaves && !err; leaf++) {
		err = raw_tree_load(fs->old, leaf);
		for (u32 i = 0; !err && i < raw_tree_nr_items(fs->old); i++) {
			const struct btrfs_key key = raw_tree_key(fs->old, i);
			u32 bytes;
			const void *item = raw_tree_item(fs->old, i, &bytes);
			err = read_free_space(fs, &key, item, bytes);
		}
	}
	return err;
}

int produce_free_space(struct plan *p, struct raw_tree *old, struct tree_writer *tw)
{
	struct free_space fs = { .plan = p, .old = old, .tw = tw, .is_kept = true };
	int err = read_groups(&fs);
	if (!err)
		err = end_group(&fs);
	if (!err && fs.nr_chunks != p->seed.nr_chunks)
		err = fail(-EIO, "the free space tree has %zu of %zu chunks", fs.nr_chunks,
			   p->seed.nr_chunks);
	xfree(fs.ranges);
	return err ? err : add_new_groups(p, tw);
}
