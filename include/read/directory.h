/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in directories. */
#ifndef READ_DIRECTORY_H
#define READ_DIRECTORY_H

#include "read/filesystem.h"

/* What a name stands for. */
struct directory_entry {
	bool is_subvolume; /* then @id is that of its tree, else an inode of the directory's tree */
	u64 id;
	u64 index; /* place in the directory's order */
	char name[BTRFS_NAME_LEN];
	u32 name_len;
};

/*
 * directory_find - look @name up
 * Returns 0, 1 if there is none, or a negative errno after printing. entry->index is 0.
 */
int directory_find(struct filesystem *fs, const struct filesystem_tree *tree, u64 dir,
		   const char *name, size_t name_len, struct directory_entry *entry);

/* A reader of the names of directories, one after the other. */
struct directory_reader;
struct directory_reader *directory_reader_new(struct filesystem *fs);
void directory_reader_free(struct directory_reader *reader); /* NULL is fine */

/*
 * directory_next - the first name whose index is at least @index
 * Quick if it follows the one before. Returns 1, 0 if there is none, or a negative errno after
 * printing.
 */
int directory_next(struct directory_reader *reader, const struct filesystem_tree *tree, u64 dir,
		   u64 index, struct directory_entry *entry);

#endif
