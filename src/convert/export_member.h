/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of the archive that a filesystem becomes, one after the other. */
#ifndef CONVERT_EXPORT_MEMBER_H
#define CONVERT_EXPORT_MEMBER_H

#include "convert/export.h"
#include "read/file_reader.h"
#include "read/walk.h"

/* Valid until the next one. */
struct export_member {
	const char *path; /* "./a/b"; of a directory "./a/" */
	size_t path_len;
	const struct disk_inode *inode;
	struct filesystem_tree tree; /* that has the inode */
	bool is_hard_link;           /* the inode came before, and link is its path then */
	const char *link;            /* or the target of a symbolic link; else NULL */
	size_t link_len;
};

struct export_members;
struct export_members *export_members_new(struct filesystem *fs,
					  const struct export_options *options);
void export_members_free(struct export_members *members); /* NULL is fine */

/*
 * export_members_next - the next member
 * Sockets are left out, as GNU tar does: an archive cannot have one. A warning tells how many there
 * were; unless options.is_exact. Returns 1, 0 at the end, or a negative errno after printing.
 */
int export_members_next(struct export_members *members, struct export_member *member);

/* export_members_file - the reader of files, which is free between two calls of the function above
 */
struct file_reader *export_members_file(struct export_members *members);

#endif
