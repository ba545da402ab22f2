/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From addresses to copies: borders of chunks, profiles, a device that is missing, what is refused. */
#include "../../src/read/chunk_map.h"
#include "read/foreign.h"

#include "messages.h"
#include "test.h"

#define MIB (1ull << 20)

struct chunk_item {
	struct btrfs_chunk chunk;
	struct btrfs_stripe stripes[4];
};

static struct chunk_item item(u64 bytes, u64 type, u16 nr_stripes)
{
	struct chunk_item c = {
		.chunk = {
			.length = to_le64(bytes),
			.type = to_le64(type),
			.num_stripes = to_le16(nr_stripes),
		},
	};
	for (u32 i = 0; i < 4; i++) {
		c.stripes[i].devid = to_le64(i + 1);
		c.stripes[i].offset = to_le64(MIB * (i + 1));
	}
	return c;
}

static int add(struct chunk_map *map, u64 logical, const struct chunk_item *c)
{
	*line = '\0';
	return chunk_map_add(
		map, logical, c,
		(u32)(sizeof(c->chunk) + from_le16(c->chunk.num_stripes) * sizeof(c->stripes[0])));
}

static void test_find(struct chunk_map *map)
{
	const struct chunk_item c = item(2 * MIB, BTRFS_BLOCK_GROUP_DATA, 1);
	/* not in the order of addresses, with a gap of 1 MiB before the last */
	ok(!add(map, 4 * MIB, &c) && !add(map, 1 * MIB, &c) && !add(map, 7 * MIB, &c),
	   "three chunks");
	static const struct {
		u64 at, bytes, chunk; /* chunk 0: none */
	} cases[] = {
		{ MIB - 4096, 4096, 0 },     { MIB, 4096, MIB },   { 3 * MIB - 4096, 4096, MIB },
		{ 3 * MIB - 4096, 4097, 0 }, { 3 * MIB, 4096, 0 }, { 4 * MIB, 2 * MIB, 4 * MIB },
		{ 4 * MIB, 2 * MIB + 1, 0 }, { 6 * MIB, 1, 0 },    { 7 * MIB, 1, 7 * MIB },
		{ 9 * MIB - 1, 1, 7 * MIB }, { 9 * MIB, 1, 0 },    { UINT64_MAX, 1, 0 },
		{ 8 * MIB, UINT64_MAX, 0 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct mapped_chunk *found = chunk_map_find(map, cases[i].at, cases[i].bytes);
		ok((found ? found->logical : 0) == cases[i].chunk, "%llu bytes at %llu",
		   (unsigned long long)cases[i].bytes, (unsigned long long)cases[i].at);
	}
	ok(!add(map, 4 * MIB, &c) && map->nr == 3, "one that is there already");
}

static void test_refused(struct chunk_map *map)
{
	static const struct {
		u64 logical, bytes, type;
		u16 nr_stripes;
		const char *text;
	} cases[] = {
		{ 2 * MIB, MIB, 0, 1, "overlaps" },
		{ 4 * MIB, MIB, 0, 1, "overlaps" },
		{ 0, 20 * MIB, 0, 1, "overlaps" },
		{ 20 * MIB, MIB, 0, 2, "disagree" },
		{ 20 * MIB, MIB, BTRFS_BLOCK_GROUP_RAID1, 1, "disagree" },
		{ 20 * MIB, MIB, BTRFS_BLOCK_GROUP_RAID0, 2, "profile RAID0 is not" },
		{ 20 * MIB, MIB, BTRFS_BLOCK_GROUP_RAID6, 3, "profile RAID6 is not" },
		{ 20 * MIB, MIB, BTRFS_BLOCK_GROUP_RAID1 | BTRFS_BLOCK_GROUP_DUP, 2,
		  "profile unknown" },
		{ 20 * MIB, 0, 0, 1, "is not possible" },
		{ 20 * MIB, 4097, 0, 1, "is not possible" },
		{ 20 * MIB + 1, MIB, 0, 1, "is not possible" },
		{ UINT64_MAX - 4095, 8192, 0, 1, "is not possible" },
		{ 20 * MIB, 1ull << 63, 0, 1, "place on the device" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct chunk_item c =
			item(cases[i].bytes, cases[i].type, cases[i].nr_stripes);
		ok(add(map, cases[i].logical, &c) < 0 && strstr(line, cases[i].text),
		   "%s: found '%s'", cases[i].text, line);
	}
	const struct chunk_item c = item(MIB, 0, 1);
	ok(chunk_map_add(map, 20 * MIB, &c, sizeof(c.chunk) - 1) < 0 && strstr(line, "wrong size"),
	   "a short item: %s", line);
	ok(chunk_map_add(map, 20 * MIB, &c, sizeof(c)) < 0 && strstr(line, "wrong size"),
	   "a long item: %s", line);
	ok(map->nr == 3, "nothing was added");
}

/* Of RAID1 on devices 1 and 2 only the second one is there. */
static void test_copies(void)
{
	static u8 bytes[3 * MIB];
	struct filesystem_device file = { .fd = -1, .name = "two" };
	struct chunk_device device = { .file = &file };
	struct chunk_map map = { .devices = &device, .nr_devices = 1 };
	const struct chunk_item c = item(MIB, BTRFS_BLOCK_GROUP_RAID1, 2);
	u8 data[2] = { 0 };
	bytes[2 * MIB + 5] = 42; /* the second stripe is at 2 MiB */
	file.fd = test_file(bytes, sizeof(bytes));
	device.super.dev_item.devid = to_le64(2);
	ok(!add(&map, 16 * MIB, &c), "RAID1");
	const struct mapped_chunk *found = chunk_map_find(&map, 16 * MIB + 5, 1);
	ok(found && found->nr_copies == 2, "two copies");
	if (found) {
		ok(chunk_read(found, 16 * MIB + 5, 1, 0, data) == -ENODEV, "one is not there");
		ok(!chunk_read(found, 16 * MIB + 5, 1, 1, data) && data[0] == 42, "the other is");
	}
	chunk_map_release(&map);
	close(file.fd);
}

int main(void)
{
	struct chunk_map map = { .nr_devices = 0 };
	diag_set_sink(gather);
	test_find(&map);
	test_refused(&map);
	chunk_map_release(&map);
	test_copies();
	ok(lines > 0, "messages came");
	return done();
}
