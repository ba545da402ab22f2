/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "super_read.h"

#include "base/diag.h"
#include "base/io.h"
#include "disk/checksum.h"
#include "disk/super_mirror.h"
#include "read/feature_names.h"
#include "read/foreign.h"

#include <stdio.h>

#define REASON_BYTES 96

bool filesystem_is_in(int fd)
{
	u8 magic[sizeof(((struct btrfs_super_block *)0)->magic)];
	return !io_pread_full(fd, magic, sizeof(magic),
			      BTRFS_SUPER_INFO_OFFSET +
				      offsetof(struct btrfs_super_block, magic)) &&
	       !memcmp(magic, BTRFS_MAGIC, sizeof(magic));
}

/* ---- copies ------------------------------------------------------------------------ */

static bool csum_is_good(const struct btrfs_super_block *s)
{
	const u8 *bytes = (const u8 *)s;
	u8 sum[BTRFS_CSUM_SIZE] = { 0 };
	checksum(super_csum_type(s), bytes + BTRFS_CSUM_SIZE, sizeof(*s) - BTRFS_CSUM_SIZE, sum);
	return !memcmp(sum, s->csum, checksum_size(super_csum_type(s)));
}

/* Whether the copy at @at is a superblock; else @reason says why not. */
static bool read_copy(const struct filesystem_device *device, u64 at, struct btrfs_super_block *s,
		      char reason[REASON_BYTES])
{
	int err = io_pread_full(device->fd, s, sizeof(*s), at);
	if (err == -ENODATA)
		snprintf(reason, REASON_BYTES, "the file ends before it");
	else if (err)
		snprintf(reason, REASON_BYTES, "it cannot be read: %s", strerror(-err));
	else if (memcmp(s->magic, BTRFS_MAGIC, sizeof(s->magic)))
		snprintf(reason, REASON_BYTES, "it has no magic number of btrfs");
	else if (from_le16(s->csum_type) > BTRFS_CSUM_TYPE_BLAKE2)
		snprintf(reason, REASON_BYTES, "checksum type %u is unknown, allowed are 0 to %d",
			 from_le16(s->csum_type), BTRFS_CSUM_TYPE_BLAKE2);
	else if (!csum_is_good(s))
		snprintf(reason, REASON_BYTES, "its checksum is wrong");
	else if (from_le64(s->bytenr) != at)
		snprintf(reason, REASON_BYTES, "it says that it is at %llu",
			 (unsigned long long)from_le64(s->bytenr));
	else
		return true;
	return false;
}

static bool is_newer(const struct btrfs_super_block *s, const struct btrfs_super_block *than)
{
	return !memcmp(s->fsid, than->fsid, sizeof(s->fsid)) &&
	       from_le64(s->generation) > from_le64(than->generation);
}

int super_read(const struct filesystem_device *device, bool warns, struct btrfs_super_block *super)
{
	char reason[REASON_BYTES], other[REASON_BYTES];
	struct btrfs_super_block copy;
	bool is_first_good = read_copy(device, BTRFS_SUPER_INFO_OFFSET, super, reason),
	     found = is_first_good;
	for (u32 i = 1; i < BTRFS_SUPER_MIRROR_MAX; i++) {
		if (!read_copy(device, btrfs_sb_offset(i), &copy, other))
			continue;
		if (!found || is_newer(&copy, super))
			*super = copy;
		found = true;
	}
	if (!found)
		return fail(-EINVAL, "%s is no btrfs filesystem: superblock at %llu: %s",
			    device->name, (unsigned long long)BTRFS_SUPER_INFO_OFFSET, reason);
	if (!is_first_good && warns)
		warning("%s: superblock at %llu: %s; the copy at %llu is used", device->name,
			(unsigned long long)BTRFS_SUPER_INFO_OFFSET, reason,
			(unsigned long long)from_le64(super->bytenr));
	return 0;
}

/* ---- what can be read -------------------------------------------------------------- */

#define SUPPORTED_INCOMPAT                                                                         \
	(BTRFS_FEATURE_INCOMPAT_MIXED_BACKREF | BTRFS_FEATURE_INCOMPAT_DEFAULT_SUBVOL |            \
	 BTRFS_FEATURE_INCOMPAT_MIXED_GROUPS | BTRFS_FEATURE_INCOMPAT_COMPRESS_LZO |               \
	 BTRFS_FEATURE_INCOMPAT_COMPRESS_ZSTD | BTRFS_FEATURE_INCOMPAT_BIG_METADATA |              \
	 BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF | BTRFS_FEATURE_INCOMPAT_RAID56 |                    \
	 BTRFS_FEATURE_INCOMPAT_SKINNY_METADATA | BTRFS_FEATURE_INCOMPAT_NO_HOLES |                \
	 BTRFS_FEATURE_INCOMPAT_METADATA_UUID | BTRFS_FEATURE_INCOMPAT_RAID1C34 |                  \
	 BTRFS_FEATURE_INCOMPAT_SIMPLE_QUOTA)

static int check_features(const struct filesystem_device *device,
			  const struct btrfs_super_block *super)
{
	const u64 unknown = from_le64(super->incompat_flags) & ~SUPPORTED_INCOMPAT;
	const u64 lowest = unknown & (0 - unknown);
	if (!unknown)
		return 0;
	if (incompat_feature_name(lowest))
		return fail(-ENOTSUP, "%s has the feature %s, which is not supported", device->name,
			    incompat_feature_name(lowest));
	return fail(-ENOTSUP, "%s has unknown incompatible features, bits 0x%llx", device->name,
		    (unsigned long long)unknown);
}

static bool is_nodesize(u32 bytes)
{
	return bytes >= BTRFS_MIN_NODESIZE && bytes <= BTRFS_MAX_NODESIZE && !(bytes & (bytes - 1));
}

int super_check(const struct filesystem_device *device, const struct btrfs_super_block *super)
{
	int err = check_features(device, super);
	if (err)
		return err;
	if (from_le32(super->sectorsize) != BTRFS_SECTORSIZE)
		return fail(-ENOTSUP, "%s has sectors of %u bytes, supported are %u", device->name,
			    from_le32(super->sectorsize), BTRFS_SECTORSIZE);
	if (!is_nodesize(from_le32(super->nodesize)))
		return fail(-EINVAL,
			    "%s has nodes of %u bytes, allowed is a power of two from %u to %u",
			    device->name, from_le32(super->nodesize), BTRFS_MIN_NODESIZE,
			    BTRFS_MAX_NODESIZE);
	if (super->root_level >= BTRFS_MAX_LEVEL || super->chunk_root_level >= BTRFS_MAX_LEVEL)
		return fail(-EINVAL, "%s: the superblock names a tree of level %u, allowed is %u",
			    device->name,
			    super->root_level > super->chunk_root_level ? super->root_level
									: super->chunk_root_level,
			    BTRFS_MAX_LEVEL - 1);
	if (from_le32(super->sys_chunk_array_size) > BTRFS_SYSTEM_CHUNK_ARRAY_SIZE)
		return fail(-EINVAL,
			    "%s: the superblock's chunk array has %u bytes, allowed are %u",
			    device->name, from_le32(super->sys_chunk_array_size),
			    BTRFS_SYSTEM_CHUNK_ARRAY_SIZE);
	return 0;
}

const u8 *super_block_fsid(const struct btrfs_super_block *super)
{
	return from_le64(super->incompat_flags) & BTRFS_FEATURE_INCOMPAT_METADATA_UUID
		       ? super->metadata_uuid
		       : super->fsid;
}
