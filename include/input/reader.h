/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a tar or cpio archive, plain or packed, into the tree.
 *
 * Both are parsed here, strictly; libraries unpack. No child process, no dlopen; names are bytes
 * in every locale.
 */
#ifndef INPUT_READER_H
#define INPUT_READER_H

#include "disk/checksum.h"
#include "model/file_data.h"
#include "model/tree.h"

struct reader_options {
	bool keep_times;        /* atime, ctime and birth time count where the archive has them */
	bool skip_unsupported;  /* what btrfs cannot hold is warned of instead of refused */
	bool allow_missing_end; /* an archive may end behind any member, without its padding */
	bool ignore_zeros;      /* what follows a tar's end marker belongs to it */
	bool fixed_time_set;
	struct timestamp fixed_time; /* every time becomes this */
	bool clamp_time_set;
	struct timestamp clamp_time; /* later times become this */
	u64 max_bytes;               /* of all archives, unpacked; 0: any number */
	u64 max_memory;              /* bytes of names, attributes and the like; 0: any number */
	u32 nodesize;                /* the limit of xattrs follows from it */
	bool no_xattrs;              /* all xattrs and ACLs of the archive are dropped */
	const char **xattr_patterns; /* those whose names match one, by fnmatch(), are dropped */
	size_t nr_xattr_patterns, xattr_patterns_capacity;
};

/* The bytes of one archive. */
struct reader_input {
	int fd;           /* read from its offset on */
	const char *name; /* for messages */
	u64 bytes;        /* limit; UINT64_MAX: to the end */
	bool is_known;    /* they were read before, and are not counted again */
	bool is_whole; /* the caller verifies digests: an archive may lack its end marker and last
			     padding, or be empty */
	struct sha256 *raw_digest;    /* NULL, or gets all bytes as they are read */
	struct sha256 **plain_digest; /* NULL, or gets all bytes unpacked; a stream that is read a
					 second time replaces it by a new one */
};

enum member_kind {
	MEMBER_FILE,
	MEMBER_DIRECTORY,
	MEMBER_SYMLINK,
	MEMBER_HARD_LINK,
	MEMBER_DEVICE, /* character or block */
	MEMBER_FIFO,
	MEMBER_SOCKET,
	MEMBER_SKIPPED, /* left out, with --skip-unsupported */
	NR_MEMBER_KINDS,
};

/* Other threads may look at them while the archive is read. */
struct reader_counts {
	_Atomic u64 members;
	_Atomic u64 input_bytes;    /* as read from the descriptor */
	u64 plain_bytes;            /* unpacked, as of reader_options.max_bytes */
	u64 kinds[NR_MEMBER_KINDS]; /* of the members; not before reader_run() returns */
};

/*
 * reader_check_memory - whether the tree with the member at @path takes too much memory
 * @more: bytes besides the tree's and file_data's
 * Returns 0, or -E2BIG after printing.
 */
int reader_check_memory(const struct reader_options *options, u64 more, const struct tree *tree,
			const struct file_data *file_data, const char *path, size_t path_len);

/*
 * reader_run - read the whole of @input
 * @counts: result, added to
 * Returns 0 when the archive was read to its end and is good; else a negative errno after printing
 * one line that names the member, what was found and what is allowed.
 */
int reader_run(const struct reader_input *input, const struct reader_options *options,
	       struct tree *tree, struct file_data *file_data, struct reader_counts *counts);

#endif
