/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a checked member to the attributes of an inode. */
#ifndef INPUT_ENTRY_META_H
#define INPUT_ENTRY_META_H

#include "member.h"

/*
 * entry_meta - fill @attr
 * @times: room for what attr->times points to
 * The target and xattrs included; ACLs have their effect on the mode.
 * Returns 0, or a negative errno after printing what is out of range or not supported.
 */
int entry_meta(const struct member *member, const struct reader_options *options,
	       struct arena *arena, struct attributes *attr, struct inode_times *times);

/*
 * entry_xattrs - the xattrs and ACLs of @member
 * @mode: in and out: an access ACL sets permission bits
 * Returns as entry_meta().
 */
int entry_xattrs(const struct member *member, const struct reader_options *options,
		 struct arena *arena, struct xattr **xattrs, u32 *mode);

#endif
