/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members that the filter leaves out. They are in no directory, but a hard link that is kept may
 * name one, before or after it comes. A table finds them by their whole path: they have no parents
 * whose type could be wrong, and no symlinks are followed.
 */
#ifndef MODEL_LEFT_OUT_H
#define MODEL_LEFT_OUT_H

#include "model/inode.h"
#include "path.h"

struct left_out {
	struct left_out_member **buckets;
	size_t nr_buckets; /* a power of two, or 0 */
	size_t nr;
};

void left_out_release(struct left_out *l);

/* left_out_find - the dentry of a member that is left out; NULL: there is none */
struct dentry *left_out_find(const struct left_out *l, const struct path *path);

/* left_out_place - the same; it is made in @arena, without an inode, if there is none */
struct dentry *left_out_place(struct left_out *l, struct arena *arena, const struct path *path);

/* dentry_is_left_out - whether a dentry is one of these */
static inline bool dentry_is_left_out(const struct dentry *d)
{
	return !d->dir;
}

/* left_out_path - the path of such a dentry */
const struct path *left_out_path(const struct dentry *dentry);

#endif
