/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that is below a path, depth first, in the order of the directories. Subvolumes are entered.
 *
 * A directory is refused that has more than one name, or is reached by another one than its own, so
 * a walk ends and comes to each directory once.
 */
#ifndef READ_WALK_H
#define READ_WALK_H

#include "read/disk_inode.h"
#include "read/subvolume.h"

struct walker;

/* Valid until the next call. */
struct walk_entry {
	const char *path; /* from the root of the subvolume where the walk began; "" is itself */
	size_t path_len;
	struct filesystem_tree tree; /* which has the inode; with inode.ino it is unique */
	struct disk_inode *inode;
};

/* walk_new - for paths in subvolume @id, which is the root of all */
struct walker *walk_new(struct filesystem *fs, u64 id);
void walk_free(struct walker *walk); /* NULL is fine */

/* walk_sort - before the walk begins: names come in the order of their bytes, for which all names of
 * the directories around a path are in memory */
void walk_sort(struct walker *walk);

/* walk_stay - before the walk begins: other subvolumes are not entered; in the place of one there is
 * an empty directory, as in a snapshot */
void walk_stay(struct walker *walk);

/* The number of an empty directory that stands for a subvolume (BTRFS_EMPTY_SUBVOL_DIR_OBJECTID). */
#define WALK_EMPTY_INO 2

/*
 * walk_begin - begin at @path
 * Returns 0, or a negative errno after printing. May be called again.
 */
int walk_begin(struct walker *walk, const char *path);

/*
 * walk_next - the next one; the first is what the path means
 * Messages have the path as context (base/diag.h), until the walk ends or is freed. Returns 1, 0 at
 * the end, or a negative errno after printing.
 */
int walk_next(struct walker *walk, struct walk_entry *entry);

#endif
