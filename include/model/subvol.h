/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Subvolumes: directories that become trees of their own.
 *
 * The top level is always one, number 0. The others are numbered in the order of the walk (a
 * directory before the names below it), so ids follow from paths.
 */
#ifndef MODEL_SUBVOL_H
#define MODEL_SUBVOL_H

#include "disk/format.h"
#include "model/inode.h"

/* What the user wants. Paths are as in an archive; symlinked parents are followed. */
struct subvol_request {
	const char *path;
	bool is_read_only;
	bool is_default;
};

struct subvol_uuid_request {
	const char *path; /* of a requested subvolume, or of the top level; not terminated */
	size_t path_len;
	u8 uuid[BTRFS_UUID_SIZE];
	u64 transid; /* as subvol.transid */
};

struct subvol_requests {
	struct subvol_request *subvols;
	size_t nr_subvols, subvols_capacity;
	struct subvol_uuid_request *uuids;
	size_t nr_uuids, uuids_capacity;
};

#define NO_SUBVOL UINT32_MAX

/* A subvolume of the finished tree. */
struct subvol {
	u64 id;           /* of its btrfs tree: 5 for the top level, others from 256 */
	const char *path; /* folded, path_len bytes; empty for the top level */
	size_t path_len;
	struct inode *root; /* its directory, inode number 256; the parent has its name */
	u64 first_inode;    /* index into tree_inodes() */
	u64 nr_inodes;      /* by number, from 256 on; in layers' subvolumes with gaps */
	u32 first_child;    /* list, by number, of the subvolumes whose names are in this one */
	u32 next_sibling;   /* NO_SUBVOL ends the list */
	bool is_read_only;
	bool uuid_given;
	u8 uuid[BTRFS_UUID_SIZE]; /* if uuid_given; set by tree_derive_uuids() for the others, for
				     the top level by tree_derive_top_uuid() only */
	u64 transid;              /* of its last change, with tree_know_subvol(); else 0 */
};

/* inode_is_subvol_root - after tree_finish(): whether it is the directory of a subvolume */
static inline bool inode_is_subvol_root(const struct inode *inode)
{
	return inode->ino == BTRFS_FIRST_FREE_OBJECTID;
}

#endif
