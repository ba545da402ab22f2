/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of a good image that leave its checksums good, so that what is behind them is reached. */
#include "specimen.h"

#include "disk/checksum.h"

enum damage_kind {
	DAMAGE_BYTES,   /* of a block */
	DAMAGE_KEY,     /* of an item or pointer */
	DAMAGE_DATA,    /* of an item */
	DAMAGE_PLACE,   /* offset or size in an item's header */
	DAMAGE_RESIZE,  /* an item gets other bytes behind its data, or loses some */
	DAMAGE_REMOVE,  /* an item or pointer */
	DAMAGE_CLONE,   /* an item with another key behind it */
	DAMAGE_BLOCK,   /* a block becomes a copy of another */
	DAMAGE_SUPER,   /* bytes of the superblock */
	DAMAGE_SECTOR,  /* bytes of file data, and their sum */
	DAMAGE_POINTER, /* where a pointer leads */
	DAMAGE_FIELD,   /* of an item's data, at a multiple of the value's bytes */
	NR_KINDS
};

#define HEADER sizeof(struct btrfs_header)
#define ITEM sizeof(struct btrfs_item)
#define SUPER BTRFS_SUPER_INFO_OFFSET

static struct btrfs_item *item_of(u8 *block, u32 slot)
{
	return (struct btrfs_item *)(void *)(block + HEADER) + slot;
}

static struct btrfs_header *header_of(u8 *block)
{
	return (void *)block;
}

/* ---- values ------------------------------------------------------------------------ */

/* The value that stands for @old at a place of @width bytes. */
static u64 value_of(const struct specimen *s, const struct damage *d, u64 old)
{
	static const u64 nice[] = { 0,         1,          5,         6,          255,
				    256,       257,        4095,      4096,       65536,
				    131072,    UINT32_MAX, 1 << 30,   1ull << 32, INT64_MAX,
				    INT64_MIN, UINT64_MAX, 1ull << 48 };
	const u64 value = from_le64(d->value);
	switch (d->mode >> 3 & 7) {
	case 1:
		return old + value;
	case 2:
		return old - value;
	case 3:
		return old ^ 1ull << value % 64;
	case 4:
		return nice[value % (sizeof(nice) / sizeof(nice[0]))];
	case 5:
		return s->blocks[value % s->nr_blocks];
	case 6:
		return old + (s64)(value % 33) - 16;
	default:
		return value;
	}
}

/* Change the number at @p, which has @left bytes behind it. */
static void change(const struct specimen *s, const struct damage *d, u8 *p, u64 left)
{
	const size_t width = min_u64((d->mode & 7) + 1u, left);
	le64 number = { 0 };
	memcpy(number.bytes, p, width);
	number = to_le64(value_of(s, d, from_le64(number)));
	memcpy(p, number.bytes, width);
}

static void change_le64(const struct specimen *s, const struct damage *d, le64 *field)
{
	*field = to_le64(value_of(s, d, from_le64(*field)));
}

static void change_le32(const struct specimen *s, const struct damage *d, le32 *field)
{
	*field = to_le32((u32)value_of(s, d, from_le32(*field)));
}

/* ---- items ------------------------------------------------------------------------- */

/* A leaf whose items are where they should be can be taken apart. */
static bool is_leaf(const struct specimen *s, u8 *block)
{
	u64 end = s->nodesize - HEADER;
	const u32 nr = from_le32(header_of(block)->nritems);
	if (header_of(block)->level || nr > (s->nodesize - HEADER) / ITEM)
		return false;
	for (u32 i = 0; i < nr; i++) {
		const struct btrfs_item *item = item_of(block, i);
		if (from_le32(item->offset) + (u64)from_le32(item->size) != end)
			return false;
		end = from_le32(item->offset);
	}
	return nr && end >= nr * ITEM;
}

/* Bytes between the headers of a leaf and its data. */
static u32 room_of(u8 *leaf)
{
	const u32 nr = from_le32(header_of(leaf)->nritems);
	return from_le32(item_of(leaf, nr - 1)->offset) - nr * (u32)ITEM;
}

/* Move the data of the items from @slot on by @bytes towards the headers, or away from them. */
static void move_data(u8 *leaf, u32 slot, s64 bytes)
{
	const u32 nr = from_le32(header_of(leaf)->nritems);
	if (slot == nr)
		return;
	const u32 begin = from_le32(item_of(leaf, nr - 1)->offset);
	const u32 end =
		from_le32(item_of(leaf, slot)->offset) + from_le32(item_of(leaf, slot)->size);
	memmove(leaf + HEADER + begin - bytes, leaf + HEADER + begin, end - begin);
	for (u32 i = slot; i < nr; i++) {
		struct btrfs_item *item = item_of(leaf, i);
		item->offset = to_le32((u32)(from_le32(item->offset) - bytes));
	}
}

static void resize(const struct specimen *s, const struct damage *d, u8 *leaf, u32 slot)
{
	struct btrfs_item *item = item_of(leaf, slot);
	const u32 old = from_le32(item->size), max = old + room_of(leaf);
	const u32 size = (u32)(value_of(s, d, old) % (max + 1ull));
	const s64 more = (s64)size - old;
	u8 *data = leaf + HEADER + from_le32(item->offset);
	static u8 kept[BTRFS_MAX_NODESIZE];
	memcpy(kept, data, old);
	move_data(leaf, slot + 1, more);
	item->offset = to_le32((u32)(from_le32(item->offset) - more));
	item->size = to_le32(size);
	memset(data - more, from_le16(d->at) & 0xff, size);
	memcpy(data - more, kept, min_u64(size, old));
}

static void remove_item(u8 *leaf, u32 slot)
{
	const u32 nr = from_le32(header_of(leaf)->nritems);
	move_data(leaf, slot + 1, -(s64)from_le32(item_of(leaf, slot)->size));
	memmove(item_of(leaf, slot), item_of(leaf, slot + 1), (nr - slot - 1) * ITEM);
	header_of(leaf)->nritems = to_le32(nr - 1);
}

static void change_key(const struct specimen *s, const struct damage *d, struct btrfs_disk_key *key)
{
	switch (d->mode >> 6) {
	case 0:
		change_le64(s, d, &key->objectid);
		break;
	case 1:
		key->type = (u8)value_of(s, d, key->type);
		break;
	default:
		change_le64(s, d, &key->offset);
		break;
	}
}

static void clone_item(const struct specimen *s, const struct damage *d, u8 *leaf, u32 slot)
{
	const struct btrfs_item item = *item_of(leaf, slot);
	const u32 nr = from_le32(header_of(leaf)->nritems), size = from_le32(item.size);
	static u8 data[BTRFS_MAX_NODESIZE];
	if (room_of(leaf) < size + ITEM)
		return;
	memcpy(data, leaf + HEADER + from_le32(item.offset), size);
	move_data(leaf, slot + 1, size);
	memmove(item_of(leaf, slot + 2), item_of(leaf, slot + 1), (nr - slot - 1) * ITEM);
	header_of(leaf)->nritems = to_le32(nr + 1);
	*item_of(leaf, slot + 1) = item;
	item_of(leaf, slot + 1)->offset = to_le32(from_le32(item.offset) - size);
	memcpy(leaf + HEADER + from_le32(item.offset) - size, data, size);
	change_key(s, d, &item_of(leaf, slot + 1)->key);
}

static void damage_item(const struct specimen *s, const struct damage *d, u8 *leaf)
{
	const u32 slot = from_le16(d->slot) % from_le32(header_of(leaf)->nritems);
	struct btrfs_item *item = item_of(leaf, slot);
	u8 *data = leaf + HEADER + from_le32(item->offset);
	const u32 size = from_le32(item->size), width = (d->mode & 7) + 1;
	switch (d->kind % NR_KINDS) {
	case DAMAGE_DATA:
		if (size)
			change(s, d, data + from_le16(d->at) % size,
			       size - from_le16(d->at) % size);
		break;
	case DAMAGE_FIELD:
		if (size >= width)
			change(s, d, data + from_le16(d->at) % (size / width) * width, width);
		break;
	case DAMAGE_PLACE:
		change_le32(s, d, d->mode & 0x80 ? &item->offset : &item->size);
		break;
	case DAMAGE_RESIZE:
		resize(s, d, leaf, slot);
		break;
	case DAMAGE_REMOVE:
		remove_item(leaf, slot);
		break;
	case DAMAGE_CLONE:
		clone_item(s, d, leaf, slot);
		break;
	default:
		change_key(s, d, &item->key);
		break;
	}
}

/* ---- nodes ------------------------------------------------------------------------- */

static void damage_node(const struct specimen *s, const struct damage *d, u8 *node)
{
	struct btrfs_key_ptr *pointers = (void *)(node + HEADER);
	const u32 nr = from_le32(header_of(node)->nritems);
	if (!nr || nr > (s->nodesize - HEADER) / sizeof(*pointers))
		return;
	const u32 slot = from_le16(d->slot) % nr;
	if (d->kind % NR_KINDS == DAMAGE_KEY) {
		change_key(s, d, &pointers[slot].key);
	} else if (d->kind % NR_KINDS == DAMAGE_REMOVE) {
		memmove(pointers + slot, pointers + slot + 1, (nr - slot - 1) * sizeof(*pointers));
		header_of(node)->nritems = to_le32(nr - 1);
	} else {
		change_le64(s, d,
			    d->mode & 0x80 ? &pointers[slot].generation : &pointers[slot].blockptr);
	}
}

/* ---- data -------------------------------------------------------------------------- */

/* Where the sum of the sector at @logical is, or NULL. */
static u8 *find_sum(const struct specimen *s, u64 logical)
{
	const u32 width = checksum_size(s->csum);
	for (u32 b = 0; b < s->nr_blocks; b++) {
		u8 *leaf = s->image + s->blocks[b];
		if (from_le64(header_of(leaf)->owner) != BTRFS_CSUM_TREE_OBJECTID ||
		    !is_leaf(s, leaf))
			continue;
		for (u32 i = 0; i < from_le32(header_of(leaf)->nritems); i++) {
			const struct btrfs_item *item = item_of(leaf, i);
			const u64 first = from_le64(item->key.offset);
			const u64 nr = from_le32(item->size) / width;
			if (logical >= first && (logical - first) / BTRFS_SECTORSIZE < nr)
				return leaf + HEADER + from_le32(item->offset) +
				       (logical - first) / BTRFS_SECTORSIZE * width;
		}
	}
	return NULL;
}

static void damage_sector(const struct specimen *s, const struct damage *d)
{
	const u64 nr = (s->bytes - s->data) / BTRFS_SECTORSIZE;
	const u64 at = s->data + from_le16(d->block) % nr * BTRFS_SECTORSIZE;
	const u32 byte = from_le16(d->at) % BTRFS_SECTORSIZE;
	u8 *sum = d->mode & 0x80 ? NULL : find_sum(s, at);
	change(s, d, s->image + at + byte, BTRFS_SECTORSIZE - byte);
	if (sum)
		checksum_sectors(s->csum, s->image + at, 1, sum);
}

/* ---- all --------------------------------------------------------------------------- */

u8 *specimen_block(const struct specimen *s, u64 at)
{
	for (u32 i = 0; i < s->nr_blocks; i++)
		if (s->blocks[i] == at)
			return s->image + at;
	return NULL;
}

static void damage_one(const struct specimen *s, const struct damage *d)
{
	u8 *block = s->image + s->blocks[from_le16(d->block) % s->nr_blocks];
	const u32 at = from_le16(d->at);
	const u64 bytenr = (u64)(block - s->image);
	switch (d->kind % NR_KINDS) {
	case DAMAGE_BYTES:
		change(s, d, block + at % s->nodesize, s->nodesize - at % s->nodesize);
		break;
	case DAMAGE_SUPER:
		change(s, d, s->image + SUPER + at % BTRFS_SUPER_INFO_SIZE,
		       BTRFS_SUPER_INFO_SIZE - at % BTRFS_SUPER_INFO_SIZE);
		break;
	case DAMAGE_SECTOR:
		damage_sector(s, d);
		break;
	case DAMAGE_BLOCK:
		memmove(block, s->image + s->blocks[from_le64(d->value) % s->nr_blocks],
			s->nodesize);
		if (!(d->mode & 0x80))
			header_of(block)->bytenr = to_le64(bytenr);
		break;
	default:
		if (header_of(block)->level)
			damage_node(s, d, block);
		else if (is_leaf(s, block))
			damage_item(s, d, block);
		break;
	}
}

/* Parents say of their children what these say themselves. */
static void mend_node(const struct specimen *s, u8 *node)
{
	struct btrfs_key_ptr *pointers = (void *)(node + HEADER);
	const u32 nr = from_le32(header_of(node)->nritems);
	if (!header_of(node)->level || nr > (s->nodesize - HEADER) / sizeof(*pointers))
		return;
	for (u32 i = 0; i < nr; i++) {
		u8 *child = specimen_block(s, from_le64(pointers[i].blockptr));
		if (!child)
			continue;
		pointers[i].generation = header_of(child)->generation;
		memcpy(&pointers[i].key, child + HEADER, sizeof(pointers[i].key));
	}
}

void specimen_damage(struct specimen *s, const struct damage *records, u32 nr, bool mends)
{
	for (u32 i = 0; i < nr; i++)
		damage_one(s, &records[i]);
	/* Leaves follow their tree's other leaves, nodes follow them: children come first. */
	for (u32 i = 0; i < s->nr_blocks && mends; i++)
		mend_node(s, s->image + s->blocks[i]);
	for (u32 i = 0; i < s->nr_blocks; i++) {
		const u64 at = s->blocks[i];
		if (memcmp(s->image + at, s->good + at, s->nodesize))
			seal_block(s->csum, s->image + at, s->nodesize);
	}
	seal_block(s->csum, s->image + SUPER, BTRFS_SUPER_INFO_SIZE);
}

void specimen_restore(struct specimen *s)
{
	memcpy(s->image + SUPER, s->good + SUPER, BTRFS_SUPER_INFO_SIZE);
	for (u32 i = 0; i < s->nr_blocks; i++)
		memcpy(s->image + s->blocks[i], s->good + s->blocks[i], s->nodesize);
	for (u64 at = s->data; at < s->bytes; at += BTRFS_SECTORSIZE)
		if (memcmp(s->image + at, s->good + at, BTRFS_SECTORSIZE))
			memcpy(s->image + at, s->good + at, BTRFS_SECTORSIZE);
}

/* ---- mutation ---------------------------------------------------------------------- */

static u32 draw(u64 *x, u32 below)
{
	*x = *x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (u32)(*x >> 33) % below;
}

static u64 draw_value(u64 *x)
{
	const u64 low = draw(x, 1u << 31);
	return draw(x, 2) ? low % 20 : low % 2000 << draw(x, 4) * 8;
}

static struct damage draw_damage(u64 *x)
{
	return (struct damage){
		.kind = (u8)draw(x, NR_KINDS),
		.mode = (u8)draw(x, 256),
		.block = to_le16((u16)draw(x, 64)),
		.slot = to_le16((u16)draw(x, 128)),
		.at = to_le16((u16)(draw(x, 2) ? draw(x, 64) : draw(x, 4096))),
		.value = to_le64(draw_value(x)),
	};
}

/* Change one field of a record. */
static void shuffle_one(u64 *x, struct damage *d)
{
	const struct damage other = draw_damage(x);
	switch (draw(x, 6)) {
	case 0:
		d->kind = other.kind;
		break;
	case 1:
		d->mode = draw(x, 2) ? other.mode : d->mode ^ (u8)(1u << draw(x, 8));
		break;
	case 2:
		d->block = draw(x, 2) ? other.block
				      : to_le16((u16)(from_le16(d->block) + draw(x, 3) - 1));
		break;
	case 3:
		d->slot = draw(x, 2) ? other.slot
				     : to_le16((u16)(from_le16(d->slot) + draw(x, 3) - 1));
		break;
	case 4:
		d->at = draw(x, 2) ? other.at : to_le16((u16)(from_le16(d->at) + draw(x, 3) - 1));
		break;
	default:
		d->value = draw(x, 2) ? other.value
				      : to_le64(from_le64(d->value) ^ 1ull << draw(x, 64));
		break;
	}
}

u32 damage_shuffle(struct damage *records, u32 nr, u32 max, u32 seed)
{
	u64 x = seed;
	for (u32 times = 1 + draw(&x, 3); times; times--) {
		const u32 action = draw(&x, 8);
		if (nr < max && (!nr || action < 3)) {
			records[nr] = action == 2 && nr ? records[draw(&x, nr)] : draw_damage(&x);
			nr++;
		} else if (nr && action == 3) {
			records[draw(&x, nr)] = records[nr - 1];
			nr--;
		} else if (nr) {
			shuffle_one(&x, &records[draw(&x, nr)]);
		}
	}
	return nr;
}
