/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/layout.h"

#include "disk/super_mirror.h"
#include "model/file_item.h"

/* A chunk may not begin inside the 64 KiB that begin at a mirror. */
static u64 skip_mirror(u64 pos)
{
	if (pos == BTRFS_SUPER_MIRROR_1 || pos == BTRFS_SUPER_MIRROR_2)
		return pos + BTRFS_STRIPE_LEN;
	return pos;
}

/* How long a chunk of @copies copies may get at @pos. */
static u64 chunk_room(u64 pos, u32 copies)
{
	u64 to_mirror = UINT64_MAX;
	if (pos < BTRFS_SUPER_MIRROR_1)
		to_mirror = BTRFS_SUPER_MIRROR_1 - pos;
	else if (pos < BTRFS_SUPER_MIRROR_2)
		to_mirror = BTRFS_SUPER_MIRROR_2 - pos;
	return min_u64(CHUNK_MAX_BYTES, align_down(to_mirror / copies, BTRFS_STRIPE_LEN));
}

static struct chunk *add_chunk(struct layout *layout, u64 pos, u64 type)
{
	layout->chunks = mem_grow(layout->chunks, &layout->capacity, layout->nr_chunks + 1,
				  sizeof(*layout->chunks));
	struct chunk *chunk = &layout->chunks[layout->nr_chunks++];
	*chunk = (struct chunk){ .logical = pos + layout->shift, .type = type };
	return chunk;
}

/* Chunks for @blocks tree blocks, from layout.end on. */
static void place_blocks(struct layout *layout, u64 type, u64 blocks)
{
	u32 copies = type & BTRFS_BLOCK_GROUP_DUP ? 2 : 1;
	for (u64 placed = 0; placed < blocks;) {
		u64 pos = skip_mirror(layout->end);
		u64 room = chunk_room(pos, copies);
		if (!room) { /* two copies need more than the 64 KiB before a mirror */
			layout->end = pos + BTRFS_STRIPE_LEN;
			continue;
		}
		u64 nr = min_u64(blocks - placed, room / layout->nodesize);
		struct chunk *chunk = add_chunk(layout, pos, type);
		chunk->first_block = placed;
		chunk->length = align_up(nr * layout->nodesize, BTRFS_STRIPE_LEN);
		layout->end = layout_physical(layout, chunk_end(chunk));
		placed += nr;
	}
}

static void close_data_chunk(struct layout *layout, struct chunk *chunk)
{
	chunk->length = align_up(chunk->used, BTRFS_STRIPE_LEN);
	layout->end = layout_physical(layout, chunk_end(chunk));
}

static struct chunk *open_data_chunk(struct layout *layout, u32 first_bytes, u64 *room)
{
	u64 pos = skip_mirror(layout->end);
	/* Room before a mirror that is smaller than the extent stays unused. */
	if (chunk_room(pos, 1) < first_bytes)
		pos = skip_mirror(pos + chunk_room(pos, 1));
	*room = chunk_room(pos, 1);
	return add_chunk(layout, pos, BTRFS_BLOCK_GROUP_DATA);
}

/* Extents in the order of their blobs; none crosses a chunk's end. */
static void place_data(struct layout *layout, struct content *content)
{
	struct chunk *chunk = NULL;
	u64 room = 0;
	for (size_t i = 0; i < content->nr_blobs; i++) {
		struct blob *b = &content->blobs[i];
		if (b->place != BLOB_EXTENT)
			continue;
		const u32 bytes = blob_extent_bytes(b);
		if (!b->extent_offset_sectors && (!chunk || chunk->used + bytes > room)) {
			if (chunk)
				close_data_chunk(layout, chunk);
			chunk = open_data_chunk(layout, bytes, &room);
		}
		assert(chunk);
		b->logical = chunk->logical + chunk->used;
		chunk->used += b->stored_bytes;
	}
	if (chunk)
		close_data_chunk(layout, chunk);
}

void layout_place(struct layout *layout, u32 nodesize, bool dup, u64 system_blocks,
		  u64 metadata_blocks, struct content *content)
{
	u64 profile = dup ? BTRFS_BLOCK_GROUP_DUP : 0;
	layout->nodesize = nodesize;
	layout->nr_chunks = 0;
	layout->end = BTRFS_DEVICE_RANGE_RESERVED;
	place_blocks(layout, BTRFS_BLOCK_GROUP_SYSTEM | profile, system_blocks);
	assert(layout->nr_chunks == 1);
	place_blocks(layout, BTRFS_BLOCK_GROUP_METADATA | profile, metadata_blocks);
	layout->nr_metadata = layout->nr_chunks - 1;
	place_data(layout, content);
}

void layout_release(struct layout *layout)
{
	xfree(layout->chunks);
}

/*
 * SYSTEM: 24 blocks for each of two new chunks (check_system_chunk() wants them, and on a busy machine
 * still has those of the chunk before; else it makes a SYSTEM chunk of 32 MiB) and 2 that a transaction
 * writes anew. METADATA: 640 blocks, 4 MiB at least, hold the global reserve (336) and what writers
 * reserve beside it. To them come the checksums of the data that
 * the room can hold, twice: when 80 % are in use, the kernel allocates. In more than 8 GiB of room
 * another chunk is no loss. Tried on 6.18 with nodes of 4k to 64k: 512 blocks are too few.
 */
u64 layout_spare_system_blocks(void)
{
	return 2 * 24 + 2;
}

u64 layout_spare_metadata_blocks(u32 nodesize, u32 sum_bytes, u64 room)
{
	const u64 sums = min_u64(room, 8ull << 30) / BTRFS_SECTORSIZE * sum_bytes;
	return max_u64(640, (4ull << 20) / nodesize) + 2 * sums / nodesize;
}

static void set_used(const struct layout *layout, struct chunk *chunk, u64 blocks)
{
	u64 behind = blocks > chunk->first_block ? blocks - chunk->first_block : 0;
	chunk->used = min_u64(behind * layout->nodesize, chunk->length);
}

void layout_set_used(struct layout *layout, u64 system_blocks, u64 metadata_blocks)
{
	set_used(layout, &layout->chunks[0], system_blocks);
	for (size_t i = 1; i <= layout->nr_metadata; i++)
		set_used(layout, &layout->chunks[i], metadata_blocks);
}

u64 layout_block(const struct layout *layout, bool system, u64 index)
{
	size_t i = system ? 0 : layout->nr_metadata;
	while (layout->chunks[i].first_block > index)
		i--;
	u64 logical = layout->chunks[i].logical +
		      (index - layout->chunks[i].first_block) * layout->nodesize;
	assert(logical < layout->chunks[i].logical + layout->chunks[i].length);
	return logical;
}

u64 layout_data_begin(const struct layout *layout)
{
	size_t first = 1 + layout->nr_metadata;
	return first < layout->nr_chunks ? layout_physical(layout, layout->chunks[first].logical)
					 : layout->end;
}
