/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a checked member to the attributes of an inode. */
#ifndef INPUT_MEMBER_ATTRIBUTES_H
#define INPUT_MEMBER_ATTRIBUTES_H

#include "member.h"

/*
 * member_attributes - fill @attr
 * @times: room for what attr->times points to
 * The target and xattrs included; ACLs have their effect on the mode.
 * Returns 0, or a negative errno after printing what is out of range or not supported.
 */
int member_attributes(const struct member *member, const struct reader_options *options,
		      struct tree *tree, struct attributes *attr, struct inode_times *times);

/*
 * member_xattrs - the xattrs and ACLs of @member
 * @mode: in and out: an access ACL sets permission bits
 * Returns as member_attributes().
 */
int member_xattrs(const struct member *member, const struct reader_options *options,
		  struct arena *arena, struct xattr **xattrs, u32 *mode);

#endif
