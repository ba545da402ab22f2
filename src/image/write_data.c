/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "write.h"

/* Stored bytes that are contiguous both in their store and in the image. */
struct stored_run {
	u64 physical;
	u16 store_nr;
	u64 store_off;
	u64 bytes;
};

static int write_run(struct emit *emit, const struct content *content, const struct stored_run *run)
{
	if (!run->bytes)
		return 0;
	int err = emit_at(emit, run->physical);
	return err ? err
		   : emit_spool(emit, content->stores[run->store_nr], run->store_off, run->bytes);
}

int write_data(struct emit *emit, const struct blueprint *bp, size_t first, size_t end)
{
	const struct content *content = bp->content;
	struct stored_run run = { .bytes = 0 };
	for (size_t i = first; i < end; i++) {
		const struct blob *b = &content->blobs[i];
		if (b->place != BLOB_EXTENT)
			continue;
		const u64 physical = layout_physical(&bp->layout, b->logical);
		if (run.physical + run.bytes != physical || run.store_nr != b->store_nr ||
		    run.store_off + run.bytes != b->store_off) {
			int err = write_run(emit, content, &run);
			if (err)
				return err;
			run = (struct stored_run){ physical, b->store_nr, b->store_off, 0 };
		}
		/* Padding ends the run: emit fills it with zeros. */
		run.bytes += b->stored_bytes - b->store_padding;
	}
	return write_run(emit, content, &run);
}
