/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chunk_map.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"
#include "read/foreign.h"

#define PROFILES                                                                                   \
	(BTRFS_BLOCK_GROUP_RAID0 | BTRFS_BLOCK_GROUP_RAID1 | BTRFS_BLOCK_GROUP_DUP |               \
	 BTRFS_BLOCK_GROUP_RAID10 | BTRFS_BLOCK_GROUP_RAID5 | BTRFS_BLOCK_GROUP_RAID6 |            \
	 BTRFS_BLOCK_GROUP_RAID1C3 | BTRFS_BLOCK_GROUP_RAID1C4)

/* How many copies a profile has, 0 if it has none that are whole; @name for messages. */
static u32 copies_of_profile(u64 profile, const char **name)
{
	static const struct {
		u64 profile;
		const char *name;
		u32 copies;
	} profiles[] = {
		{ 0, "single", 1 },
		{ BTRFS_BLOCK_GROUP_DUP, "DUP", 2 },
		{ BTRFS_BLOCK_GROUP_RAID1, "RAID1", 2 },
		{ BTRFS_BLOCK_GROUP_RAID1C3, "RAID1C3", 3 },
		{ BTRFS_BLOCK_GROUP_RAID1C4, "RAID1C4", 4 },
		{ BTRFS_BLOCK_GROUP_RAID0, "RAID0", 0 },
		{ BTRFS_BLOCK_GROUP_RAID10, "RAID10", 0 },
		{ BTRFS_BLOCK_GROUP_RAID5, "RAID5", 0 },
		{ BTRFS_BLOCK_GROUP_RAID6, "RAID6", 0 },
	};
	*name = "unknown";
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (profiles[i].profile == profile) {
			*name = profiles[i].name;
			return profiles[i].copies;
		}
	}
	return 0;
}

static const struct chunk_device *find_device(const struct chunk_map *map,
					      const struct btrfs_stripe *stripe)
{
	for (u32 i = 0; i < map->nr_devices; i++) {
		const struct btrfs_dev_item *item = &map->devices[i].super.dev_item;
		if (from_le64(item->devid) == from_le64(stripe->devid) &&
		    !memcmp(item->uuid, stripe->dev_uuid, sizeof(item->uuid)))
			return &map->devices[i];
	}
	return NULL;
}

static int bad_chunk(u64 logical, const char *what)
{
	return fail(-EINVAL, "chunk at %llu: %s", (unsigned long long)logical, what);
}

/* Read the item's fields into @chunk. */
static int parse_chunk(const struct chunk_map *map, const void *item, u32 bytes,
		       struct mapped_chunk *chunk)
{
	const struct btrfs_chunk *c = item;
	const struct btrfs_stripe *stripes = (const struct btrfs_stripe *)(c + 1);
	const char *profile;
	u64 end;
	if (bytes < sizeof(*c) ||
	    bytes != sizeof(*c) + from_le16(c->num_stripes) * sizeof(*stripes))
		return bad_chunk(chunk->logical, "its item has a wrong size");
	chunk->bytes = from_le64(c->length);
	chunk->type = from_le64(c->type);
	chunk->nr_copies = copies_of_profile(chunk->type & PROFILES, &profile);
	if (!chunk->nr_copies)
		return fail(
			-ENOTSUP,
			"chunk at %llu: profile %s is not supported, only single, DUP and RAID1",
			(unsigned long long)chunk->logical, profile);
	if (from_le16(c->num_stripes) != chunk->nr_copies)
		return bad_chunk(chunk->logical, "its profile and its number of stripes disagree");
	if (!chunk->bytes || (chunk->bytes | chunk->logical) % BTRFS_SECTORSIZE ||
	    add_overflows(chunk->logical, chunk->bytes, &end))
		return bad_chunk(chunk->logical, "its address or length is not possible");
	for (u32 i = 0; i < chunk->nr_copies; i++) {
		chunk->copies[i].device = find_device(map, &stripes[i]);
		chunk->copies[i].physical = from_le64(stripes[i].offset);
		if (add_overflows(chunk->copies[i].physical, chunk->bytes, &end) || end > INT64_MAX)
			return bad_chunk(chunk->logical, "its place on the device is not possible");
	}
	return 0;
}

/* The index of the first chunk that ends behind @logical. */
static size_t first_behind(const struct chunk_map *map, u64 logical)
{
	size_t low = 0, high = map->nr;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (map->chunks[middle].logical + map->chunks[middle].bytes > logical)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int chunk_map_add(struct chunk_map *map, u64 logical, const void *item, u32 bytes)
{
	struct mapped_chunk chunk = { .logical = logical };
	int err = parse_chunk(map, item, bytes, &chunk);
	if (err)
		return err;
	const size_t at = first_behind(map, logical);
	const bool overlaps = at < map->nr && map->chunks[at].logical < logical + chunk.bytes;
	if (overlaps &&
	    (map->chunks[at].logical != logical || map->chunks[at].bytes != chunk.bytes))
		return bad_chunk(logical, "it overlaps another one");
	if (!overlaps) {
		map->chunks =
			mem_grow(map->chunks, &map->capacity, map->nr + 1, sizeof(*map->chunks));
		memmove(map->chunks + at + 1, map->chunks + at,
			(map->nr - at) * sizeof(*map->chunks));
		map->nr++;
	}
	map->chunks[at] = chunk;
	return 0;
}

const struct mapped_chunk *chunk_map_find(const struct chunk_map *map, u64 logical, u64 bytes)
{
	const size_t at = first_behind(map, logical);
	if (at == map->nr || map->chunks[at].logical > logical ||
	    bytes > map->chunks[at].bytes - (logical - map->chunks[at].logical))
		return NULL;
	return &map->chunks[at];
}

int chunk_read(const struct mapped_chunk *chunk, u64 logical, size_t bytes, u32 copy, void *data)
{
	const struct chunk_device *device = chunk->copies[copy].device;
	if (!device)
		return -ENODEV;
	return io_pread_full(device->file->fd, data, bytes,
			     chunk->copies[copy].physical + (logical - chunk->logical));
}

const char *chunk_read_reason(int err)
{
	if (err == -ENODEV)
		return "its device is not among the images";
	return err == -ENODATA ? "the image ends before it" : strerror(-err);
}

void chunk_map_release(struct chunk_map *map)
{
	xfree(map->chunks);
}
