/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that a filesystem has which an image grows on: their inode numbers and indexes are kept. */
#ifndef MODEL_KNOWN_NAMES_H
#define MODEL_KNOWN_NAMES_H

#include "model/tree.h"

struct known_name {
	const char *name; /* not terminated */
	u32 name_len;
	u64 ino;   /* 0: it is not an inode's of this tree */
	u64 index; /* in its directory */
};

/* Where they come from. Functions return 0, or a negative errno after printing. */
struct known_names {
	void *context;
	/* The highest inode number of the subvolume tree of the id @tree; 0: there is no such tree. */
	int (*last_number)(void *context, u64 tree, u64 *last);
	/* The names in a directory, by memcmp, with different indexes; valid until the next call. */
	int (*list)(void *context, u64 tree, u64 dir, const struct known_name **names, size_t *nr);
};

/*
 * tree_renumber - let inodes and names have the numbers that are known, and others those behind them
 * Call it at once after tree_finish(), for a tree without layers. The order of tree_inodes() is that of
 * the new numbers. Returns 0, or a negative errno after printing.
 */
int tree_renumber(struct tree *tree, const struct known_names *known);

#endif
