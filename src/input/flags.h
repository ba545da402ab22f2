/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File flags as pax archives name them (SCHILY.fflags). */
#ifndef INPUT_FLAGS_H
#define INPUT_FLAGS_H

#include "base/types.h"

/*
 * flags_from_text - BTRFS_INODE_* of a list of names separated by commas
 * @mode:    of the inode: some flags are for files or directories only
 * @unknown: result: the first name that btrfs has no flag for, or NULL; @unknown_len its length
 */
u32 flags_from_text(const char *text, size_t len, u32 mode, const char **unknown,
		    size_t *unknown_len);

#endif
