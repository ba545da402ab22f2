/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "found.h"

#include "disk/checksum.h"

struct found *found_add(struct found_list *list)
{
	list->members =
		mem_grow(list->members, &list->capacity, list->nr + 1, sizeof(*list->members));
	struct found *f = &list->members[list->nr++];
	*f = (struct found){ .is_hard_link = false };
	return f;
}

void found_list_free(struct found_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		xfree(list->members[i].ranges);
	xfree(list->members);
	arena_free(&list->arena);
}

struct text found_text(struct found_list *list, struct text text)
{
	if (!text.len)
		return text_of("");
	return (struct text){ arena_memdup(&list->arena, text.bytes, text.len), text.len };
}

void found_range(struct found *f, u64 offset, u64 bytes)
{
	if (!bytes)
		return;
	if (f->nr_ranges && f->ranges[f->nr_ranges - 1].end == offset) {
		f->ranges[f->nr_ranges - 1].end += bytes;
		return;
	}
	f->ranges = mem_grow(f->ranges, &f->ranges_capacity, f->nr_ranges + 1, sizeof(*f->ranges));
	f->ranges[f->nr_ranges++] = (struct range){ offset, offset + bytes };
}

void found_sector(struct found *f, u64 offset, const u8 *bytes)
{
	struct {
		u8 before[16];
		le64 offset;
		u8 bytes[BTRFS_SECTORSIZE];
	} all;
	memcpy(all.before, f->digest, sizeof(all.before));
	all.offset = to_le64(offset);
	memcpy(all.bytes, bytes, sizeof(all.bytes));
	hash128(&all, sizeof(all), f->digest);
}
