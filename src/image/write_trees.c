/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/checksum.h"
#include "trees.h"
#include "write.h"

struct tree_output {
	const struct blueprint *bp;
	struct emit *emit;
	struct spool *blocks; /* DUP: all tree blocks, to be written twice */
};

static int put_sealed(void *context, u64 logical, u8 *block)
{
	struct tree_output *to = context;
	u32 nodesize = to->bp->options.nodesize;
	seal_block(to->bp->options.csum, block, nodesize);
	if (to->blocks)
		return spool_append(to->blocks, block, nodesize);
	int err = emit_at(to->emit, layout_physical(&to->bp->layout, logical));
	return err ? err : emit_bytes(to->emit, block, nodesize);
}

/* With DUP each chunk is followed by its copy: write the spooled blocks chunk by chunk. */
static int write_both_copies(const struct tree_output *to)
{
	const struct layout *layout = &to->bp->layout;
	u64 offset = 0;
	for (size_t i = 0; i <= layout->nr_metadata; i++) {
		const struct chunk *chunk = &layout->chunks[i];
		for (u32 copy = 0; copy < chunk_copies(chunk); copy++) {
			const u64 logical = chunk->logical + copy * chunk->length;
			int err = emit_at(to->emit, layout_physical(layout, logical));
			if (!err)
				err = emit_spool(to->emit, to->blocks, offset, chunk->used);
			if (err)
				return err;
		}
		offset += chunk->used;
	}
	return 0;
}

int write_trees(struct emit *emit, const struct blueprint *bp)
{
	struct tree_output to = { .bp = bp, .emit = emit };
	struct block_sink sink = { .put = put_sealed, .context = &to };
	if (!bp->options.dup)
		return trees_produce_all(bp, &sink);
	int err = spool_new(bp->content->spool_dir, &to.blocks);
	if (!err)
		err = trees_produce_all(bp, &sink);
	if (!err)
		err = spool_flush(to.blocks);
	if (!err)
		err = write_both_copies(&to);
	spool_free(to.blocks);
	return err;
}
