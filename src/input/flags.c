/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names are those of libarchive and star: BSD's, with chattr(1)'s meaning.
 * A name that begins with "no" switches a flag off: no flag is on, so it is ignored. But nodump,
 * noatime, nocow and nocompress are flags themselves.
 */
#include "flags.h"

#include "disk/format.h"

#include <sys/stat.h>

struct flag {
	const char *name;
	u32 file, dir; /* bits */
};

static const struct flag flags[] = {
	{ "immutable", BTRFS_INODE_IMMUTABLE, BTRFS_INODE_IMMUTABLE },
	{ "simmutable", BTRFS_INODE_IMMUTABLE, BTRFS_INODE_IMMUTABLE },
	{ "schange", BTRFS_INODE_IMMUTABLE, BTRFS_INODE_IMMUTABLE },
	{ "schg", BTRFS_INODE_IMMUTABLE, BTRFS_INODE_IMMUTABLE },
	{ "append", BTRFS_INODE_APPEND, BTRFS_INODE_APPEND },
	{ "sappend", BTRFS_INODE_APPEND, BTRFS_INODE_APPEND },
	{ "sappnd", BTRFS_INODE_APPEND, BTRFS_INODE_APPEND },
	{ "nodump", BTRFS_INODE_NODUMP, BTRFS_INODE_NODUMP },
	{ "noatime", BTRFS_INODE_NOATIME, BTRFS_INODE_NOATIME },
	{ "sync", BTRFS_INODE_SYNC, BTRFS_INODE_SYNC },
	{ "dirsync", 0, BTRFS_INODE_DIRSYNC },
	{ "compress", BTRFS_INODE_COMPRESS, BTRFS_INODE_COMPRESS },
	{ "nocompress", BTRFS_INODE_NOCOMPRESS, BTRFS_INODE_NOCOMPRESS },
	{ "nocow", BTRFS_INODE_NODATACOW | BTRFS_INODE_NODATASUM, BTRFS_INODE_NODATACOW },
};

static const struct flag *find_flag(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (strlen(flags[i].name) == len && !memcmp(flags[i].name, name, len))
			return &flags[i];
	}
	return NULL;
}

u32 flags_from_text(const char *text, size_t len, u32 mode, const char **unknown,
		    size_t *unknown_len)
{
	u32 bits = 0;
	*unknown = NULL;
	for (size_t n; len; text += n, len -= n) {
		n = 0;
		while (n < len && text[n] != ',' && text[n] != ' ')
			n++;
		const struct flag *f = find_flag(text, n);
		u32 bit = !f ? 0 : S_ISREG(mode) ? f->file : S_ISDIR(mode) ? f->dir : 0;
		bool is_off = !f && n > 2 && !memcmp(text, "no", 2);
		if (n && !bit && !is_off && !*unknown) {
			*unknown = text;
			*unknown_len = n;
		}
		bits |= bit;
		n += n < len;
	}
	/* as the kernel does */
	if (bits & BTRFS_INODE_NODATACOW)
		bits &= ~(BTRFS_INODE_COMPRESS | BTRFS_INODE_NOCOMPRESS);
	else if (bits & BTRFS_INODE_COMPRESS)
		bits &= ~BTRFS_INODE_NOCOMPRESS;
	return bits;
}
