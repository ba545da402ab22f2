/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's version. The layout of images has its own: LAYOUT_VERSION in image/image.h. */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#define TAR2BTRFS_VERSION "0.1.0"

#endif
