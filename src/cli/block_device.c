/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block_device.h"

#include "base/diag.h"
#include "base/io.h"
#include "disk/format.h"
#include "disk/super_mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void block_device_open(int fd, struct block_device *device)
{
	char self[48];
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	device->fd = fd;
	device->read_fd = open(self, O_RDONLY | O_CLOEXEC);
}

void block_device_close(struct block_device *device)
{
	if (device->read_fd >= 0)
		close(device->read_fd);
}

int block_device_begin(struct block_device *device, const char *name, u64 image_bytes)
{
	off_t pos = lseek(device->fd, 0, SEEK_CUR);
	if (pos < 0 || ioctl(device->fd, BLKGETSIZE64, &device->size_bytes))
		return fail_errno("cannot find the size of %s", name);
	device->start_pos = (u64)pos;
	u64 room =
		device->start_pos < device->size_bytes ? device->size_bytes - device->start_pos : 0;
	if (room < image_bytes)
		return fail(-ENOSPC, "%s has room for %llu bytes, the image is %llu", name,
			    (unsigned long long)room, (unsigned long long)image_bytes);
	return 0;
}

/* Whether a superblock stands at @pos; true also if that cannot be found out. */
static bool has_superblock(const struct block_device *device, u64 pos)
{
	u8 block[BTRFS_SUPER_INFO_SIZE];
	return io_pread_full(device->read_fd, block, sizeof(block), pos) ||
	       !memcmp(block + offsetof(struct btrfs_super_block, magic), BTRFS_MAGIC,
		       strlen(BTRFS_MAGIC));
}

/*
 * Tools that repair a filesystem would believe the copies of an earlier one.
 * Other data beyond the image's end is not ours.
 */
static int wipe_stale_mirrors(const struct block_device *device, const char *name, u64 image_bytes)
{
	static const u8 zeros[BTRFS_SUPER_INFO_SIZE];
	for (u32 i = 1; i < BTRFS_SUPER_MIRROR_MAX; i++) {
		const u64 mirror = btrfs_sb_offset(i), pos = device->start_pos + mirror;
		if (mirror < image_bytes || pos + sizeof(zeros) > device->size_bytes ||
		    !has_superblock(device, pos))
			continue;
		int err = io_pwrite_full(device->fd, zeros, sizeof(zeros), pos);
		if (err) {
			errno = -err;
			return fail_errno("cannot write %s", name);
		}
	}
	return 0;
}

int block_device_finish(const struct block_device *device, const char *name, u64 image_bytes)
{
	int err = wipe_stale_mirrors(device, name, image_bytes);
	if (!err && fsync(device->fd))
		err = fail_errno("cannot write %s", name);
	return err;
}

/* ---- loop devices ----------------------------------------------------------- */

/* Read the line @attribute of the loop device @st into @line, without its end; false if it has none. */
static bool loop_attribute(const struct stat *st, const char *attribute, char line[PATH_MAX])
{
	char path[80];
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/loop/%s", major(st->st_rdev),
		 minor(st->st_rdev), attribute);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	const ssize_t len = read(fd, line, PATH_MAX - 1);
	close(fd);
	if (len <= 0 || line[len - 1] != '\n')
		return false;
	line[len - 1] = '\0';
	return true;
}

void block_device_to_file(struct stat *st)
{
	char line[PATH_MAX];
	struct stat file;
	/* A loop device may be on another one; the kernel has no circles of them. */
	while (S_ISBLK(st->st_mode) && loop_attribute(st, "offset", line) && !strcmp(line, "0") &&
	       loop_attribute(st, "backing_file", line) && !stat(line, &file))
		*st = file;
}
