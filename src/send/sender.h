/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of one subvolume are made from, and the path that they are about. */
#ifndef SEND_SENDER_H
#define SEND_SENDER_H

#include "command_stream.h"
#include "diff.h"

/* Of everything that a stream makes: no clock and no counter enters it. */
#define SEND_CTRANSID 1

/* A change of it changes an inode's flags, too. */
#define SEND_PROPERTY_XATTR "btrfs.compression"

/* A path in the subvolume: empty for its root, else without a slash at either end. */
struct send_path {
	char *bytes; /* not terminated */
	size_t len, capacity;
};

/* The file extent that held a blob first. */
struct clone_source {
	u32 inode;  /* its index in tree_inodes(), and 1; 0: none was sent */
	u32 extent; /* index in the file */
};

struct sender {
	const struct send_options *options;
	const struct tree *tree;
	const struct content *content;
	struct command_stream *stream;
	const struct subvol *subvol;
	const struct diff *diff; /* from a subvolume that the receiver has, or NULL */
	const char *name;        /* of the subvolume */
	size_t name_len;
	struct send_path path;        /* of the inode that commands are about */
	struct send_path source_path; /* of a file that data is cloned from */
	struct clone_source *sources; /* two by blob; NULL if no two files share one */
	u8 *unpacked;                 /* room for the data of a blob; version 1 only */
};

/* send_path_set - cut the path to @len bytes, and add a name */
void send_path_set(struct send_path *path, size_t len, const struct dentry *name);

/* send_path_find - the path of @name in its subvolume */
void send_path_find(struct send_path *path, const struct dentry *name);

/* sender_begin - begin a command about sender.path */
void sender_begin(const struct sender *s, enum btrfs_send_cmd command);

/* sender_quote - the path in the whole tree, for messages */
const char *sender_quote(const struct sender *s, char quoted[QUOTE_BYTES]);

/* send_create - make an inode, empty and with attributes that no one asked for */
int send_create(const struct sender *s, const struct inode *inode);

/* Attributes of the inode at sender.path, each a command of its own; a symlink has no mode, and
 * flags that version 1 cannot hold, and properties that the receiver's kernel refuses, are refused
 * here, or dropped with skip_unsupported. */
int send_owner(const struct sender *s, const struct inode *inode);
int send_mode(const struct sender *s, const struct inode *inode);
int send_xattr(const struct sender *s, const struct inode *inode, const struct xattr *x);
int send_flags(const struct sender *s, const struct inode *inode);
int send_times(const struct sender *s, const struct inode *inode);

/* send_attributes - all that is not data: owner, mode, xattrs, flags, times */
int send_attributes(const struct sender *s, const struct inode *inode);

/* send_data - what a new, empty file holds, and its size */
int send_data(struct sender *s, const struct inode *inode);

/* send_extents - clone or write file extent @i, and more if one clone has more; @i and @end, the
 * bytes of the file that were sent up to here, move on */
int send_extents(struct sender *s, const struct inode *inode, u32 *i, u64 *end);

/* send_extent_bytes - of the file that a file extent holds */
u32 send_extent_bytes(const struct content *content, const struct inode *inode,
		      const struct file_extent *e);

/* send_note_source - from now on file extent @i of @inode can be cloned */
void send_note_source(struct sender *s, const struct inode *inode, u32 i);

/* send_truncate - set the size of the file at sender.path */
int send_truncate(const struct sender *s, u64 size);

/* send_link - make the name at sender.path, of the inode that @name has */
int send_link(struct sender *s, const struct dentry *name);

/* sender_check_path - whether receivers have room for sender.path */
int sender_check_path(const struct sender *s);

/*
 * sender_walk - call @each for each name in the subvolume, with sender.path set; parents come first
 * Names of other subvolumes, and what is below them, are no part of it. Ends at the first error.
 */
int sender_walk(struct sender *s, int (*each)(void *context, const struct dentry *d),
		void *context);

/* send_subvol - the whole stream of sender.subvol */
int send_subvol(struct sender *s);

#endif
