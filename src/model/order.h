/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of names, of inodes, and of the names of one inode. */
#ifndef MODEL_ORDER_H
#define MODEL_ORDER_H

#include "base/mem.h"
#include "model/subvol.h"

struct tree;

/* All subvolumes and inodes: from tree_finish() on, those of layers as they are kept. */
struct numbering {
	struct subvol *subvols; /* by number */
	u32 nr_subvols;
	size_t subvols_capacity;
	u32 default_subvol;
	struct inode **inodes; /* by subvolume, then by inode number */
	size_t nr_inodes;
	size_t inodes_capacity;
};

void numbering_release(struct numbering *numbering);

/* numbering_add_subvol - one more, whose inodes follow; valid until the next call */
struct subvol *numbering_add_subvol(struct numbering *numbering);

/* numbering_add_top - subvolume 0, the top level */
void numbering_add_top(struct numbering *numbering, struct inode *root);

/* numbering_add_inode - one more of subvolume inode.subvol */
void numbering_add_inode(struct numbering *numbering, struct inode *inode);

/* directory_names - the names in @dir by memcmp, in the arena; returns how many */
u32 directory_names(struct arena *arena, const struct inode *dir, struct dentry ***names);

/* directory_sort - set the fields that directories have from tree_finish() on */
void directory_sort(struct arena *arena, struct inode *dir);

/*
 * inode_set_name, inode_add_alias - @d is the first name that the walk meets of its inode, or one
 * more. During the walk inode.names is the last one, whose alias_next points to the first: adding
 * one is O(1). The latter returns 0, or -EMLINK after printing.
 */
void inode_set_name(struct dentry *d);
int inode_add_alias(struct dentry *d);

#endif
