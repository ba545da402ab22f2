/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seed.h"

#include "base/diag.h"
#include "base/mem.h"
#include "disk/fsverity.h"
#include "read/feature_names.h"
#include "read/foreign.h"
#include "read/raw_tree.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- features ---------------------------------------------------------------------- */

#define NEEDED_INCOMPAT                                                                            \
	(BTRFS_FEATURE_INCOMPAT_MIXED_BACKREF | BTRFS_FEATURE_INCOMPAT_SKINNY_METADATA)
#define ALLOWED_INCOMPAT                                                                           \
	(NEEDED_INCOMPAT | BTRFS_FEATURE_INCOMPAT_DEFAULT_SUBVOL |                                 \
	 BTRFS_FEATURE_INCOMPAT_COMPRESS_LZO | BTRFS_FEATURE_INCOMPAT_COMPRESS_ZSTD |              \
	 BTRFS_FEATURE_INCOMPAT_BIG_METADATA | BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF |              \
	 BTRFS_FEATURE_INCOMPAT_NO_HOLES)
#define FREE_SPACE_TREE_BITS                                                                       \
	(BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE | BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE_VALID)
#define ALLOWED_COMPAT_RO                                                                          \
	(FREE_SPACE_TREE_BITS | BTRFS_FEATURE_COMPAT_RO_VERITY |                                   \
	 BTRFS_FEATURE_COMPAT_RO_BLOCK_GROUP_TREE)

static int refuse_feature(const struct seed *s, u64 bits, const char *(*name_of)(u64 bit))
{
	const u64 lowest = bits & (0 - bits);
	if (name_of(lowest))
		return fail(-ENOTSUP, "%s has the feature %s, of which no sprout can be made",
			    s->name, name_of(lowest));
	return fail(-ENOTSUP, "%s has unknown features, bits 0x%llx", s->name,
		    (unsigned long long)bits);
}

static int check_seed_features(struct seed *s)
{
	const u64 incompat = from_le64(s->super.incompat_flags);
	const u64 compat_ro = from_le64(s->super.compat_ro_flags);
	const u64 missing = NEEDED_INCOMPAT & ~incompat;
	if (incompat & ~ALLOWED_INCOMPAT)
		return refuse_feature(s, incompat & ~ALLOWED_INCOMPAT, incompat_feature_name);
	if (compat_ro & ~ALLOWED_COMPAT_RO)
		return refuse_feature(s, compat_ro & ~ALLOWED_COMPAT_RO, compat_ro_feature_name);
	if (missing)
		return fail(-ENOTSUP, "%s lacks the feature %s, which a sprout needs", s->name,
			    incompat_feature_name(missing & (0 - missing)));
	s->has_free_space_tree = (compat_ro & FREE_SPACE_TREE_BITS) == FREE_SPACE_TREE_BITS;
	s->has_block_group_tree = compat_ro & BTRFS_FEATURE_COMPAT_RO_BLOCK_GROUP_TREE;
	if (compat_ro & FREE_SPACE_TREE_BITS && !s->has_free_space_tree)
		return fail(-ENOTSUP, "%s has a free space tree that is not valid", s->name);
	return 0;
}

/* ---- what a seed is ---------------------------------------------------------------- */

static int check_is_seed(const struct seed *s)
{
	const u64 flags = from_le64(s->super.flags);
	if (!(flags & BTRFS_SUPER_FLAG_SEEDING))
		return fail(-EINVAL, "%s is no seed but a writable filesystem", s->name);
	if (from_le64(s->super.num_devices) != s->nr_devices)
		return fail(-ENOTSUP,
			    "the devices of the seed %s number %llu, found: %u, allowed: these",
			    s->name, (unsigned long long)from_le64(s->super.num_devices),
			    s->nr_devices);
	if (flags != (BTRFS_SUPER_FLAG_SEEDING | BTRFS_HEADER_FLAG_WRITTEN))
		return fail(-EINVAL, "%s is not in order: the superblock's flags are 0x%llx",
			    s->name, (unsigned long long)flags);
	if (from_le64(s->super.bytes_used) > INT64_MAX)
		return fail(-EINVAL, "%s: the superblock's number of bytes in use is too large",
			    s->name);
	if (from_le64(s->super.generation) >= INT64_MAX)
		return fail(-EINVAL, "%s: the superblock's generation is too large", s->name);
	return 0;
}

/* The kernel refuses a device that is shorter than its filesystem. */
static int check_length(const struct seed_device *d)
{
	const u64 wanted = from_le64(d->super.dev_item.total_bytes);
	const off_t at = lseek(d->file->fd, 0, SEEK_CUR);
	const off_t end = lseek(d->file->fd, 0, SEEK_END);
	if (end < 0 || lseek(d->file->fd, at, SEEK_SET) < 0)
		return fail_errno("cannot look at %s", d->file->name);
	if ((u64)end < wanted)
		return fail(-EINVAL, "%s is cut: it has %llu bytes, its filesystem needs %llu",
			    d->file->name, (unsigned long long)end, (unsigned long long)wanted);
	return 0;
}

static int check_lengths(const struct seed *s)
{
	int err = 0;
	for (u32 i = 0; i < s->nr_devices && !err; i++)
		err = check_length(&s->devices[i]);
	return err;
}

static bool is_newest(const struct seed *s, const struct seed_device *d)
{
	return !memcmp(d->super.fsid, s->super.fsid, BTRFS_FSID_SIZE);
}

/* Of a chain each device has a filesystem id of its own, and is the seed that the next one grew on. */
static int check_seed_device(const struct seed *s, const struct seed_device *d)
{
	const struct btrfs_dev_item *item = &d->item;
	if (!d->has_item)
		return fail(-EINVAL, "%s is none of the devices of %s", d->file->name, s->name);
	if (!(from_le64(d->super.flags) & BTRFS_SUPER_FLAG_SEEDING))
		return fail(-EINVAL, "%s is no seed but a writable filesystem", d->file->name);
	if (memcmp(item->fsid, d->super.fsid, BTRFS_FSID_SIZE) ||
	    (!is_newest(s, d) && from_le64(item->generation) != from_le64(d->super.generation)))
		return fail(-EINVAL, "%s is not as it was when %s grew on it", d->file->name,
			    s->name);
	for (u32 i = 0; &s->devices[i] != d; i++)
		if (!memcmp(s->devices[i].super.fsid, d->super.fsid, BTRFS_FSID_SIZE))
			return fail(-ENOTSUP,
				    "%s and %s are devices of one filesystem, allowed: a chain of "
				    "seeds of one device each",
				    s->devices[i].file->name, d->file->name);
	return 0;
}

static int check_devices(const struct seed *s)
{
	int err = 0;
	for (u32 i = 0; i < s->nr_devices && !err; i++)
		err = check_seed_device(s, &s->devices[i]);
	return err;
}

/* ---- chunks ------------------------------------------------------------------------ */

static int add_seed_chunk(struct seed *s, u64 logical, const void *item)
{
	const struct btrfs_chunk *c = item;
	const u64 profile =
		from_le64(c->type) &
		~(BTRFS_BLOCK_GROUP_DATA | BTRFS_BLOCK_GROUP_SYSTEM | BTRFS_BLOCK_GROUP_METADATA);
	if (profile && profile != BTRFS_BLOCK_GROUP_DUP)
		return fail(-ENOTSUP, "%s: chunk at %llu: its profile is neither single nor DUP",
			    s->name, (unsigned long long)logical);
	if (logical < s->end)
		return fail(-EINVAL, "%s: two chunks have the address %llu", s->name,
			    (unsigned long long)logical);
	s->chunks = mem_grow(s->chunks, &s->chunks_capacity, s->nr_chunks + 1, sizeof(*s->chunks));
	s->chunks[s->nr_chunks++] = (struct seed_chunk){
		.logical = logical,
		.length = from_le64(c->length),
		.type = from_le64(c->type),
	};
	const struct btrfs_stripe *stripes = (const struct btrfs_stripe *)(c + 1);
	for (u16 i = 0; i < from_le16(c->num_stripes); i++) {
		s->chunks[s->nr_chunks - 1].devid[i] = from_le64(stripes[i].devid);
		s->chunks[s->nr_chunks - 1].physical[i] = from_le64(stripes[i].offset);
	}
	s->end = logical + from_le64(c->length);
	s->dup |= from_le64(c->type) & BTRFS_BLOCK_GROUP_METADATA && profile;
	return 0;
}

static int add_device_item(struct seed *s, u64 devid, const void *bytes)
{
	const struct btrfs_dev_item *item = bytes;
	for (u32 i = 0; i < s->nr_devices; i++) {
		struct seed_device *d = &s->devices[i];
		if (memcmp(item->uuid, d->super.dev_item.uuid, BTRFS_UUID_SIZE) ||
		    devid != from_le64(d->super.dev_item.devid) ||
		    devid != from_le64(item->devid) || d->has_item)
			continue;
		d->item = *item;
		d->has_item = true;
		return 0;
	}
	return fail(-EINVAL, "%s: the device of the id %llu is not among those that were found",
		    s->name, (unsigned long long)devid);
}

static int read_chunk_item(struct seed *s, const struct raw_tree *tree, u32 slot)
{
	const struct btrfs_key key = raw_tree_key(tree, slot);
	u32 bytes;
	const void *item = raw_tree_item(tree, slot, &bytes);
	/* filesystem_open() has checked the chunks. */
	if (key.objectid == BTRFS_FIRST_CHUNK_TREE_OBJECTID && key.type == BTRFS_CHUNK_ITEM_KEY)
		return add_seed_chunk(s, key.offset, item);
	if (key.objectid != BTRFS_DEV_ITEMS_OBJECTID || key.type != BTRFS_DEV_ITEM_KEY ||
	    bytes != sizeof(struct btrfs_dev_item) || key.offset >= INT64_MAX)
		return fail(-EINVAL, "%s: item %u of the chunk tree is not possible", s->name,
			    slot);
	return add_device_item(s, key.offset, item);
}

static int read_seed_chunks(struct seed *s)
{
	const struct filesystem_tree chunk_tree = filesystem_chunk_tree(s->fs);
	struct raw_tree tree;
	int err = raw_tree_open(&tree, s->fs, &chunk_tree);
	for (size_t leaf = 0; leaf < tree.nr_leaves && !err; leaf++) {
		err = raw_tree_load(&tree, leaf);
		for (u32 i = 0; !err && i < raw_tree_nr_items(&tree); i++)
			err = read_chunk_item(s, &tree, i);
	}
	raw_tree_close(&tree);
	if (!err && !s->nr_chunks)
		err = fail(-EINVAL, "%s: the chunk tree has no chunks", s->name);
	if (!err && s->end > 1ull << 62)
		err = fail(-EINVAL, "%s: no addresses are left behind the chunk that ends at %llu",
			   s->name, (unsigned long long)s->end);
	return err;
}

/* The numbers of quotas would be those of another generation. */
static int check_quotas(const struct seed *s)
{
	struct filesystem_tree tree;
	int err = filesystem_find_tree(s->fs, BTRFS_QUOTA_TREE_OBJECTID, &tree, NULL);
	if (!err)
		return fail(-ENOTSUP, "%s has quotas, of which no sprout can be made", s->name);
	return err < 0 ? err : 0;
}

/* ---- the interface ----------------------------------------------------------------- */

static int compare_devices(const void *a, const void *b)
{
	const u64 x = from_le64(((const struct seed_device *)a)->super.dev_item.devid);
	const u64 y = from_le64(((const struct seed_device *)b)->super.dev_item.devid);
	return x < y ? -1 : x > y;
}

/* Devices are in the order of their ids. */
static int read_device_supers(struct seed *s, const struct filesystem_device *devices)
{
	int err = 0;
	for (u32 i = 0; i < s->nr_devices && !err; i++) {
		struct seed_device *d = &s->devices[i];
		d->file = &devices[i];
		err = filesystem_read_super(d->file, &d->super);
		if (!err && is_newest(s, d))
			s->name = d->file->name;
	}
	qsort(s->devices, s->nr_devices, sizeof(*s->devices), compare_devices);
	return err;
}

int seed_open(const struct filesystem_device *devices, u32 nr, struct seed *s)
{
	*s = (struct seed){ .name = devices[0].name, .nr_devices = nr };
	s->devices = xzalloc(nr * sizeof(*s->devices));
	int err = filesystem_open(devices, nr, false, &s->fs);
	if (err)
		return err;
	s->super = *filesystem_super(s->fs);
	s->nodesize = from_le32(s->super.nodesize);
	err = read_device_supers(s, devices);
	if (!err)
		err = check_is_seed(s);
	if (!err)
		err = check_seed_features(s);
	if (!err)
		err = check_lengths(s);
	if (!err)
		err = check_quotas(s);
	if (!err)
		err = read_seed_chunks(s);
	if (!err)
		err = check_devices(s);
	return err ? err : filesystem_chunk_uuid(s->fs, s->chunk_tree_uuid);
}

void seed_close(struct seed *s)
{
	filesystem_close(s->fs);
	xfree(s->devices);
	xfree(s->chunks);
}

int seed_check_unchanged(const struct seed *s)
{
	int err = 0;
	for (u32 i = 0; i < s->nr_devices && !err; i++) {
		const struct seed_device *d = &s->devices[i];
		struct btrfs_super_block now;
		err = filesystem_read_super(d->file, &now);
		if (!err && memcmp(&now, &d->super, sizeof(now)))
			err = fail(-EIO, "%s has changed while it was read", d->file->name);
	}
	return err;
}

u64 seed_last_devid(const struct seed *s)
{
	return from_le64(s->devices[s->nr_devices - 1].item.devid);
}

const struct seed_chunk *seed_find_chunk(const struct seed *s, u64 logical, u64 bytes)
{
	size_t low = 0, high = s->nr_chunks;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (s->chunks[middle].logical <= logical)
			low = middle + 1;
		else
			high = middle;
	}
	const struct seed_chunk *c = low ? &s->chunks[low - 1] : NULL;
	if (!c || logical - c->logical >= c->length || bytes > c->length - (logical - c->logical))
		return NULL;
	return c;
}

int seed_check_ids(const struct seed *s, const u8 *fsid, const u8 *device_uuid)
{
	for (u32 i = 0; i < s->nr_devices; i++) {
		const struct seed_device *d = &s->devices[i];
		if (!memcmp(fsid, d->super.fsid, BTRFS_FSID_SIZE))
			return fail(-EEXIST,
				    "the filesystem id is that of %s, allowed: another one",
				    d->file->name);
		if (!memcmp(device_uuid, d->item.uuid, BTRFS_UUID_SIZE))
			return fail(-EEXIST, "the device id is that of %s, allowed: another one",
				    d->file->name);
	}
	return 0;
}
