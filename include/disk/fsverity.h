/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs-verity: what Linux keeps of a file whose every read it verifies, in btrfs's items, and the
 * hashes in it. Merkle trees are made in disk/merkle.h.
 */
#ifndef DISK_FSVERITY_H
#define DISK_FSVERITY_H

#include "base/types.h"

/* Data and Merkle trees are hashed block by block. */
#define FSVERITY_BLOCK 4096u
#define FSVERITY_MAX_HASH 64u
#define FSVERITY_MAX_SALT 32u
#define FSVERITY_MAX_DESCRIPTOR 16384u /* with its signature */

/* Numbers of the format, except the first. */
enum fsverity_algorithm {
	FSVERITY_NONE = 0, /* the file has no fs-verity */
	FSVERITY_SHA256 = 1,
	FSVERITY_SHA512 = 2,
};

/* How blocks are hashed. */
struct fsverity_params {
	enum fsverity_algorithm algorithm; /* not FSVERITY_NONE where something is hashed */
	u8 salt_bytes;                     /* 0..FSVERITY_MAX_SALT; 0: no salt */
	u8 salt[FSVERITY_MAX_SALT];
};

/* fsverity_hash_bytes - the size of a hash: 32 or 64 */
u32 fsverity_hash_bytes(enum fsverity_algorithm algorithm);

/* fsverity_name - "sha256", "sha512"; "none" without an algorithm */
const char *fsverity_name(enum fsverity_algorithm algorithm);

/* fsverity_from_name - the algorithm that @len bytes at @name are the name of; false: none */
bool fsverity_from_name(const char *name, size_t len, enum fsverity_algorithm *algorithm);

/* fsverity_is_known - whether a number of the format is one of the two algorithms */
bool fsverity_is_known(u8 number);

/*
 * fsverity_hash_data - hash @bytes of data, block by block; zeros fill the last block
 * @hashes: result: a hash of each block, one after the other
 */
void fsverity_hash_data(const struct fsverity_params *params, const void *data, u32 bytes,
			u8 *hashes);

/* ---- items --------------------------------------------------------------------------- */

#define BTRFS_VERITY_DESC_ITEM_KEY 36
#define BTRFS_VERITY_MERKLE_ITEM_KEY 37
#define BTRFS_FEATURE_COMPAT_RO_VERITY (1ull << 2)
#define BTRFS_INODE_RO_VERITY (1ull << 32)

/* Linux cuts the bytes of descriptors and Merkle trees into items of this size. */
#define BTRFS_VERITY_ITEM_BYTES 2048u

/* Key format: (<ino>, VERITY_DESC_ITEM, 0); Tree: subvolumes */
struct btrfs_verity_descriptor_item {
	le64 size; /* of the descriptor with its signature */
	le64 reserved[2];
	u8 encryption;
};
static_assert(sizeof(struct btrfs_verity_descriptor_item) == 25, "as on disk");

/*
 * The signature, if there is one, follows it.
 * Key format: (<ino>, VERITY_DESC_ITEM, 1 + <offset in the descriptor>); Tree: subvolumes
 */
struct fsverity_descriptor {
	u8 version; /* 1 */
	u8 hash_algorithm;
	u8 log_blocksize;
	u8 salt_size;
	le32 sig_size;
	le64 data_size;
	u8 root_hash[64]; /* zeros for an empty file */
	u8 salt[32];
	u8 reserved[144];
};
static_assert(sizeof(struct fsverity_descriptor) == 256, "as on disk");

/* fsverity_descriptor - of a file of @data_bytes; @root_hash: fsverity_hash_bytes() */
struct fsverity_descriptor fsverity_descriptor(const struct fsverity_params *params, u64 data_bytes,
					       const u8 *root_hash, u32 signature_bytes);

/*
 * fsverity_digest - the file's digest, as `fsverity digest` and `fsverity measure` print it
 * @digest: result, FSVERITY_MAX_HASH bytes of room; returns how many are used
 */
u32 fsverity_digest(const struct fsverity_descriptor *descriptor, u8 *digest);

/* "sha256:" and hex digits, with a NUL */
#define FSVERITY_TEXT_BYTES (7u + 2 * FSVERITY_MAX_HASH + 1)

/* fsverity_text - the digest as text */
void fsverity_text(const struct fsverity_descriptor *descriptor, char text[FSVERITY_TEXT_BYTES]);

#endif
