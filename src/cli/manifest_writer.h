/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form of a manifest, which the manual specifies: a line for each record. */
#ifndef CLI_MANIFEST_WRITER_H
#define CLI_MANIFEST_WRITER_H

#include "manifest.h"

#include "disk/fsverity.h"

struct manifest_xattr {
	const char *name, *value; /* not terminated */
	size_t name_len, value_len;
};

struct manifest_times {
	struct timestamp atime, ctime, otime;
};

/* One name of the tree. */
struct manifest_record {
	const char *path; /* "." or "./...", not terminated */
	size_t path_len;
	u32 mode; /* type and permissions */
	u32 uid, gid;
	struct timestamp mtime;
	const struct manifest_times *times; /* NULL: all are the mtime */
	u64 size;                           /* of files, and of the targets of symbolic links */
	const u8 *hash;                     /* of files: FILE_HASH_BYTES */
	const struct fsverity_descriptor *verity; /* of files with fs-verity, else NULL */
	const char *target;                       /* of symbolic links */
	u32 rdev;                                 /* of devices: see device_number.h */
	u32 nlink;                                /* 1 for directories */
	u64 link_group; /* if nlink is above 1: from 1, in the order of first names */
	u32 flags;      /* BTRFS_INODE_* */
	struct manifest_xattr *xattrs; /* manifest_writer_put() changes their order */
	size_t nr_xattrs;
};

struct manifest_writer;

/* manifest_writer_new - @fd: to write to, or -1; @name: of that, for messages; stays valid */
struct manifest_writer *manifest_writer_new(int fd, const char *name);

/* manifest_writer_put - the next record; after an error nothing more is written */
void manifest_writer_put(struct manifest_writer *writer, const struct manifest_record *record);

/*
 * manifest_writer_finish - all records are there; frees the writer
 * Returns 0 with the SHA-256 of the whole in @digest, or a negative errno after printing.
 */
int manifest_writer_finish(struct manifest_writer *writer, u8 digest[MANIFEST_DIGEST_BYTES]);

#endif
