/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members as a reader of archives found them: our reader, or libarchive's. */
#ifndef FOUND_H
#define FOUND_H

#include "fuzz.h"

#include "../../src/input/detect.h"
#include "../../src/input/member.h"
#include "base/mem.h"

struct range {
	u64 begin, end;
};

/* Order of found.times. */
enum {
	MTIME,
	ATIME,
	CTIME,
	BIRTHTIME,
	NR_TIMES
};

struct found {
	struct text path;
	struct text link; /* of a hard or symbolic link */
	bool is_hard_link;
	bool is_left_out; /* ours: btrfs cannot hold it */
	u32 mode;         /* type and permissions */
	u64 size;
	s64 uid, gid, dev_major, dev_minor;
	struct member_time times[NR_TIMES];
	/* where in the file there are stored bytes: ascending, neither empty nor adjacent */
	struct range *ranges;
	size_t nr_ranges, ranges_capacity;
	u8 digest[16]; /* of the sectors that have such bytes */

	/* ours: what the archive says of it, for the reasons of differences */
	struct inode *inode; /* in the arena; has the data */
	struct text records; /* pax */
	const u8 *header;    /* tar: the header proper; else NULL */
	bool has_acl;        /* which changes the mode */
	bool has_globals;    /* global pax records came before */
	bool has_long_path;  /* GNU's way */
	bool has_long_link;
	bool follows_label;  /* a volume's, which has special headers of its own */
	u64 dev, ino, nlink; /* cpio */
	/* libarchive's: it warned of this member */
	bool is_warned;
};

struct found_list {
	struct arena arena; /* of strings */
	struct found *members;
	size_t nr, capacity;
	bool is_accepted; /* to the end marker */
};

/* found_add - the pointer is valid until the next call */
struct found *found_add(struct found_list *list);
void found_list_free(struct found_list *list);

/* found_text - a copy of @text in the list's arena */
struct text found_text(struct found_list *list, struct text text);

/* found_range - stored bytes at @offset of the file; calls are in ascending order */
void found_range(struct found *found, u64 offset, u64 bytes);

/* found_sector - add a sector of the file, @bytes of 4096, to the digest */
void found_sector(struct found *found, u64 offset, const u8 *bytes);

/* An input of fuzz_readers. */
struct fuzz_archive {
	const u8 *data;
	size_t size;
	bool skip_unsupported;
	u32 packet_bytes; /* of a short read */
};

/*
 * our_reader.c: our_read - the archive, which is on @fd, too, as our reader finds it
 * Returns the format; @offset: result: of the archive, behind zeros. What is behind the first
 * archive is not read, and a packed archive is not accepted.
 */
enum input_format our_read(const struct fuzz_archive *input, int fd, struct found_list *list,
			   u64 *offset);

/* second_reader.c: libarchive_read - the archive of @format at @data, as libarchive finds it */
void libarchive_read(const u8 *data, size_t size, enum input_format format,
		     struct found_list *list);

#endif
