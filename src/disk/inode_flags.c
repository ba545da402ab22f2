/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/inode_flags.h"

#include "disk/format.h"

#include <stdio.h>

#define NR_NAMES (sizeof(flag_names) / sizeof(flag_names[0]))

static const struct {
	const char *name;
	u32 bit;
} flag_names[] = {
	{ "schg", BTRFS_INODE_IMMUTABLE },    { "sappnd", BTRFS_INODE_APPEND },
	{ "nodump", BTRFS_INODE_NODUMP },     { "noatime", BTRFS_INODE_NOATIME },
	{ "sync", BTRFS_INODE_SYNC },         { "dirsync", BTRFS_INODE_DIRSYNC },
	{ "compress", BTRFS_INODE_COMPRESS }, { "nocompress", BTRFS_INODE_NOCOMPRESS },
	{ "nocow", BTRFS_INODE_NODATACOW },
};

size_t inode_flags_text(u32 flags, char text[INODE_FLAGS_TEXT_BYTES])
{
	size_t len = 0;
	text[0] = '\0';
	for (size_t i = 0; i < NR_NAMES; i++)
		if (flags & flag_names[i].bit)
			len += (size_t)snprintf(text + len, INODE_FLAGS_TEXT_BYTES - len, "%s%s",
						len ? "," : "", flag_names[i].name);
	return len;
}

u32 inode_flags_named(u32 flags)
{
	u32 named = 0;
	for (size_t i = 0; i < NR_NAMES; i++)
		named |= flags & flag_names[i].bit;
	return named;
}
