/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records in items of names and of xattrs. */
#ifndef READ_DIR_RECORD_H
#define READ_DIR_RECORD_H

#include "cursor.h"

struct dir_record {
	struct btrfs_key location;
	u8 type; /* enum btrfs_ft */
	const char *name;
	u32 name_len;
	const char *value; /* of an xattr */
	u32 value_len;
};

/*
 * dir_record_next - the record at @at in the item where the cursor is
 * @at: in and out: bytes from the item's beginning, 0 at first
 * Returns 1, 0 behind the last record, or a negative errno after printing.
 */
int dir_record_next(const struct cursor *cursor, u32 *at, struct dir_record *record);

/* dir_record_check_name - refuse what no file can be called; 0 or a negative errno after printing */
int dir_record_check_name(const struct cursor *cursor, const struct dir_record *record);

#endif
