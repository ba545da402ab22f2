/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image that goes straight to a block device: does it fit, and what an earlier one left there.
 */
#ifndef CLI_BLOCK_DEVICE_H
#define CLI_BLOCK_DEVICE_H

#include "base/types.h"

struct block_device {
	int fd;         /* the owner's, open for writing */
	u64 start_pos;  /* where the image begins */
	u64 size_bytes; /* of the whole device */
};

/*
 * block_device_begin - before the first byte: see that @image_bytes fit behind where @fd stands
 * @name: for messages
 * Returns 0, or a negative errno after printing.
 */
int block_device_begin(int fd, const char *name, u64 image_bytes, struct block_device *device);

/*
 * block_device_finish - behind the last byte: zero superblock copies beyond @image_bytes, and sync
 * Returns 0, or a negative errno after printing.
 */
int block_device_finish(const struct block_device *device, const char *name, u64 image_bytes);

#endif
