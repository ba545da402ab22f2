/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One member as its headers say, checked strictly by tar_parser or cpio_parser. */
#ifndef INPUT_MEMBER_H
#define INPUT_MEMBER_H

#include "input/reader.h"
#include "text.h"

struct sparse_segment {
	u64 offset; /* in the file */
	u64 bytes;
};

/* The data of a sparse file: ascending, without overlap, within its size. */
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
	/* offsets in the stream */
	u64 begin;   /* of the first header */
	u64 data;    /* of the first byte of data */
	u64 end;     /* behind the data and their padding */
	u32 padding; /* of the bytes before @end, those behind the data */

	/* strings and map stay valid until the parser reads the next member */
	struct text path; /* until it is known: the archive's name, for messages */
	struct text link;
	u32 mode;            /* type and permissions; of a hard link: S_IFREG and permissions */
	bool is_hard_link;   /* in tar, by its type; in cpio, links are told by dev and ino */
	bool *is_incomplete; /* NULL, or the member is left out of the image: instead of an error
				    it becomes true where something cannot be held */
	const char *unsupported; /* what kind of member it is, if btrfs cannot hold it; else NULL */
	u64 size;                /* of a file, or of a hard link with data; else 0 */
	u64 data_bytes;          /* stored bytes of it; 0 for all other types */
	s64 uid, gid;
	s64 dev_major, dev_minor;
	struct member_time mtime, atime, ctime, birthtime;
	bool is_sparse;
	bool has_stored_holes; /* Solaris: the archive holds all bytes of the file, holes too */
	struct sparse_map map;

	/* tar: the pax records, which hold xattrs, and values of some of them */
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

/*
 * member_fail - print an error line that begins with the member's path
 * @err: a negative errno, returned unchanged
 */
int member_fail(const struct member *member, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* member_warning - a warning_of_kind() that begins with the member's path */
void member_warning(const struct member *member, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * member_unsupported_hint - report something that btrfs cannot hold; an error ends with @hint
 * The line begins with the member's path. Returns 0 after a warning if the user wants such things
 * dropped, else -ENOTSUP after an error.
 */
int member_unsupported_hint(const struct member *member, const struct reader_options *options,
			    enum diag_hint hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* member_unsupported - the same, whose hint is that it may be dropped */
#define member_unsupported(member, options, ...)                                                   \
	member_unsupported_hint(member, options, HINT_UNSUPPORTED, __VA_ARGS__)

/* member_quote - the path for other messages; @out: QUOTE_BYTES */
const char *member_quote(char *out, const struct member *member);

#endif
