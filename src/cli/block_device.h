/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image that is written to a block device: whether it fits, and leftovers of an earlier one. */
#ifndef CLI_BLOCK_DEVICE_H
#define CLI_BLOCK_DEVICE_H

#include "base/types.h"

#include <sys/stat.h>

struct block_device {
	int fd;         /* the owner's, open for writing */
	int read_fd;    /* the same device, open for reading; -1 if that is not permitted */
	u64 start_pos;  /* of the image in bytes; set by block_device_begin(), as size_bytes is */
	u64 size_bytes; /* of the whole device */
};

/*
 * block_device_open - take @fd, and open the device anew to read from it
 * This opens a name, so it does not work in the sandbox. The caller calls block_device_close().
 */
void block_device_open(int fd, struct block_device *device);
void block_device_close(struct block_device *device);

/*
 * block_device_begin - before the first byte: check that @image_bytes fit after the fd's offset
 * @name: for messages
 * Returns 0, or a negative errno after printing.
 */
int block_device_begin(struct block_device *device, const char *name, u64 image_bytes);

/*
 * block_device_finish - after the last byte: zero superblock copies beyond @image_bytes, and sync
 * Returns 0, or a negative errno after printing.
 */
int block_device_finish(const struct block_device *device, const char *name, u64 image_bytes);

/*
 * block_device_to_file - put the file behind a loop device, from whose first byte on the device has
 * it, in the place of the device's status
 * Other files and devices stay, as does a loop device whose file cannot be found by its name.
 */
void block_device_to_file(struct stat *st);

#endif
