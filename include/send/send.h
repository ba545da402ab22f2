/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the finished tree to a send stream: what btrfs receive needs to make the tree's subvolumes.
 *
 * send_plan() checks everything and counts the bytes; send_write() runs the same code again into
 * the output.
 */
#ifndef SEND_SEND_H
#define SEND_SEND_H

#include "model/content.h"
#include "model/tree.h"

#define SEND_DEFAULT_VERSION 2u
#define SEND_MAX_VERSION 2u
#define SEND_DEFAULT_NAME "root"

struct send_options {
	u32 version; /* of the stream: 1 or 2; 0: no stream is wanted */
	/* of the top level: send_name_is_valid(); of one that is only a parent: send_path_is_valid() */
	const char *subvol_name;
	bool parent_uuid_given;
	u8 parent_uuid[BTRFS_UUID_SIZE]; /* of the parent's top level, instead of the derived one */
	bool skip_unsupported; /* warn of attributes that a stream cannot hold, and drop them */
};

/* send_name_is_valid - whether a directory may have this name: 1..255 bytes without a slash;
 * send_path_is_valid - names with one slash between them */
bool send_name_is_valid(const char *name);
bool send_path_is_valid(const char *path);

struct send;

/* What a receiver has: the tree of an earlier stream or image, read with the same options. */
struct send_parent {
	const struct tree *tree; /* finished; tree_derive_top_uuid() was called */
	const struct content *content;
};

/*
 * send_plan - check that the tree can be sent, and count the bytes of the stream
 * @options: version is not 0; must outlive the result, and so must @tree and @content, which are
 *           finished; no tails are packed
 * @parent: NULL, or must outlive the result, too: each subvolume that it has at the same path is
 *          sent as what changed
 * One stream for each subvolume. The top level is the first one, and is left out if it holds other
 * subvolumes only. Each must have a uuid. Returns 0, or a negative errno after printing: a
 * subvolume inside another one than the top level, two subvolumes of one name, a path that
 * receivers have no room for; unless skip_unsupported, flags in version 1.
 */
int send_plan(const struct send_options *options, const struct tree *tree,
	      const struct content *content, const struct send_parent *parent, struct send **send);
void send_free(struct send *send);

/* send_bytes - of the stream */
u64 send_bytes(const struct send *send);

/* send_nr_subvols - how many the stream holds */
u32 send_nr_subvols(const struct send *send);

/* Where the stream goes. */
struct send_output {
	int fd;
	const char *name;      /* of @fd, printable, for messages */
	struct sha256 *digest; /* NULL, or gets all bytes */
	_Atomic u64 *written;  /* NULL, or bytes written so far, for other threads to read */
};

/* send_write - write the stream; returns 0 or a negative errno after printing */
int send_write(struct send *send, const struct send_output *output);

#endif
