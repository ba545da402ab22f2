/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checksum tree: one sum for each sector of data, in items as long as allowed. Sums of
 * adjacent sectors share an item, even if the sectors belong to different extents.
 */
#include "disk/checksum.h"
#include "items.h"

/*
 * The kernel's limit of an item (MAX_CSUM_ITEMS in fs/btrfs/file-item.c): it leaves
 * room for two item headers.
 */
static u32 max_sums(u32 nodesize, u32 sum_bytes)
{
	return (btrfs_block_payload(nodesize) - 2 * (u32)sizeof(struct btrfs_item)) / sum_bytes - 1;
}

struct sum_run {
	const struct blueprint *bp;
	struct tree_writer *tw;
	u32 sum_bytes;
	u32 max;     /* sums in one item */
	u64 logical; /* of the first sector */
	u32 nr;      /* sums gathered */
	u8 *sums;    /* max of them */
};

static int sum_run_flush(struct sum_run *run)
{
	if (!run->nr)
		return 0;
	struct btrfs_key key = { BTRFS_EXTENT_CSUM_OBJECTID, BTRFS_EXTENT_CSUM_KEY, run->logical };
	int err = tree_writer_put(run->tw, key, run->sums, run->nr * run->sum_bytes);
	run->logical += (u64)run->nr * BTRFS_SECTORSIZE;
	run->nr = 0;
	return err;
}

static int sum_run_add(struct sum_run *run, const struct blob *b)
{
	if (b->logical != run->logical + (u64)run->nr * BTRFS_SECTORSIZE) {
		int err = sum_run_flush(run);
		if (err)
			return err;
		run->logical = b->logical;
	}
	u32 sectors = b->stored_bytes / BTRFS_SECTORSIZE;
	for (u32 done = 0; done < sectors;) {
		u32 n = (u32)min_u64(sectors - done, run->max - run->nr);
		int err = 0;
		if (tree_writer_wants_data(run->tw))
			err = spool_read(run->bp->content->small_spool,
					 b->sums_off + (u64)done * run->sum_bytes,
					 run->sums + (size_t)run->nr * run->sum_bytes,
					 (size_t)n * run->sum_bytes);
		done += n;
		run->nr += n;
		if (!err && run->nr == run->max)
			err = sum_run_flush(run);
		if (err)
			return err;
	}
	return 0;
}

static int sum_run_all(struct sum_run *run)
{
	const struct content *content = run->bp->content;
	int err = 0;
	for (size_t i = 0; i < content->nr_blobs && !err; i++) {
		const struct blob *b = &content->blobs[i];
		if (b->place == BLOB_EXTENT && !b->without_sums)
			err = sum_run_add(run, b);
	}
	return err ? err : sum_run_flush(run);
}

int produce_csum_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	u32 sum_bytes = checksum_size(bp->options.csum);
	struct sum_run run = { .bp = bp, .tw = tw, .sum_bytes = sum_bytes };
	run.max = max_sums(bp->options.nodesize, sum_bytes);
	run.sums = xzalloc((size_t)run.max * sum_bytes);
	int err = blueprint_produce_seed(bp, SEED_SUMS, tw);
	if (!err)
		err = sum_run_all(&run);
	xfree(run.sums);
	return err;
}
