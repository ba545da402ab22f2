/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the data of a file are stored, and hashed. */
#ifndef MODEL_STORAGE_H
#define MODEL_STORAGE_H

#include "disk/codec.h"
#include "disk/fsverity.h"

struct storage {
	struct codec_choice codec; /* none if without_sums: the kernel reads such data plain only */
	bool without_sums;
	enum fsverity_algorithm verity; /* to hash blocks with; never changes what is stored */
};

/* storage_of - the storage of a file with this codec and these inode flags, not hashed */
static inline struct storage storage_of(struct codec_choice codec, u32 inode_flags)
{
	if (inode_flags & BTRFS_INODE_NODATASUM)
		return (struct storage){ .without_sums = true };
	return (struct storage){ .codec = codec };
}

#endif
