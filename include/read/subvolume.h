/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subvolumes and snapshots, by id; which is the default; where they are. */
#ifndef READ_SUBVOLUME_H
#define READ_SUBVOLUME_H

#include "read/directory.h"

struct subvolume {
	struct filesystem_tree tree;
	u64 root_dir; /* inode number of its root directory */
	bool is_read_only;
	u8 uuid[BTRFS_UUID_SIZE];          /* zeros if it has none */
	u8 received_uuid[BTRFS_UUID_SIZE]; /* of a stream that it came from, or zeros */
	u64 ctransid;                      /* generation of its last change; 0 if not known */
	struct timestamp otime;            /* when it was made; zeros if that is not known */
	/* its name in another subvolume; parent 0: it has none, as the top level */
	u64 parent; /* id of a subvolume */
	u64 parent_dir;
	struct directory_entry entry; /* index and name in @parent_dir */
};

/* subvolume_open - 0, or a negative errno after printing, also if there is none of this id */
int subvolume_open(struct filesystem *fs, u64 id, struct subvolume *subvolume);

/* subvolume_default - the id of the one that a mount shows; 0, or a negative errno after printing */
int subvolume_default(struct filesystem *fs, u64 *id);

/*
 * subvolume_next - the first id after @id that a subvolume has
 * Those that are being deleted are left out. Returns 1, 0 if there is none, or a negative errno
 * after printing.
 */
int subvolume_next(struct filesystem *fs, u64 *id);

/*
 * subvolume_resolve - look a path up, from the root of subvolume @id on
 * @path: components between slashes; "." and empty ones are left out
 * @result: what the path means: the directory's subvolume, and the last name. If the path has no
 * components, entry.is_subvolume with the id of the subvolume itself.
 * Links are not followed. Returns 0, or a negative errno after printing.
 */
struct subvolume_place {
	struct subvolume subvolume; /* that has the directory of the last name */
	u64 dir;                    /* 0 if the path has no components */
	struct directory_entry entry;
};
int subvolume_resolve(struct filesystem *fs, u64 id, const char *path,
		      struct subvolume_place *result);

/* subvolume_find - the same, but 1 without a message if nothing has the path */
int subvolume_find(struct filesystem *fs, u64 id, const char *path, struct subvolume_place *result);

/*
 * subvolume_path - where a subvolume is, from the root of the top level on
 * @path: result, without slashes around it, @len bytes and a NUL; "" for the top level; release with
 *        xfree(). NULL if it has no name.
 * Returns 0, or a negative errno after printing.
 */
int subvolume_path(struct filesystem *fs, const struct subvolume *subvolume, char **path,
		   size_t *len);

/* subvolume_enters - whether @entry in @dir of @parent is the name of @child */
bool subvolume_enters(const struct subvolume *child, u64 parent, u64 dir,
		      const struct directory_entry *entry);

#endif
