/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device numbers as the kernel's dev_t (include/linux/kdev_t.h): 12 bits of major, 20 of minor. */
#ifndef DISK_DEVICE_NUMBER_H
#define DISK_DEVICE_NUMBER_H

#include "base/types.h"

#define DEVICE_MAJOR_MAX 0xfffu
#define DEVICE_MINOR_MAX 0xfffffu

/* device_number - of @major and @minor, which are in range */
static inline u32 device_number(u32 major, u32 minor)
{
	return major << 20 | minor;
}

static inline u32 device_major(u32 number)
{
	return number >> 20;
}

static inline u32 device_minor(u32 number)
{
	return number & DEVICE_MINOR_MAX;
}

#endif
