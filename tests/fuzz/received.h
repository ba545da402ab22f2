/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subvolumes as a receiver has them, in an arena: names, inodes, data in blocks of 4 KiB. */
#ifndef FUZZ_RECEIVED_H
#define FUZZ_RECEIVED_H

#include "base/mem.h"
#include "disk/format.h"

#include <sys/stat.h>

/* An owner or a mode that no command set. */
#define RECEIVED_UNSET (1ull << 40)

struct received_xattr {
	struct received_xattr *next;
	const u8 *name, *data;
	size_t name_len, data_len;
};

struct received_block {
	struct received_block *next; /* by index */
	u64 index;
	u8 bytes[BTRFS_SECTORSIZE];
};

/* An inode. */
struct received {
	u32 type; /* S_IFMT bits */
	u64 mode, uid, gid, rdev, flags;
	u64 size; /* of a file */
	u8 atime[12], mtime[12];
	bool is_touched;               /* its times would be the present ones */
	struct received_xattr *xattrs; /* in no order; the target of a symlink is "->" */
	struct received_block *blocks;
	struct received_name *names; /* in a directory, in no order */
	const struct received *twin; /* in received_equal(): of the other tree */
};

struct received_name {
	struct received_name *next;
	struct received *dir, *node; /* NULL: it was removed */
	const u8 *bytes;
	size_t len;
};

struct received_subvol {
	struct received_subvol *next;
	struct received *root;
	const u8 *name;
	size_t name_len;
	u8 uuid[BTRFS_UUID_SIZE];
	bool is_new; /* of the stream that is read */
};

struct received *received_new(struct arena *arena, u32 type);

/* received_find - the name at a path that is not empty, or NULL; its parents must be there */
struct received_name *received_find(const struct received_subvol *s, const u8 *path, size_t len);

/* received_put - a name that is not there yet; @is_made: the node is new, and inherits */
void received_put(struct arena *arena, const struct received_subvol *s, const u8 *path, size_t len,
		  struct received *node, bool is_made);
void received_remove(struct received_name *name);
bool received_has_names(const struct received *dir);

void received_write(struct arena *arena, struct received *node, u64 off, const u8 *data,
		    size_t len);
void received_truncate(struct received *node, u64 size);

/* received_punch - no block is left from @from to @to, both multiples of 4096 */
void received_punch(struct received *node, u64 from, u64 to);
void received_clone(struct arena *arena, struct received *node, u64 off,
		    const struct received *source, u64 from, u64 len);

void received_set_xattr(struct arena *arena, struct received *node, const void *name,
			size_t name_len, const void *data, size_t data_len);

/* received_remove_xattr - whether it was there */
bool received_remove_xattr(struct received *node, const void *name, size_t name_len);
void received_lose_capability(struct received *node);
void received_set_mode(struct arena *arena, struct received *node, u64 mode);

/* received_equal - whether two trees are the same, holes and hard links too; once for each node */
bool received_equal(struct received *a, struct received *b);

/* received_is_settled - whether all attributes below @node were set, and none that commands change
 * was changed after that */
bool received_is_settled(const struct received *node);

#endif
