/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of magic bytes. Formats that are not supported are here so that messages can name them. */
#include "magic.h"

struct magic {
	u32 offset;
	u32 len;
	const char *bytes;
	const char *name;
	enum packing packing;
};

static const struct magic packings[] = {
	{ 0, 2, "\x1f\x8b", "gzip", PACKING_GZIP },
	{ 0, 6,
	  "\xfd"
	  "7zXZ\0",
	  "xz", PACKING_XZ },
	{ 0, 4, "\x28\xb5\x2f\xfd", "zstd", PACKING_ZSTD },
	{ 0, 10, "BZh\0\x31\x41\x59\x26\x53\x59", "bzip2", PACKING_BZIP2 },
	{ 0, 10, "BZh\0\x17\x72\x45\x38\x50\x90", "bzip2", PACKING_BZIP2 },
	{ 0, 4, "\x04\x22\x4d\x18", "lz4", PACKING_LZ4 },
	{ 0, 4, "\x02\x21\x4c\x18", "lz4", PACKING_LZ4 },
	{ 0, 4, "LZIP", "lzip", PACKING_OTHER },
	{ 0, 4, "LRZI", "lrzip", PACKING_OTHER },
	{ 0, 9, "\x89LZO\0\r\n\x1a\n", "lzop", PACKING_OTHER },
	{ 0, 3, "\x5d\0\0", "lzma", PACKING_OTHER },
	{ 0, 2, "\x1f\x9d", "compress (.Z)", PACKING_OTHER },
	{ 0, 6, "begin ", "uuencode", PACKING_OTHER },
	{ 0, 9, "GRZipII\0\x02", "grzip", PACKING_OTHER },
};

/* Programs that make a tar or cpio archive of it. */
#define BY_BSDTAR "bsdtar -cf - @file"
#define BY_MOUNT "tar -C mountpoint -c ."

static const struct {
	struct magic magic;
	const char *help; /* or NULL */
} foreign[] = {
	{ { 0, 4, "PK\x03\x04", "zip archive", PACKING_NONE }, BY_BSDTAR },
	{ { 0, 4, "PK\x05\x06", "zip archive", PACKING_NONE }, BY_BSDTAR },
	{ { 0, 6, "7z\xbc\xaf\x27\x1c", "7z archive", PACKING_NONE }, BY_BSDTAR },
	{ { 0, 21, "!<arch>\ndebian-binary", "deb package", PACKING_NONE },
	  "dpkg-deb --fsys-tarfile file" },
	{ { 0, 8, "!<arch>\n", "ar archive", PACKING_NONE }, BY_BSDTAR },
	{ { 0, 6, "Rar!\x1a\x07", "rar archive", PACKING_NONE }, BY_BSDTAR },
	{ { 0, 4, "xar!", "xar archive", PACKING_NONE }, BY_BSDTAR },
	{ { 0, 4, "MSCF", "cab archive", PACKING_NONE }, BY_BSDTAR },
	{ { 2, 3, "-lh", "lha archive", PACKING_NONE }, BY_BSDTAR },
	{ { 0, 6, "#mtree", "mtree specification", PACKING_NONE }, BY_BSDTAR },
	{ { 0, 4, "\xed\xab\xee\xdb", "rpm package", PACKING_NONE }, "rpm2cpio file" },
	{ { 0, 10, "WARC/1.0\r\n", "warc archive", PACKING_NONE }, BY_BSDTAR },
	{ { 0, 4, "hsqs", "squashfs image", PACKING_NONE }, "sqfs2tar file" },
	{ { 32769, 5, "CD001", "iso image", PACKING_NONE }, BY_BSDTAR },
	{ { 0, 4, "QFI\xfb", "qcow2 disk image", PACKING_NONE }, NULL },
	{ { 0, 4, "KDMV", "vmdk disk image", PACKING_NONE }, NULL },
	{ { 0, 8, "vhdxfile", "vhdx disk image", PACKING_NONE }, NULL },
	{ { 0, 6, "LUKS\xba\xbe", "luks disk image", PACKING_NONE }, NULL },
	{ { 0, 4, "XFSB", "xfs image", PACKING_NONE }, BY_MOUNT },
	/* the superblock's magic, and its state: clean, or not */
	{ { 1080, 4, "\x53\xef\1\0", "ext2, ext3 or ext4 image", PACKING_NONE }, BY_MOUNT },
	{ { 1080, 4, "\x53\xef\0\0", "ext2, ext3 or ext4 image", PACKING_NONE }, BY_MOUNT },
	{ { 1024, 4, "\xe2\xe1\xf5\xe0", "erofs image", PACKING_NONE }, BY_MOUNT },
	{ { 1024, 4, "\x10\x20\xf5\xf2", "f2fs image", PACKING_NONE }, BY_MOUNT },
	{ { 65600, 8, "_BHRfS_M", "btrfs image", PACKING_NONE }, "btrfs2tar file" },
	{ { 512, 8, "EFI PART", "disk image with a partition table", PACKING_NONE }, NULL },
	{ { 512, 8, "LABELONE", "lvm disk image", PACKING_NONE }, NULL },
	{ { 4086, 10, "SWAPSPACE2", "swap area", PACKING_NONE }, NULL },
	{ { 510, 2, "\x55\xaa", "disk image with a boot sector", PACKING_NONE }, NULL },
};

static bool magic_matches(const struct magic *m, const u8 *data, size_t len)
{
	if (len < m->offset + m->len)
		return false;
	if (m->packing != PACKING_BZIP2)
		return !memcmp(data + m->offset, m->bytes, m->len);
	/* the digit is the block size */
	return !memcmp(data, m->bytes, 3) && data[3] >= '1' && data[3] <= '9' &&
	       !memcmp(data + 4, m->bytes + 4, m->len - 4);
}

bool magic_is_skippable(const u8 *data, size_t len)
{
	return len >= 4 && (data[0] & 0xf0) == 0x50 && !memcmp(data + 1, "\x2a\x4d\x18", 3);
}

enum packing magic_packing(const u8 *data, size_t len, const char **name)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(*packings); i++) {
		if (magic_matches(&packings[i], data, len)) {
			*name = packings[i].name;
			return packings[i].packing;
		}
	}
	/* zstd steps over it, whether a frame of zstd or of lz4 follows */
	if (magic_is_skippable(data, len)) {
		*name = "zstd";
		return PACKING_ZSTD;
	}
	return PACKING_NONE;
}

const char *magic_foreign(const u8 *data, size_t len, const char **help)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
		*help = foreign[i].help;
		if (magic_matches(&foreign[i].magic, data, len))
			return foreign[i].magic.name;
	}
	return NULL;
}

bool magic_is_cpio(const u8 *data, size_t len)
{
	if (len >= 6 && !memcmp(data, "0707", 4))
		return !memcmp(data + 4, "01", 2) || !memcmp(data + 4, "02", 2) ||
		       !memcmp(data + 4, "07", 2) || !memcmp(data + 4, "27", 2);
	/* the binary form: 070707 as a 16-bit number of either byte order */
	return len >= 2 && (!memcmp(data, "\xc7\x71", 2) || !memcmp(data, "\x71\xc7", 2));
}
