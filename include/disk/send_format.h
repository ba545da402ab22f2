/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format of send streams, which btrfs receive reads: a header, then commands. A command is its
 * header and attributes, each a type, a length and data.
 */
#ifndef DISK_SEND_FORMAT_H
#define DISK_SEND_FORMAT_H

#include "base/types.h"

#define BTRFS_SEND_STREAM_MAGIC "btrfs-stream"

struct btrfs_stream_header {
	char magic[sizeof(BTRFS_SEND_STREAM_MAGIC)];
	le32 version;
};
static_assert(sizeof(struct btrfs_stream_header) == 17, "btrfs_stream_header");

struct btrfs_cmd_header {
	le32 len; /* of the attributes */
	le16 cmd;
	le32 crc; /* raw crc32c from 0 on, of header and attributes, with zeros here */
};
static_assert(sizeof(struct btrfs_cmd_header) == 10, "btrfs_cmd_header");

/* In version 2 BTRFS_SEND_A_DATA has no length: it ends with its command. */
struct btrfs_tlv_header {
	le16 tlv_type;
	le16 tlv_len;
};
static_assert(sizeof(struct btrfs_tlv_header) == 4, "btrfs_tlv_header");

/* What receivers of version 1 have room for: no command is larger. */
#define BTRFS_SEND_BUF_SIZE_V1 65536u

enum btrfs_send_cmd {
	BTRFS_SEND_C_SUBVOL = 1,
	BTRFS_SEND_C_SNAPSHOT = 2,
	BTRFS_SEND_C_MKFILE = 3,
	BTRFS_SEND_C_MKDIR = 4,
	BTRFS_SEND_C_MKNOD = 5,
	BTRFS_SEND_C_MKFIFO = 6,
	BTRFS_SEND_C_MKSOCK = 7,
	BTRFS_SEND_C_SYMLINK = 8,
	BTRFS_SEND_C_RENAME = 9,
	BTRFS_SEND_C_LINK = 10,
	BTRFS_SEND_C_UNLINK = 11,
	BTRFS_SEND_C_RMDIR = 12,
	BTRFS_SEND_C_SET_XATTR = 13,
	BTRFS_SEND_C_REMOVE_XATTR = 14,
	BTRFS_SEND_C_WRITE = 15,
	BTRFS_SEND_C_CLONE = 16,
	BTRFS_SEND_C_TRUNCATE = 17,
	BTRFS_SEND_C_CHMOD = 18,
	BTRFS_SEND_C_CHOWN = 19,
	BTRFS_SEND_C_UTIMES = 20,
	BTRFS_SEND_C_END = 21,
	/* version 2 */
	BTRFS_SEND_C_FALLOCATE = 23,
	BTRFS_SEND_C_FILEATTR = 24,
	BTRFS_SEND_C_ENCODED_WRITE = 25,
};

enum btrfs_send_attr {
	BTRFS_SEND_A_UUID = 1,
	BTRFS_SEND_A_CTRANSID = 2,
	BTRFS_SEND_A_INO = 3,
	BTRFS_SEND_A_SIZE = 4,
	BTRFS_SEND_A_MODE = 5,
	BTRFS_SEND_A_UID = 6,
	BTRFS_SEND_A_GID = 7,
	BTRFS_SEND_A_RDEV = 8, /* as user space encodes it, not as an inode item has it */
	BTRFS_SEND_A_CTIME = 9,
	BTRFS_SEND_A_MTIME = 10,
	BTRFS_SEND_A_ATIME = 11,
	BTRFS_SEND_A_OTIME = 12, /* version 2 */
	BTRFS_SEND_A_XATTR_NAME = 13,
	BTRFS_SEND_A_XATTR_DATA = 14,
	BTRFS_SEND_A_PATH = 15, /* from the subvolume on, without a slash in front */
	BTRFS_SEND_A_PATH_TO = 16,
	BTRFS_SEND_A_PATH_LINK = 17,
	BTRFS_SEND_A_FILE_OFFSET = 18,
	BTRFS_SEND_A_DATA = 19,
	BTRFS_SEND_A_CLONE_UUID = 20,
	BTRFS_SEND_A_CLONE_CTRANSID = 21,
	BTRFS_SEND_A_CLONE_PATH = 22,
	BTRFS_SEND_A_CLONE_OFFSET = 23,
	BTRFS_SEND_A_CLONE_LEN = 24,
	/* version 2 */
	BTRFS_SEND_A_FALLOCATE_MODE = 25, /* u32 with FALLOC_FL_* */
	BTRFS_SEND_A_FILEATTR = 26,       /* u64 with BTRFS_INODE_* */
	BTRFS_SEND_A_UNENCODED_FILE_LEN = 27,
	BTRFS_SEND_A_UNENCODED_LEN = 28,
	BTRFS_SEND_A_UNENCODED_OFFSET = 29,
	BTRFS_SEND_A_COMPRESSION = 30, /* u32 of enum btrfs_encoded_io_compression */
};

/* Other numbers than in extents; those of LZO tell the size of a sector. */
enum btrfs_encoded_io_compression {
	BTRFS_ENCODED_IO_COMPRESSION_ZLIB = 1,
	BTRFS_ENCODED_IO_COMPRESSION_ZSTD = 2,
	BTRFS_ENCODED_IO_COMPRESSION_LZO_4K = 3,
};

#endif
