/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"
#include "block_check.h"
#include "super_read.h"

#include "base/diag.h"
#include "base/mem.h"

#include <stdio.h>

/* ---- reading ----------------------------------------------------------------------- */

/* Read one copy and verify it; else @reason says what is wrong. */
static bool read_block_copy(const struct block_source *s, const struct mapped_chunk *chunk,
			    u32 copy, struct block *b, const struct block_wanted *w, char *reason)
{
	int err = chunk_read(chunk, b->bytenr, s->nodesize, copy, b->bytes);
	if (err) {
		snprintf(reason, BLOCK_REASON_BYTES, "%s", chunk_read_reason(err));
		return false;
	}
	const u8 *fsid = super_block_fsid(&chunk->copies[copy].device->super);
	return block_check_inside(s, b, fsid, reason) && block_check_place(b, w, reason);
}

static int fail_block(const struct block_wanted *w, const char *reason)
{
	return fail(-EIO, "tree %lld, block at %llu: %s", (long long)w->tree,
		    (unsigned long long)w->bytenr, reason);
}

/* Read the first good copy. */
static int read_block(const struct block_source *s, const struct block_wanted *w, struct block *b)
{
	char reason[BLOCK_REASON_BYTES];
	const struct mapped_chunk *chunk = NULL;
	if (w->bytenr % BTRFS_SECTORSIZE == 0)
		chunk = chunk_map_find(s->map, w->bytenr, s->nodesize);
	if (!chunk)
		return fail_block(w, "there is no chunk at this address");
	snprintf(reason, sizeof(reason), "its device is not among the images");
	u32 bad = 0; /* the last of the copies that @reason tells of, from 1 on */
	for (u32 copy = 0; copy < chunk->nr_copies; copy++) {
		if (!chunk->copies[copy].device)
			continue; /* the user was told once */
		if (!read_block_copy(s, chunk, copy, b, w, reason)) {
			bad = copy + 1;
			continue;
		}
		if (bad)
			warning("tree %lld, block at %llu, copy %u: %s; copy %u is used",
				(long long)w->tree, (unsigned long long)w->bytenr, bad, reason,
				copy + 1);
		return 0;
	}
	return fail_block(w, reason);
}

/* The remainder of the division by a prime differs for blocks that follow each other. */
static struct block **cache_slot(struct block_source *s, u64 bytenr)
{
	return &s->cache[bytenr / BTRFS_SECTORSIZE % BLOCK_CACHE_SLOTS];
}

int block_get(struct block_source *s, const struct block_wanted *w, struct block **block)
{
	struct block **slot = cache_slot(s, w->bytenr);
	char reason[BLOCK_REASON_BYTES];
	if (!*slot || (*slot)->bytenr != w->bytenr) {
		struct block *b = xmalloc(sizeof(*b) + s->nodesize);
		b->bytenr = w->bytenr;
		b->refs = 1; /* the cache's */
		int err = read_block(s, w, b);
		if (err) {
			xfree(b);
			return err;
		}
		block_put(*slot);
		*slot = b;
	} else if (!block_check_place(*slot, w, reason)) {
		return fail_block(w, reason);
	}
	(*slot)->refs++;
	*block = *slot;
	return 0;
}

void block_put(struct block *b)
{
	if (b && !--b->refs)
		xfree(b);
}

void block_source_release(struct block_source *s)
{
	for (size_t i = 0; i < BLOCK_CACHE_SLOTS; i++)
		block_put(s->cache[i]);
}
