/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The four checksums of btrfs, and the hashes that make key offsets. Sums are
 * stored little-endian where they are numbers (crc32c, xxhash) and as the
 * standards print them where they are not.
 */
#include "disk/checksum.h"

#include "base/diag.h"
#include "base/mem.h"

#include <errno.h>
#include <gcrypt.h>
#include <unistd.h>
#include <xxhash.h>

#define GCRYPT_MIN_VERSION "1.8.0" /* first with BLAKE2 */

/* Indexed by enum btrfs_csum_type. */
static const struct {
	char name[8]; /* mkfs.btrfs's */
	u8 bytes;
} checksum_types[] = {
	[BTRFS_CSUM_TYPE_CRC32] = { "crc32c", 4 },
	[BTRFS_CSUM_TYPE_XXHASH] = { "xxhash", 8 },
	[BTRFS_CSUM_TYPE_SHA256] = { "sha256", 32 },
	[BTRFS_CSUM_TYPE_BLAKE2] = { "blake2", 32 },
};
#define CHECKSUM_TYPES (sizeof(checksum_types) / sizeof(checksum_types[0]))

int checksum_init(void)
{
#if GCRYPT_VERSION_NUMBER >= 0x010a00
	/* FIPS mode forbids BLAKE2; nothing here is about security. */
	gcry_control(GCRYCTL_NO_FIPS_MODE, 0);
#endif
	if (!gcry_check_version(GCRYPT_MIN_VERSION))
		return fail(-ENOTSUP, "libgcrypt is version %s, need at least %s",
			    gcry_check_version(NULL), GCRYPT_MIN_VERSION);
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	if (gcry_md_test_algo(GCRY_MD_SHA256) || gcry_md_test_algo(GCRY_MD_BLAKE2B_256))
		return fail(-ENOTSUP, "libgcrypt %s offers no SHA-256 or no BLAKE2b-256",
			    gcry_check_version(NULL));
	return 0;
}

u32 checksum_size(enum btrfs_csum_type type)
{
	assert(type < CHECKSUM_TYPES);
	return checksum_types[type].bytes;
}

bool checksum_from_name(const char *name, enum btrfs_csum_type *type)
{
	for (u32 i = 0; i < CHECKSUM_TYPES; i++) {
		if (strcmp(name, checksum_types[i].name) == 0) {
			*type = (enum btrfs_csum_type)i;
			return true;
		}
	}
	return false;
}

const char *checksum_name(enum btrfs_csum_type type)
{
	return checksum_types[type].name;
}

void checksum(enum btrfs_csum_type type, const void *data, size_t bytes, u8 *sum)
{
	le32 crc;
	le64 xxh;
	assert(type < CHECKSUM_TYPES);
	switch (type) {
	case BTRFS_CSUM_TYPE_CRC32:
		crc = to_le32(~crc32c_raw(~0u, data, bytes));
		memcpy(sum, crc.bytes, sizeof(crc));
		break;
	case BTRFS_CSUM_TYPE_XXHASH:
		xxh = to_le64(XXH64(data, bytes, 0));
		memcpy(sum, xxh.bytes, sizeof(xxh));
		break;
	case BTRFS_CSUM_TYPE_SHA256:
		gcry_md_hash_buffer(GCRY_MD_SHA256, sum, data, bytes);
		break;
	case BTRFS_CSUM_TYPE_BLAKE2:
		gcry_md_hash_buffer(GCRY_MD_BLAKE2B_256, sum, data, bytes);
		break;
	}
}

void checksum_sectors(enum btrfs_csum_type type, const void *data, u32 sectors, u8 *sums)
{
	const u8 *sector = data;
	const u32 sum_bytes = checksum_size(type);
	for (u32 i = 0; i < sectors; i++) {
		checksum(type, sector, BTRFS_SECTORSIZE, sums);
		sector += BTRFS_SECTORSIZE;
		sums += sum_bytes;
	}
}

void seal_block(enum btrfs_csum_type type, void *block, u32 bytes)
{
	u8 *p = block;
	memset(p, 0, BTRFS_CSUM_SIZE);
	checksum(type, p + BTRFS_CSUM_SIZE, bytes - BTRFS_CSUM_SIZE, p);
}

u32 name_hash(const void *name, size_t len)
{
	return crc32c_raw(0xfffffffe, name, len);
}

u64 extref_hash(u64 parent, const void *name, size_t len)
{
	/* The kernel's seed is 32 bits wide: the high half of the inode number is lost. */
	return crc32c_raw((u32)parent, name, len);
}

u64 data_ref_hash(u64 root, u64 objectid, u64 offset)
{
	const le64 root_le = to_le64(root);
	const le64 low_le[2] = { to_le64(objectid), to_le64(offset) };
	const u32 high = crc32c_raw(~0u, &root_le, sizeof(root_le));
	const u32 low = crc32c_raw(~0u, low_le, sizeof(low_le));
	/* 31 is what the kernel has. */
	return (u64)high << 31 ^ low;
}

struct sha256 {
	gcry_md_hd_t md;
};

struct sha256 *sha256_new(void)
{
	struct sha256 *s = xzalloc(sizeof(*s));
	gcry_error_t err = gcry_md_open(&s->md, GCRY_MD_SHA256, 0);
	if (err) { /* checksum_init() found the algorithm: out of memory */
		fail(-ENOMEM, "libgcrypt: %s", gcry_strerror(err));
		_exit(1);
	}
	return s;
}

void sha256_add(struct sha256 *s, const void *data, size_t bytes)
{
	gcry_md_write(s->md, data, bytes);
}

void sha256_finish(struct sha256 *s, u8 digest[32])
{
	memcpy(digest, gcry_md_read(s->md, GCRY_MD_SHA256), 32);
	gcry_md_close(s->md);
	xfree(s);
}

void sha256_role_uuid(const char *role, const char *path, size_t path_len, const u8 digest[32],
		      u8 uuid[BTRFS_UUID_SIZE])
{
	u8 hash[32];
	struct sha256 *sha = sha256_new();
	sha256_add(sha, role, strlen(role));
	sha256_add(sha, path, path_len);
	sha256_add(sha, digest, 32);
	sha256_finish(sha, hash);
	memcpy(uuid, hash, BTRFS_UUID_SIZE);
	uuid[6] = (u8)((uuid[6] & 0x0f) | 0x80);
	uuid[8] = (u8)((uuid[8] & 0x3f) | 0x80);
}

void hash128(const void *data, size_t bytes, u8 hash[16])
{
	XXH128_canonical_t canonical;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, bytes));
	static_assert(sizeof(canonical.digest) == 16, "128 bits");
	memcpy(hash, canonical.digest, 16);
}

u64 keyed_hash64(u64 secret, const void *data, size_t bytes)
{
	return XXH3_64bits_withSeed(data, bytes, secret);
}
