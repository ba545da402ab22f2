/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksums of blocks and data, and the crc32c hashes of names and references. */
#ifndef DISK_CHECKSUM_H
#define DISK_CHECKSUM_H

#include "disk/format.h"

/*
 * checksum_init - prepare the libraries and choose the crc32c for this CPU
 * Called once, before any other function here and before threads start; returns 0, or a negative
 * errno after printing why.
 */
int checksum_init(void);

/* checksum_size - stored bytes of one sum: 4, 8 or 32 */
u32 checksum_size(enum btrfs_csum_type type);

/* checksum_from_name - crc32c, xxhash, sha256 or blake2 (mkfs.btrfs's names); false if unknown */
bool checksum_from_name(const char *name, enum btrfs_csum_type *type);

/* checksum_name - the name that checksum_from_name() reads */
const char *checksum_name(enum btrfs_csum_type type);

/* checksum - the sum of @bytes at @data as on disk; writes checksum_size(@type) bytes to @sum */
void checksum(enum btrfs_csum_type type, const void *data, size_t bytes, u8 *sum);

/*
 * checksum_sectors - one sum for each sector
 * @data:    @sectors x 4096 bytes
 * @sums:    @sectors x checksum_size(@type) bytes
 */
void checksum_sectors(enum btrfs_csum_type type, const void *data, u32 sectors, u8 *sums);

/* seal_block - fill in the csum field of a tree block or superblock of @bytes */
void seal_block(enum btrfs_csum_type type, void *block, u32 bytes);

/* crc32c_raw - continue a raw crc32c (no inversion before or after) from @seed */
u32 crc32c_raw(u32 seed, const void *data, size_t bytes);

/* crc32c_table - the portable implementation of crc32c_raw(), for tests */
u32 crc32c_table(u32 seed, const void *data, size_t bytes);

/* name_hash - key offset of DIR_ITEM and XATTR_ITEM (btrfs_name_hash) */
u32 name_hash(const void *name, size_t len);

/* extref_hash - key offset of INODE_EXTREF (btrfs_extref_hash) */
u64 extref_hash(u64 parent, const void *name, size_t len);

/* data_ref_hash - order of data references (hash_extent_data_ref) */
u64 data_ref_hash(u64 root, u64 objectid, u64 offset);

/* A running SHA-256, for ids that follow from content. */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *s, const void *data, size_t bytes);
/* sha256_finish - the digest; frees @s */
void sha256_finish(struct sha256 *s, u8 digest[32]);

/*
 * sha256_role_uuid - a version 8 uuid (RFC 9562): a hash of the role, of a path (subvolumes only) and of a
 * digest of the content
 */
void sha256_role_uuid(const char *role, const char *path, size_t path_len, const u8 digest[32],
		      u8 uuid[BTRFS_UUID_SIZE]);

/* hash128 - a fast hash of @bytes at @data, not cryptographic (XXH3); equal on every machine */
void hash128(const void *data, size_t bytes, u8 hash[16]);

/* keyed_hash64 - a hash that is hard to foresee without knowing @secret (XXH3) */
u64 keyed_hash64(u64 secret, const void *data, size_t bytes);

#endif
