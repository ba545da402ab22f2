/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output in ascending order of position, with two exceptions: emit_seek() and emit_skip().
 * Positions are physical addresses in bytes. Gaps are filled with zeros, and the superblock copies
 * in them are written.
 */
#ifndef IMAGE_EMIT_H
#define IMAGE_EMIT_H

#include "disk/format.h"
#include "image/image.h"
#include "model/spool.h"

struct emit;

/*
 * emit_new - begin at position 0 of @output
 * @supers: the sealed superblock copies in order of position, @nr_supers of them; must outlive
 *          the result
 */
struct emit *emit_new(const struct image_output *output, const struct btrfs_super_block *supers,
		      u32 nr_supers);
void emit_free(struct emit *e);

/* All return 0 or a negative errno after printing. */

/* emit_at - continue at @position, which is not before the current one (asserted) */
int emit_at(struct emit *e, u64 position);
/* emit_seek - continue at any @position; the output is seekable */
int emit_seek(struct emit *e, u64 position);
/* emit_skip - as emit_seek(), but forward, and the superblock copies on the way are written */
int emit_skip(struct emit *e, u64 position);
/* emit_bytes - write @bytes here */
int emit_bytes(struct emit *e, const void *data, size_t bytes);
/* emit_spool - write @bytes from @offset of a spool here */
int emit_spool(struct emit *e, struct spool *spool, u64 offset, u64 bytes);
/* emit_finish - fill up to @total_bytes and flush */
int emit_finish(struct emit *e, u64 total_bytes);

#endif
