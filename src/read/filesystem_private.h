/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a filesystem: filesystem.c fills it, cursors read blocks through it. */
#ifndef READ_FILESYSTEM_PRIVATE_H
#define READ_FILESYSTEM_PRIVATE_H

#include "block.h"

struct filesystem {
	struct chunk_device *devices;
	u32 nr_devices;
	const struct chunk_device *newest; /* whose superblock counts */
	struct chunk_map map;
	struct block_source blocks;
};

#endif
