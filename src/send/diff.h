/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which inode of the old subvolume becomes which inode of the new one: at most one each, of the same
 * type; symlinks have the same target, devices the same number. The roots are always a pair.
 *
 * A name is kept if its directory and its inode are pairs and it is the same in both trees. That of a
 * subvolume inside is not: a stream has none.
 */
#ifndef SEND_DIFF_H
#define SEND_DIFF_H

#include "model/content.h"
#include "model/tree.h"

/* A subvolume, and the tree that it is part of. */
struct diff_side {
	const struct tree *tree;
	const struct content *content;
	const struct subvol *subvol;
	u32 *pair; /* by inode of the subvolume: the inode of the other side, and 1; 0: none */
};

struct diff {
	struct diff_side old_side, new_side;
	bool *same_data; /* by new inode: a file that holds the same as its old one */
};

/* diff_new - no pairs yet: match_inodes() finds them; release with diff_free() */
struct diff *diff_new(const struct diff_side *old_side, const struct diff_side *new_side);
void diff_free(struct diff *diff);

/* diff_index - the index of an inode in its subvolume */
u32 diff_index(const struct diff_side *side, const struct inode *inode);

/* diff_new_of, diff_old_of - the other inode of a pair, or NULL */
const struct inode *diff_new_of(const struct diff *diff, const struct inode *old);
const struct inode *diff_old_of(const struct diff *diff, const struct inode *inode);

/*
 * diff_flags - whether a new inode is NODATACOW or NODATASUM at a receiver that has the old inodes with
 * their flags
 * Receivers set no flags: it keeps those of its pair, or gets what the directory that it is made in
 * has or got. At a receiver that has the old tree from a stream no inode has any. @diff: NULL for
 * a stream without a parent, where none has any either
 */
u32 diff_flags(const struct diff *diff, const struct inode *inode);

/* diff_keeps_old, diff_keeps_new - whether the name is kept */
bool diff_keeps_old(const struct diff *diff, const struct dentry *d);
bool diff_keeps_new(const struct diff *diff, const struct dentry *d);

/* diff_same_extent - whether two file extents are the same place in their files with the same data
 * Result in @same; returns 0 or a negative errno after printing. */
int diff_same_extent(const struct diff *diff, const struct inode *old, u32 old_i,
		     const struct inode *inode, u32 i, bool *same);

#endif
