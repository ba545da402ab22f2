/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One member as its raw header says, checked strictly by tar_parser or
 * cpio_parser. What libarchive says of the member must agree with it.
 */
#ifndef INPUT_MEMBER_H
#define INPUT_MEMBER_H

#include "base/types.h"
#include "input/reader.h"

/* Bytes that lie elsewhere, not terminated. */
struct text {
	const char *bytes;
	size_t len;
};

struct sparse_segment {
	u64 offset; /* in the file */
	u64 bytes;
};

/* Where the data of a sparse file go: ascending, apart from each other, within its size. */
struct sparse_map {
	struct sparse_segment *segments;
	size_t nr;
	size_t capacity;
};

/* A time that a header may lack. */
struct member_time {
	struct timestamp time;
	bool is_set;
};

struct member {
	/* stream offsets */
	u64 begin;            /* of the first header */
	u64 data;             /* of the first byte of data */
	u64 end;              /* behind the data and their padding */
	u64 end_without_data; /* where it ends if a link or special file has no data despite its
				 size */

	/* the strings stay valid until the guard reads the next member */
	struct text path;
	struct text link;
	u32 mode; /* type and permissions; of a hard link: permissions, or a file's if it has data
		   */
	bool is_hard_link; /* in tar, by its type; in cpio, links are told by dev and ino */
	const char
		*unsupported; /* what kind of member this is, if btrfs cannot hold it; else NULL */
	u64 size;             /* of a file */
	u64 data_bytes;       /* that are stored of it, 0 for all else */
	s64 uid, gid;
	s64 dev_major, dev_minor;
	struct member_time mtime, atime, ctime, birthtime;
	bool is_sparse;
	bool has_holes_data; /* Solaris: holes are listed, and stored too */
	struct sparse_map map;

	/* tar: the pax records, for xattrs, and what else they may hold */
	struct text records;
	u32 xattr_forms; /* PAX_XATTR_*: which kinds of xattr records there are */
	struct text file_flags;
	struct text acl_access, acl_default, acl_nfs4;
	struct text acl_solaris; /* body of an 'A' header */

	/* cpio */
	u64 dev, ino;
	u64 nlink;
	bool has_sum;
	u32 sum; /* of the data's bytes */
};

/* member_quote - the path for messages; @out: QUOTE_BYTES */
const char *member_quote(char *out, const struct member *member);

/*
 * unsupported - report what btrfs cannot hold
 * Returns 0 after a warning if the user wants such things skipped, else -ENOTSUP after an error.
 */
int unsupported(const struct reader_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
