/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dir_record.h"

int dir_record_next(const struct cursor *c, u32 *at, struct dir_record *r)
{
	u32 bytes;
	const u8 *item = cursor_item(c, &bytes);
	const struct btrfs_dir_item *head = (const void *)(item + *at);
	if (*at == bytes)
		return 0;
	if (bytes - *at < sizeof(*head))
		return cursor_fail(c, "a record is cut");
	r->location = key_from_disk(&head->location);
	r->type = head->type;
	r->name = (const char *)(head + 1);
	r->name_len = from_le16(head->name_len);
	r->value = r->name + r->name_len;
	r->value_len = from_le16(head->data_len);
	const u32 len = (u32)sizeof(*head) + r->name_len + r->value_len;
	if (len > bytes - *at)
		return cursor_fail(c, "a record of %u bytes, left: %u", len, bytes - *at);
	if (!r->name_len || r->name_len > BTRFS_NAME_LEN || memchr(r->name, 0, r->name_len))
		return cursor_fail(c, "a name of %u bytes, allowed are 1 to %u without NUL",
				   r->name_len, BTRFS_NAME_LEN);
	*at += len;
	return 1;
}

int dir_record_check_name(const struct cursor *c, const struct dir_record *r)
{
	const bool is_dots =
		r->name[0] == '.' && (r->name_len == 1 || (r->name_len == 2 && r->name[1] == '.'));
	if (is_dots || memchr(r->name, '/', r->name_len))
		return cursor_fail(
			c, "a file cannot be called '.' or '..', or have a '/' in its name");
	return 0;
}
