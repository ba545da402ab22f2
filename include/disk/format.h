/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The btrfs disk format, as far as a seed image needs it: structs, constants, and the limits that
 * follow from the node size. Names are the kernel's (include/uapi/linux/btrfs_tree.h), so that its
 * documentation can be searched for them.
 *
 * "Key format" and "Tree" say with which keys an item is stored, and in which trees.
 */
#ifndef DISK_FORMAT_H
#define DISK_FORMAT_H

#include "base/types.h"

/* ---- sizes and places -------------------------------------------------- */

#define BTRFS_SECTORSIZE 4096u
#define BTRFS_STRIPE_LEN 65536u
#define BTRFS_SUPER_INFO_SIZE 4096u
#define BTRFS_SUPER_INFO_OFFSET 65536ull
#define BTRFS_SUPER_MIRROR_MAX 3
#define BTRFS_DEVICE_RANGE_RESERVED (1ull << 20)

#define BTRFS_MIN_NODESIZE 4096u
#define BTRFS_MAX_NODESIZE 65536u
#define BTRFS_MAX_LEVEL 8
#define BTRFS_CSUM_SIZE 32u
#define BTRFS_FSID_SIZE 16u
#define BTRFS_UUID_SIZE 16u
#define BTRFS_LABEL_SIZE 256u
#define BTRFS_NAME_LEN 255u
#define BTRFS_SYSTEM_CHUNK_ARRAY_SIZE 2048u
#define BTRFS_MAX_COMPRESSED (128u << 10) /* uncompressed bytes in one compressed extent */
#define BTRFS_LINK_MAX 65535u

#define BTRFS_MAGIC "_BHRfS_M"

/* ---- object ids -------------------------------------------------------- */

#define BTRFS_ROOT_TREE_OBJECTID 1ull
#define BTRFS_EXTENT_TREE_OBJECTID 2ull
#define BTRFS_CHUNK_TREE_OBJECTID 3ull
#define BTRFS_DEV_TREE_OBJECTID 4ull
#define BTRFS_FS_TREE_OBJECTID 5ull
#define BTRFS_ROOT_TREE_DIR_OBJECTID 6ull
#define BTRFS_CSUM_TREE_OBJECTID 7ull
#define BTRFS_QUOTA_TREE_OBJECTID 8ull
#define BTRFS_UUID_TREE_OBJECTID 9ull
#define BTRFS_FREE_SPACE_TREE_OBJECTID 10ull
#define BTRFS_BLOCK_GROUP_TREE_OBJECTID 11ull
#define BTRFS_DATA_RELOC_TREE_OBJECTID ((u64)-9)
#define BTRFS_EXTENT_CSUM_OBJECTID ((u64)-10)
#define BTRFS_DEV_ITEMS_OBJECTID 1ull
#define BTRFS_FIRST_CHUNK_TREE_OBJECTID 256ull
#define BTRFS_FIRST_FREE_OBJECTID 256ull /* also the inode number of a tree's root directory */

/* ---- key types --------------------------------------------------------- */

#define BTRFS_INODE_ITEM_KEY 1
#define BTRFS_INODE_REF_KEY 12
#define BTRFS_INODE_EXTREF_KEY 13
#define BTRFS_XATTR_ITEM_KEY 24
#define BTRFS_DIR_ITEM_KEY 84
#define BTRFS_DIR_INDEX_KEY 96
#define BTRFS_EXTENT_DATA_KEY 108
#define BTRFS_EXTENT_CSUM_KEY 128
#define BTRFS_ROOT_ITEM_KEY 132
#define BTRFS_ROOT_BACKREF_KEY 144
#define BTRFS_ROOT_REF_KEY 156
#define BTRFS_EXTENT_ITEM_KEY 168
#define BTRFS_METADATA_ITEM_KEY 169
#define BTRFS_TREE_BLOCK_REF_KEY 176
#define BTRFS_EXTENT_DATA_REF_KEY 178
#define BTRFS_BLOCK_GROUP_ITEM_KEY 192
#define BTRFS_FREE_SPACE_INFO_KEY 198
#define BTRFS_FREE_SPACE_EXTENT_KEY 199 /* (<logical>, ..., <bytes>), an empty item */
#define BTRFS_FREE_SPACE_BITMAP_KEY 200
#define BTRFS_DEV_EXTENT_KEY 204
#define BTRFS_DEV_ITEM_KEY 216
#define BTRFS_CHUNK_ITEM_KEY 228
#define BTRFS_UUID_KEY_SUBVOL 251

/* ---- flags ------------------------------------------------------------- */

#define BTRFS_HEADER_FLAG_WRITTEN (1ull << 0)
#define BTRFS_SUPER_FLAG_SEEDING (1ull << 32)
#define BTRFS_MIXED_BACKREF_REV (1ull << 56)

#define BTRFS_BLOCK_GROUP_DATA (1ull << 0)
#define BTRFS_BLOCK_GROUP_SYSTEM (1ull << 1)
#define BTRFS_BLOCK_GROUP_METADATA (1ull << 2)
#define BTRFS_BLOCK_GROUP_DUP (1ull << 5)

#define BTRFS_EXTENT_FLAG_DATA (1ull << 0)
#define BTRFS_EXTENT_FLAG_TREE_BLOCK (1ull << 1)

#define BTRFS_FEATURE_INCOMPAT_MIXED_BACKREF (1ull << 0)
#define BTRFS_FEATURE_INCOMPAT_DEFAULT_SUBVOL (1ull << 1)
#define BTRFS_FEATURE_INCOMPAT_COMPRESS_LZO (1ull << 3)
#define BTRFS_FEATURE_INCOMPAT_COMPRESS_ZSTD (1ull << 4)
#define BTRFS_FEATURE_INCOMPAT_BIG_METADATA (1ull << 5)
#define BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF (1ull << 6)
#define BTRFS_FEATURE_INCOMPAT_SKINNY_METADATA (1ull << 8)
#define BTRFS_FEATURE_INCOMPAT_NO_HOLES (1ull << 9)

#define BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE (1ull << 0)
#define BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE_VALID (1ull << 1)
#define BTRFS_FEATURE_COMPAT_RO_BLOCK_GROUP_TREE (1ull << 3)

#define BTRFS_ROOT_SUBVOL_RDONLY (1ull << 0)

#define BTRFS_INODE_NODATASUM (1u << 0)
#define BTRFS_INODE_NODATACOW (1u << 1)
#define BTRFS_INODE_NOCOMPRESS (1u << 3)
#define BTRFS_INODE_SYNC (1u << 5)
#define BTRFS_INODE_IMMUTABLE (1u << 6)
#define BTRFS_INODE_APPEND (1u << 7)
#define BTRFS_INODE_NODUMP (1u << 8)
#define BTRFS_INODE_NOATIME (1u << 9)
#define BTRFS_INODE_DIRSYNC (1u << 10)
#define BTRFS_INODE_COMPRESS (1u << 11)
#define BTRFS_INODE_ROOT_ITEM_INIT (1u << 31)

enum btrfs_csum_type {
	BTRFS_CSUM_TYPE_CRC32 = 0,
	BTRFS_CSUM_TYPE_XXHASH = 1,
	BTRFS_CSUM_TYPE_SHA256 = 2,
	BTRFS_CSUM_TYPE_BLAKE2 = 3,
};

enum btrfs_compression_type {
	BTRFS_COMPRESS_NONE = 0,
	BTRFS_COMPRESS_ZLIB = 1,
	BTRFS_COMPRESS_LZO = 2,
	BTRFS_COMPRESS_ZSTD = 3,
};

enum btrfs_file_extent_type {
	BTRFS_FILE_EXTENT_INLINE = 0,
	BTRFS_FILE_EXTENT_REG = 1,
	BTRFS_FILE_EXTENT_PREALLOC = 2, /* room without data: reads as zeros */
};

enum btrfs_ft {
	BTRFS_FT_REG_FILE = 1,
	BTRFS_FT_DIR = 2,
	BTRFS_FT_CHRDEV = 3,
	BTRFS_FT_BLKDEV = 4,
	BTRFS_FT_FIFO = 5,
	BTRFS_FT_SOCK = 6,
	BTRFS_FT_SYMLINK = 7,
	BTRFS_FT_XATTR = 8,
};

/* ---- blocks ------------------------------------------------------------ */

/* Tree: every one; in each item header and node pointer */
struct btrfs_disk_key {
	le64 objectid;
	u8 type;
	le64 offset;
};
static_assert(sizeof(struct btrfs_disk_key) == 17, "btrfs_disk_key");

/* Tree: every one; the beginning of each block */
struct btrfs_header {
	u8 csum[BTRFS_CSUM_SIZE]; /* over the rest of the block */
	u8 fsid[BTRFS_FSID_SIZE];
	le64 bytenr; /* logical address of this block */
	le64 flags;  /* HEADER_FLAG_WRITTEN | MIXED_BACKREF_REV */
	u8 chunk_tree_uuid[BTRFS_UUID_SIZE];
	le64 generation;
	le64 owner; /* tree id */
	le32 nritems;
	u8 level; /* 0: leaf */
};
static_assert(sizeof(struct btrfs_header) == 101, "btrfs_header");

/* Tree: every one, in leaves. Item headers grow up, their data grows down from the block's end. */
struct btrfs_item {
	struct btrfs_disk_key key;
	le32 offset; /* of the data, from the end of the header */
	le32 size;
};
static_assert(sizeof(struct btrfs_item) == 25, "btrfs_item");

/* Tree: every one, in nodes */
struct btrfs_key_ptr {
	struct btrfs_disk_key key; /* first key of the child */
	le64 blockptr;
	le64 generation;
};
static_assert(sizeof(struct btrfs_key_ptr) == 33, "btrfs_key_ptr");

/* ---- inodes and names (subvolume trees) ---------------------------------- */

/* Tree: part of inode items and root items */
struct btrfs_timespec {
	le64 sec; /* signed */
	le32 nsec;
};
static_assert(sizeof(struct btrfs_timespec) == 12, "btrfs_timespec");

/* Key format: (<ino>, INODE_ITEM, 0); Tree: subvolumes, data reloc, root (directory "default") */
struct btrfs_inode_item {
	le64 generation;
	le64 transid;
	le64 size;   /* files: bytes; directories: twice the sum of name lengths */
	le64 nbytes; /* inline: ram bytes; else sum of num_bytes; holes 0 */
	le64 block_group;
	le32 nlink; /* directories: always 1 */
	le32 uid;
	le32 gid;
	le32 mode;
	le64 rdev; /* kernel dev_t: major << 20 | minor */
	le64 flags;
	le64 sequence;
	le64 reserved[4];
	struct btrfs_timespec atime;
	struct btrfs_timespec ctime;
	struct btrfs_timespec mtime;
	struct btrfs_timespec otime;
};
static_assert(sizeof(struct btrfs_inode_item) == 160, "btrfs_inode_item");

/*
 * Key format: (<ino>, INODE_REF, <parent ino>); Tree: subvolumes, data reloc, root
 * Records of one parent follow each other in one item.
 */
struct btrfs_inode_ref {
	le64 index;
	le16 name_len;
	/* name */
};
static_assert(sizeof(struct btrfs_inode_ref) == 10, "btrfs_inode_ref");

/*
 * Key format: (<ino>, INODE_EXTREF, crc32c(parent, name)); Tree: subvolumes
 * Records with one hash follow each other in one item.
 */
struct btrfs_inode_extref {
	le64 parent_objectid;
	le64 index;
	le16 name_len;
	/* name */
};
static_assert(sizeof(struct btrfs_inode_extref) == 18, "btrfs_inode_extref");

/*
 * Key format: (<dir>, DIR_ITEM, name hash), (<dir>, DIR_INDEX, index),
 *             (<ino>, XATTR_ITEM, name hash); Tree: subvolumes, root (DIR_ITEM)
 * Records with one hash follow each other in one item.
 */
struct btrfs_dir_item {
	struct btrfs_disk_key location;
	le64 transid;
	le16 data_len; /* xattr value length */
	le16 name_len;
	u8 type; /* enum btrfs_ft */
		 /* name, then data */
};
static_assert(sizeof(struct btrfs_dir_item) == 30, "btrfs_dir_item");

/*
 * Key format: (<ino>, EXTENT_DATA, <file offset>); Tree: subvolumes
 * Inline data follows the head; a regular extent has the four fields of the tail.
 */
struct btrfs_file_extent_head {
	le64 generation;
	le64 ram_bytes;
	u8 compression;
	u8 encryption;
	le16 other_encoding;
	u8 type;
};
static_assert(sizeof(struct btrfs_file_extent_head) == 21, "btrfs_file_extent_head");

/* Key format and tree as above: type is BTRFS_FILE_EXTENT_REG */
struct btrfs_file_extent_item {
	struct btrfs_file_extent_head head;
	le64 disk_bytenr;    /* logical address of the extent */
	le64 disk_num_bytes; /* stored bytes of the extent */
	le64 offset;         /* where the file's data begins in the uncompressed extent */
	le64 num_bytes;      /* of the file */
};
static_assert(sizeof(struct btrfs_file_extent_item) == 53, "btrfs_file_extent_item");

/* ---- root tree ----------------------------------------------------------- */

/* Key format: (<tree id>, ROOT_ITEM, 0); Tree: root */
struct btrfs_root_item {
	struct btrfs_inode_item inode;
	le64 generation;
	le64 root_dirid;
	le64 bytenr;
	le64 byte_limit;
	le64 bytes_used;
	le64 last_snapshot;
	le64 flags; /* BTRFS_ROOT_SUBVOL_RDONLY */
	le32 refs;
	struct btrfs_disk_key drop_progress;
	u8 drop_level;
	u8 level;
	le64 generation_v2;
	u8 uuid[BTRFS_UUID_SIZE];
	u8 parent_uuid[BTRFS_UUID_SIZE];
	u8 received_uuid[BTRFS_UUID_SIZE];
	le64 ctransid;
	le64 otransid;
	le64 stransid;
	le64 rtransid;
	struct btrfs_timespec ctime;
	struct btrfs_timespec otime;
	struct btrfs_timespec stime;
	struct btrfs_timespec rtime;
	le64 reserved[8];
};
static_assert(sizeof(struct btrfs_root_item) == 439, "btrfs_root_item");

/* ---- extent, free space, device and chunk trees ---------------------------- */

/*
 * Key format: (<bytenr>, EXTENT_ITEM, <bytes>), (<bytenr>, METADATA_ITEM, <level>); Tree: extent
 * Refs follow in the item, further ones in items of their own.
 */
struct btrfs_extent_item {
	le64 refs;
	le64 generation;
	le64 flags;
};
static_assert(sizeof(struct btrfs_extent_item) == 24, "btrfs_extent_item");

/* In a METADATA_ITEM; others are empty items (<bytenr>, TREE_BLOCK_REF, <owner>); Tree: extent */
struct btrfs_extent_inline_ref {
	u8 type;     /* TREE_BLOCK_REF */
	le64 offset; /* owning tree */
};
static_assert(sizeof(struct btrfs_extent_inline_ref) == 9, "btrfs_extent_inline_ref");

/*
 * In an EXTENT_ITEM, behind the btrfs_extent_item and a type byte (EXTENT_DATA_REF); further ones:
 * Key format: (<bytenr>, EXTENT_DATA_REF, hash of root, objectid and offset); Tree: extent
 */
struct btrfs_extent_data_ref {
	le64 root;
	le64 objectid;
	le64 offset; /* file offset less the offset inside the extent */
	le32 count;
};
static_assert(sizeof(struct btrfs_extent_data_ref) == 28, "btrfs_extent_data_ref");

/* Key format: (<logical>, BLOCK_GROUP_ITEM, <bytes>); Tree: extent or block group */
struct btrfs_block_group_item {
	le64 used;
	le64 chunk_objectid;
	le64 flags;
};
static_assert(sizeof(struct btrfs_block_group_item) == 24, "btrfs_block_group_item");

/* Key format: (<logical>, FREE_SPACE_INFO, <bytes>); Tree: free space */
struct btrfs_free_space_info {
	le32 extent_count;
	le32 flags;
};
static_assert(sizeof(struct btrfs_free_space_info) == 8, "btrfs_free_space_info");

/* Key format: (<devid>, DEV_EXTENT, <physical>); Tree: device */
struct btrfs_dev_extent {
	le64 chunk_tree;
	le64 chunk_objectid;
	le64 chunk_offset;
	le64 length;
	u8 chunk_tree_uuid[BTRFS_UUID_SIZE];
};
static_assert(sizeof(struct btrfs_dev_extent) == 48, "btrfs_dev_extent");

/* Key format: (DEV_ITEMS, DEV_ITEM, <devid>); Tree: chunk; a copy is in the superblock */
struct btrfs_dev_item {
	le64 devid;
	le64 total_bytes;
	le64 bytes_used;
	le32 io_align;
	le32 io_width;
	le32 sector_size;
	le64 type;
	le64 generation;
	le64 start_offset;
	le32 dev_group;
	u8 seek_speed;
	u8 bandwidth;
	u8 uuid[BTRFS_UUID_SIZE];
	u8 fsid[BTRFS_FSID_SIZE];
};
static_assert(sizeof(struct btrfs_dev_item) == 98, "btrfs_dev_item");

/* Tree: chunk; behind a btrfs_chunk */
struct btrfs_stripe {
	le64 devid;
	le64 offset; /* physical */
	u8 dev_uuid[BTRFS_UUID_SIZE];
};
static_assert(sizeof(struct btrfs_stripe) == 32, "btrfs_stripe");

/* Key format: (FIRST_CHUNK_TREE, CHUNK_ITEM, <logical>); Tree: chunk; stripes follow */
struct btrfs_chunk {
	le64 length;
	le64 owner;
	le64 stripe_len;
	le64 type;
	le32 io_align;
	le32 io_width;
	le32 sector_size;
	le16 num_stripes;
	le16 sub_stripes;
};
static_assert(sizeof(struct btrfs_chunk) == 48, "btrfs_chunk");

/* Key format: (<tree id>, ROOT_REF|ROOT_BACKREF, <tree id>); Tree: root; the name follows */
struct btrfs_root_ref {
	le64 dirid;
	le64 sequence;
	le16 name_len;
};
static_assert(sizeof(struct btrfs_root_ref) == 18, "btrfs_root_ref");

/* ---- superblock ------------------------------------------------------------ */

/* Not in a tree: at fixed addresses of the device, BTRFS_SUPER_INFO_OFFSET and the mirrors */
struct btrfs_super_block {
	u8 csum[BTRFS_CSUM_SIZE];
	u8 fsid[BTRFS_FSID_SIZE];
	le64 bytenr; /* physical address of this copy */
	le64 flags;
	u8 magic[8];
	le64 generation;
	le64 root;
	le64 chunk_root;
	le64 log_root;
	le64 unused_log_root_transid;
	le64 total_bytes;
	le64 bytes_used;
	le64 root_dir_objectid;
	le64 num_devices;
	le32 sectorsize;
	le32 nodesize;
	le32 unused_leafsize;
	le32 stripesize;
	le32 sys_chunk_array_size;
	le64 chunk_root_generation;
	le64 compat_flags;
	le64 compat_ro_flags;
	le64 incompat_flags;
	le16 csum_type;
	u8 root_level;
	u8 chunk_root_level;
	u8 log_root_level;
	struct btrfs_dev_item dev_item;
	char label[BTRFS_LABEL_SIZE];
	le64 cache_generation;
	le64 uuid_tree_generation;
	u8 metadata_uuid[BTRFS_FSID_SIZE];
	u8 reserved[224];
	u8 sys_chunk_array[BTRFS_SYSTEM_CHUNK_ARRAY_SIZE];
	u8 super_roots[672];
	u8 padding[565];
};
static_assert(sizeof(struct btrfs_super_block) == BTRFS_SUPER_INFO_SIZE, "btrfs_super_block");
static_assert(offsetof(struct btrfs_super_block, dev_item) == 201, "dev_item");
static_assert(offsetof(struct btrfs_super_block, label) == 299, "label");
static_assert(offsetof(struct btrfs_super_block, cache_generation) == 555, "cache_generation");
static_assert(offsetof(struct btrfs_super_block, sys_chunk_array) == 811, "sys_chunk_array");
static_assert(offsetof(struct btrfs_super_block, super_roots) == 2859, "super_roots");

/* ---- derived limits ---------------------------------------------------------- */

/* Bytes of a block behind its header. */
static inline u32 btrfs_block_payload(u32 nodesize)
{
	return nodesize - (u32)sizeof(struct btrfs_header);
}

/* The largest item a leaf can hold (BTRFS_MAX_ITEM_SIZE). */
static inline u32 btrfs_max_item_size(u32 nodesize)
{
	return btrfs_block_payload(nodesize) - (u32)sizeof(struct btrfs_item);
}

/* Name plus value of the largest xattr (BTRFS_MAX_XATTR_SIZE). */
static inline u32 btrfs_max_xattr_size(u32 nodesize)
{
	return btrfs_max_item_size(nodesize) - (u32)sizeof(struct btrfs_dir_item);
}

/* The most bytes stored behind an inline extent's head (BTRFS_MAX_INLINE_DATA_SIZE). */
static inline u32 btrfs_max_inline_stored(u32 nodesize)
{
	return btrfs_max_item_size(nodesize) - (u32)sizeof(struct btrfs_file_extent_head);
}

#endif
