/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that make the new subvolume from a snapshot of the old one. */
#ifndef SEND_UPDATE_H
#define SEND_UPDATE_H

#include "sender.h"

struct update {
	struct sender *s; /* of the new subvolume */
	u32 *moved;       /* by old inode: the number of its temporary name, 0 for none */
	u32 nr_moved;     /* numbers given */
	u32 prefix;       /* number in the prefix of temporary names, so that no name has it */
	bool *touched;    /* by new inode: a directory in which names were made or removed */
	bool *inherited;  /* by new inode: a directory that lost what new inodes would inherit */
};

/*
 * update_names - let each name of the new tree mean its inode; new inodes are made, empty
 * No command depends on the order of renames: what moves gets a temporary name at the root first,
 * then all that goes is removed, then the new tree is walked. update.touched and update.inherited
 * are set.
 */
int update_names(struct update *u);

/* update_data - change what the file at sender.path holds; @changed gets whether data was written */
int update_data(struct update *u, const struct inode *old, const struct inode *inode,
		bool *changed);

/*
 * update_remove_xattrs - remove those that the new inode does not have
 * @inherited: it lost the xattrs that new inodes would inherit
 * Before data is written and before the owner changes: both may remove a capability.
 */
int update_remove_xattrs(struct update *u, const struct inode *old, const struct inode *inode,
			 bool inherited);

/* update_attributes - change owner, mode, xattrs, flags and times of the inode at sender.path
 * @changed: its data was written, or a name in it was made or removed */
int update_attributes(struct update *u, const struct inode *old, const struct inode *inode,
		      bool changed, bool inherited);

/* update_is_inherited - whether new inodes in a directory get this xattr of it, or what follows */
bool update_is_inherited(const struct xattr *x);

/* update_remove_xattr - of the inode at sender.path */
int update_remove_xattr(const struct sender *s, const struct xattr *x);

/* send_update - the stream of sender.subvol, from a snapshot of the old subvolume of sender.diff with
 * the uuid @parent on */
int send_update(struct sender *s, const u8 parent[BTRFS_UUID_SIZE]);

#endif
