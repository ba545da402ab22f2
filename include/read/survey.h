/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What subvolumes hold, counted. All their tree blocks are read, and no file data. */
#ifndef READ_SURVEY_H
#define READ_SURVEY_H

#include "disk/fsverity.h"
#include "read/subvolume.h"

#define SURVEY_CODECS 4

struct survey {
	u64 files, directories, others; /* inodes */
	/* by enum btrfs_compression_type: what file extents refer to, without holes; in bytes of
	 * files, and as stored. An extent counts as often as it is referred to. */
	struct {
		u64 extents, file_bytes, stored_bytes;
	} codecs[SURVEY_CODECS];
	bool has_other_times;                  /* of an inode not all four are equal */
	bool has_unsummed;                     /* a file has no checksums */
	u64 verity_files[FSVERITY_SHA512 + 1]; /* with fs-verity, by algorithm */
	struct fsverity_params verity;         /* of the first of them */
	bool has_properties;                   /* there are xattrs named btrfs.* */
};

/* survey_add - count one subvolume in, zeroed at first; 0, or a negative errno after printing */
int survey_add(struct survey *survey, struct filesystem *fs, const struct subvolume *subvolume);

/* A reader of single inodes. */
struct survey_reader;
struct survey_reader *survey_reader_new(struct filesystem *fs);
void survey_reader_free(struct survey_reader *reader); /* NULL is fine */

/* survey_add_inode - count one inode in; 0, or a negative errno after printing */
int survey_add_inode(struct survey *survey, struct survey_reader *reader,
		     const struct filesystem_tree *tree, u64 ino);

#endif
