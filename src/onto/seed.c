/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seed.h"

#include "base/diag.h"
#include "base/mem.h"
#include "disk/fsverity.h"
#include "read/feature_names.h"
#include "read/foreign.h"
#include "read/raw_tree.h"

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
			    s->device->name, name_of(lowest));
	return fail(-ENOTSUP, "%s has unknown features, bits 0x%llx", s->device->name,
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
		return fail(-ENOTSUP, "%s lacks the feature %s, which a sprout needs",
			    s->device->name, incompat_feature_name(missing & (0 - missing)));
	s->has_free_space_tree = (compat_ro & FREE_SPACE_TREE_BITS) == FREE_SPACE_TREE_BITS;
	s->has_block_group_tree = compat_ro & BTRFS_FEATURE_COMPAT_RO_BLOCK_GROUP_TREE;
	if (compat_ro & FREE_SPACE_TREE_BITS && !s->has_free_space_tree)
		return fail(-ENOTSUP, "%s has a free space tree that is not valid",
			    s->device->name);
	return 0;
}

/* ---- what a seed is ---------------------------------------------------------------- */

static int check_is_seed(const struct seed *s)
{
	const u64 flags = from_le64(s->super.flags);
	if (!(flags & BTRFS_SUPER_FLAG_SEEDING))
		return fail(-EINVAL, "%s is no seed but a writable filesystem", s->device->name);
	if (from_le64(s->super.num_devices) != 1)
		return fail(-ENOTSUP, "%s is a seed of %llu devices, allowed: one", s->device->name,
			    (unsigned long long)from_le64(s->super.num_devices));
	if (flags != (BTRFS_SUPER_FLAG_SEEDING | BTRFS_HEADER_FLAG_WRITTEN))
		return fail(-EINVAL, "%s is not in order: the superblock's flags are 0x%llx",
			    s->device->name, (unsigned long long)flags);
	if (from_le64(s->super.bytes_used) > INT64_MAX)
		return fail(-EINVAL, "%s: the superblock's number of bytes in use is too large",
			    s->device->name);
	if (from_le64(s->super.generation) >= INT64_MAX ||
	    from_le64(s->super.dev_item.devid) >= INT64_MAX)
		return fail(-EINVAL, "%s: the superblock's generation or device id is too large",
			    s->device->name);
	return 0;
}

/* The kernel refuses a device that is shorter than its filesystem. */
static int check_length(const struct seed *s)
{
	const u64 wanted = from_le64(s->super.dev_item.total_bytes);
	const off_t at = lseek(s->device->fd, 0, SEEK_CUR);
	const off_t end = lseek(s->device->fd, 0, SEEK_END);
	if (end < 0 || lseek(s->device->fd, at, SEEK_SET) < 0)
		return fail_errno("cannot look at %s", s->device->name);
	if ((u64)end < wanted)
		return fail(-EINVAL, "%s is cut: it has %llu bytes, its filesystem needs %llu",
			    s->device->name, (unsigned long long)end, (unsigned long long)wanted);
	return 0;
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
			    s->device->name, (unsigned long long)logical);
	s->chunks = mem_grow(s->chunks, &s->chunks_capacity, s->nr_chunks + 1, sizeof(*s->chunks));
	s->chunks[s->nr_chunks++] = (struct seed_chunk){
		.logical = logical,
		.length = from_le64(c->length),
		.type = from_le64(c->type),
	};
	const struct btrfs_stripe *stripes = (const struct btrfs_stripe *)(c + 1);
	for (u16 i = 0; i < from_le16(c->num_stripes); i++)
		s->chunks[s->nr_chunks - 1].physical[i] = from_le64(stripes[i].offset);
	s->end = logical + from_le64(c->length);
	s->dup |= from_le64(c->type) & BTRFS_BLOCK_GROUP_METADATA && profile;
	return 0;
}

static int read_chunk_item(struct seed *s, const struct raw_tree *tree, u32 slot, u32 *nr_devices)
{
	const struct btrfs_key key = raw_tree_key(tree, slot);
	u32 bytes;
	const void *item = raw_tree_item(tree, slot, &bytes);
	/* filesystem_open() has checked the chunks. */
	if (key.objectid == BTRFS_FIRST_CHUNK_TREE_OBJECTID && key.type == BTRFS_CHUNK_ITEM_KEY)
		return add_seed_chunk(s, key.offset, item);
	if (key.objectid != BTRFS_DEV_ITEMS_OBJECTID || key.type != BTRFS_DEV_ITEM_KEY ||
	    key.offset != from_le64(s->super.dev_item.devid) || bytes != sizeof(s->device_item) ||
	    ++*nr_devices > 1)
		return fail(-EINVAL, "%s: item %u of the chunk tree is not possible",
			    s->device->name, slot);
	memcpy(&s->device_item, item, sizeof(s->device_item));
	return 0;
}

static int read_seed_chunks(struct seed *s)
{
	const struct filesystem_tree chunk_tree = filesystem_chunk_tree(s->fs);
	struct raw_tree tree;
	u32 nr_devices = 0;
	int err = raw_tree_open(&tree, s->fs, &chunk_tree);
	for (size_t leaf = 0; leaf < tree.nr_leaves && !err; leaf++) {
		err = raw_tree_load(&tree, leaf);
		for (u32 i = 0; !err && i < raw_tree_nr_items(&tree); i++)
			err = read_chunk_item(s, &tree, i, &nr_devices);
	}
	raw_tree_close(&tree);
	if (!err && (!nr_devices || !s->nr_chunks ||
		     memcmp(s->device_item.uuid, s->super.dev_item.uuid, BTRFS_UUID_SIZE)))
		err = fail(-EINVAL, "%s: its device is not in the chunk tree", s->device->name);
	if (!err && s->end > 1ull << 62)
		err = fail(-EINVAL, "%s: no addresses are left behind the chunk that ends at %llu",
			   s->device->name, (unsigned long long)s->end);
	return err;
}

/* The numbers of quotas would be those of another generation. */
static int check_quotas(const struct seed *s)
{
	struct filesystem_tree tree;
	int err = filesystem_find_tree(s->fs, BTRFS_QUOTA_TREE_OBJECTID, &tree, NULL);
	if (!err)
		return fail(-ENOTSUP, "%s has quotas, of which no sprout can be made",
			    s->device->name);
	return err < 0 ? err : 0;
}

/* ---- the interface ----------------------------------------------------------------- */

int seed_open(const struct filesystem_device *device, struct seed *s)
{
	*s = (struct seed){ .device = device };
	int err = filesystem_open(device, 1, false, &s->fs);
	if (err)
		return err;
	s->super = *filesystem_super(s->fs);
	s->nodesize = from_le32(s->super.nodesize);
	err = check_is_seed(s);
	if (!err)
		err = check_seed_features(s);
	if (!err)
		err = check_length(s);
	if (!err)
		err = check_quotas(s);
	if (!err)
		err = read_seed_chunks(s);
	return err ? err : filesystem_chunk_uuid(s->fs, s->chunk_tree_uuid);
}

void seed_close(struct seed *s)
{
	filesystem_close(s->fs);
	xfree(s->chunks);
}

int seed_check_unchanged(const struct seed *s)
{
	struct btrfs_super_block now;
	int err = filesystem_read_super(s->device, &now);
	if (!err && memcmp(&now, &s->super, sizeof(now)))
		err = fail(-EIO, "%s has changed while it was read", s->device->name);
	return err;
}
