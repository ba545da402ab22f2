/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of one subvolume are made from, and the path that they are about. */
#ifndef SEND_SENDER_H
#define SEND_SENDER_H

#include "command_stream.h"

/* Of everything that a stream makes: no clock and no counter enters it. */
#define SEND_CTRANSID 1

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
	const char *name; /* of the subvolume */
	size_t name_len;
	struct send_path path;        /* of the inode that commands are about */
	struct send_path source_path; /* of a file that data is cloned from */
	struct clone_source *sources; /* by blob; NULL if no two files share one */
	u8 *unpacked;                 /* room for the data of a blob; version 1 only */
};

/* send_path_set - cut the path to @len bytes, and add a name */
void send_path_set(struct send_path *path, size_t len, const struct dentry *name);

/* send_path_find - the path of the first name of @inode, which is no directory of a subvolume */
void send_path_find(struct send_path *path, const struct inode *inode);

/* sender_begin - begin a command about sender.path */
void sender_begin(const struct sender *s, enum btrfs_send_cmd command);

/* sender_quote - the path with the subvolume's name in front, for messages */
const char *sender_quote(const struct sender *s, char quoted[QUOTE_BYTES]);

/* send_create - make an inode, empty and with attributes that no one asked for */
int send_create(const struct sender *s, const struct inode *inode);

/* send_attributes - all that is not data: owner, mode, xattrs, flags, times */
int send_attributes(const struct sender *s, const struct inode *inode);

/* send_data - what a new, empty file holds, and its size */
int send_data(struct sender *s, const struct inode *inode);

/* send_subvol - the whole stream of sender.subvol */
int send_subvol(struct sender *s);

#endif
