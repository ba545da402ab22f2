/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pax archive (POSIX.1-2001), strictly forward. The same members give the same bytes. What a
 * ustar header cannot hold is in pax records, and nothing else is: a member without such things has
 * a ustar header only.
 *
 * Beyond the standard, as GNU tar, star and bsdtar write and read them: SCHILY.xattr.NAME,
 * SCHILY.acl.access, SCHILY.acl.default, SCHILY.fflags, LIBARCHIVE.creationtime, and the sparse format 1.0 of GNU tar.
 */
#ifndef TAR_TAR_WRITER_H
#define TAR_TAR_WRITER_H

#include "base/types.h"

struct tar_xattr {
	const char *name;
	size_t name_len;
	const void *value;
	size_t value_len;
};

enum tar_type {
	TAR_FILE = '0',
	TAR_HARD_LINK = '1',
	TAR_SYMLINK = '2',
	TAR_CHAR = '3',
	TAR_BLOCK = '4',
	TAR_DIRECTORY = '5',
	TAR_FIFO = '6',
};

struct tar_times {
	struct timestamp atime, ctime, birthtime;
};

/* The places of a sparse file's data, as far as the header must know them. */
struct tar_map {
	u64 nr;         /* places */
	u64 text_bytes; /* of the numbers, with a newline behind each */
	u64 data_bytes; /* in all places */
};

struct tar_member {
	enum tar_type type;
	const char *path; /* of a directory: with a slash at the end */
	size_t path_len;
	const char *link; /* target of a link */
	size_t link_len;
	u32 mode; /* permissions, 07777 */
	u32 uid, gid;
	u32 dev_major, dev_minor;
	u64 size;                  /* of a file, with its holes */
	const struct tar_map *map; /* of a file with holes; else NULL */
	struct timestamp mtime;
	const struct tar_times *times; /* or NULL: these are not written */
	u32 flags;                     /* BTRFS_INODE_*: those that have a name in archives count */
	const struct tar_xattr *xattrs;
	size_t nr_xattrs;
	const char *acl_access, *acl_default; /* as text; 0 bytes without */
	size_t acl_access_len, acl_default_len;
};

struct tar_writer;

/* Takes @len bytes of the archive, in order; returns 0, or a negative errno after printing. */
typedef int tar_sink_fn(void *context, const void *bytes, size_t len);

/* tar_writer_new - an archive whose bytes go to @sink; they come in small parts */
struct tar_writer *tar_writer_new(tar_sink_fn *sink, void *context);
void tar_writer_free(struct tar_writer *writer); /* NULL is fine */

/*
 * tar_writer_member - begin a member
 * Of a file, tar_writer_data() follows with all its bytes; if it has a map, tar_writer_place() comes
 * before with each place that the map counts, and the data are those of the places.
 * All functions return 0, or a negative errno after printing.
 */
int tar_writer_member(struct tar_writer *writer, const struct tar_member *member);
int tar_writer_place(struct tar_writer *writer, u64 offset, u64 bytes);
int tar_writer_data(struct tar_writer *writer, const void *data, size_t bytes);

/* tar_writer_passed - as tar_writer_data(), after the sink got the bytes by another way */
int tar_writer_passed(struct tar_writer *writer, u64 bytes);

/* tar_writer_finish - the end of the archive */
int tar_writer_finish(struct tar_writer *writer);

/*
 * tar_map_add - count one place of data; they ascend and do not touch
 * Of a file that ends with a hole the last place has the file's size as offset, and no bytes.
 */
void tar_map_add(struct tar_map *map, u64 offset, u64 bytes);

#endif
