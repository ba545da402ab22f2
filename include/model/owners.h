/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owners that replace those of the archive. */
#ifndef MODEL_OWNERS_H
#define MODEL_OWNERS_H

#include "base/types.h"

#define OWNER_ID_MAX (UINT32_MAX - 1) /* 2^32 - 1 is no id on Linux */

/* A forced id replaces the archive's id first, then the offset is added. Offsets are added to ids
 * in ACLs too. */
struct owner_rules {
	bool uid_forced, gid_forced;
	u32 forced_uid, forced_gid;
	s64 uid_offset, gid_offset; /* -OWNER_ID_MAX..OWNER_ID_MAX */
};

#endif
