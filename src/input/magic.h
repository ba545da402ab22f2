/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The format of a file, by its first bytes. */
#ifndef INPUT_MAGIC_H
#define INPUT_MAGIC_H

#include "base/types.h"

/* Enough first bytes for every test here: the superblock of a btrfs image is at 64 KiB. */
#define MAGIC_BYTES 65608u

/* Enough for magic_packing(). */
#define MAGIC_PACKING_BYTES 16u

enum packing {
	PACKING_NONE,
	PACKING_GZIP,
	PACKING_XZ,
	PACKING_ZSTD,
	PACKING_BZIP2,
	PACKING_LZ4,
	PACKING_OTHER, /* known by name, not supported */
};

/*
 * magic_packing - how the bytes at @data are packed
 * @name: result, unless PACKING_NONE: the packing's name
 */
enum packing magic_packing(const u8 *data, size_t len, const char **name);

/* magic_is_skippable - whether a frame without data begins here, as zstd and lz4 have them */
bool magic_is_skippable(const u8 *data, size_t len);

/*
 * magic_foreign - name of an archive or image format that we do not read, or NULL
 * @help: result: a command that makes an archive of it, or NULL
 */
const char *magic_foreign(const u8 *data, size_t len, const char **help);

/* magic_is_cpio - whether a cpio header of any kind begins here */
bool magic_is_cpio(const u8 *data, size_t len);

#endif
