/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All addresses. Logical address = physical address (of the first copy) + layout.shift, in bytes; the
 * shift is 0 but for what grows on a seed. The picture has physical addresses.
 *
 *   0        64K   68K      1M
 *   | zeros | super | zeros | SYSTEM | METADATA ... | DATA ... | room |
 *
 * Chunks start and end on 64 KiB, are at most 1 GiB long, and end before a superblock mirror; the
 * next one starts 64 KiB behind the mirror's start. So no chunk has a hole: the used bytes are its
 * beginning, the free bytes its end.
 */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include "disk/format.h"
#include "model/content.h"

#define CHUNK_MAX_BYTES (1ull << 30)

struct chunk {
	u64 logical;
	u64 length;      /* bytes of one copy */
	u64 used;        /* bytes, from the start */
	u64 type;        /* BTRFS_BLOCK_GROUP_*: one of SYSTEM, METADATA, DATA; maybe DUP */
	u64 first_block; /* number of its first tree block, counted over chunks of this type */
};

struct layout {
	u32 nodesize;
	u64 shift;            /* set by the caller, before layout_place(); a multiple of 64 KiB */
	struct chunk *chunks; /* ascending: one SYSTEM, then METADATA, then DATA */
	size_t nr_chunks;
	size_t capacity;
	size_t nr_metadata; /* chunks [1, 1 + nr_metadata) */
	u64 end; /* physical, of the last chunk, second copy included: the least size of the image */
};

/*
 * layout_place - decide all chunks, and the address of each blob
 * @system_blocks, @metadata_blocks: tree blocks to make room for, at least 1
 * May be called again: it starts anew. Release with layout_release().
 */
void layout_place(struct layout *layout, u32 nodesize, bool dup, u64 system_blocks,
		  u64 metadata_blocks, struct content *content);
void layout_release(struct layout *layout);

/*
 * layout_spare_system_blocks, layout_spare_metadata_blocks - free tree blocks that a writable
 * filesystem needs, so that the kernel need not allocate a chunk before the room is used
 * @sum_bytes: of one checksum
 * @room:      bytes for data that is written later
 */
u64 layout_spare_system_blocks(void);
u64 layout_spare_metadata_blocks(u32 nodesize, u32 sum_bytes, u64 room);

/* layout_set_used - how many of the placed tree blocks are in use, from the first on */
void layout_set_used(struct layout *layout, u64 system_blocks, u64 metadata_blocks);

/* layout_block - logical address of tree block number @index of the SYSTEM or METADATA chunks */
u64 layout_block(const struct layout *layout, bool system, u64 index);

/* layout_shift_behind - the least shift with which all chunks are behind the logical address @end */
static inline u64 layout_shift_behind(u64 end)
{
	return align_up(end, BTRFS_STRIPE_LEN) - BTRFS_DEVICE_RANGE_RESERVED;
}

/* layout_data_begin - physical: where the first DATA chunk is; layout.end if there is none */
u64 layout_data_begin(const struct layout *layout);

/* layout_physical - of the first copy of what is at @logical */
static inline u64 layout_physical(const struct layout *layout, u64 logical)
{
	return logical - layout->shift;
}

/* chunk_copies - 1, or 2 with DUP: the second copy follows the first at once */
static inline u32 chunk_copies(const struct chunk *chunk)
{
	return chunk->type & BTRFS_BLOCK_GROUP_DUP ? 2 : 1;
}

/* chunk_end - behind both copies */
static inline u64 chunk_end(const struct chunk *chunk)
{
	return chunk->logical + chunk->length * chunk_copies(chunk);
}

#endif
