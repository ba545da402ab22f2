/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ACL as GNU tar, star and bsdtar write it, from the xattr that the kernel keeps. */
#ifndef CONVERT_EXPORT_ACL_H
#define CONVERT_EXPORT_ACL_H

#include "base/types.h"

struct export_acl {
	char *bytes; /* zeroed at first; memory is used again */
	size_t len, capacity;
};

/*
 * export_acl_text - "user::rwx,user:1000:r-x,group::r-x,mask::rwx,other::r-x"
 * @value: of system.posix_acl_access or system.posix_acl_default, @len bytes
 * acl->len is 0 if the value is none of version 2.
 */
void export_acl_text(struct export_acl *acl, const u8 *value, size_t len);

void export_acl_release(struct export_acl *acl);

#endif
