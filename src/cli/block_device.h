/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image that goes straight to a block device: does it fit, and what an earlier one left there.
 */
#ifndef CLI_BLOCK_DEVICE_H
#define CLI_BLOCK_DEVICE_H

#include "base/types.h"

struct block_device {
	int fd;         /* the owner's, open for writing */
	int read_fd;    /* the same device to read from, or -1 if that may not be */
	u64 start_pos;  /* where the image begins; it and size_bytes set by block_device_begin() */
	u64 size_bytes; /* of the whole device */
};

/*
 * block_device_open - take @fd, and open the device anew to read from it
 * That works by name, so not in the sandbox. The user calls block_device_close().
 */
void block_device_open(int fd, struct block_device *device);
void block_device_close(struct block_device *device);

/*
 * block_device_begin - before the first byte: see that @image_bytes fit behind where the fd stands
 * @name: for messages
 * Returns 0, or a negative errno after printing.
 */
int block_device_begin(struct block_device *device, const char *name, u64 image_bytes);

/*
 * block_device_finish - behind the last byte: zero superblock copies beyond @image_bytes, and sync
 * Returns 0, or a negative errno after printing.
 */
int block_device_finish(const struct block_device *device, const char *name, u64 image_bytes);

#endif
