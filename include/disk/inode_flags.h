/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DISK_INODE_FLAGS_H
#define DISK_INODE_FLAGS_H

#include "base/types.h"

#define INODE_FLAGS_TEXT_BYTES 128

/*
 * inode_flags_text - the names of BTRFS_INODE_* bits, as libarchive, star and mtree write them
 * @text: result: separated by commas, terminated. Other bits have no name. Returns its length.
 */
size_t inode_flags_text(u32 flags, char text[INODE_FLAGS_TEXT_BYTES]);

/* inode_flags_named - those of @flags that have a name */
u32 inode_flags_named(u32 flags);

#endif
