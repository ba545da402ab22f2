/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What names.c, hard_link.c, tree.c and tree_finish.c share; each uses only those before it. */
#ifndef MODEL_TREE_PRIVATE_H
#define MODEL_TREE_PRIVATE_H

#include "base/diag.h"
#include "model/tree.h"

/* A path of the archive, folded: components joined by single slashes; empty for the root. */
struct path {
	char *bytes;
	size_t len;
};

/* Stands for a path: symlinks can make paths far longer than what an archive says. */
struct path_hash {
	u8 bytes[16];
};

/*
 * A hard link that waits for its target. Its name has an inode of mode 0 until
 * then, whose pending points back here.
 */
struct pending_link {
	struct pending_link *next; /* of all, newest first */
	struct pending_link *hash_next;
	struct dentry *dentry;
	struct inode *placeholder;
	struct path target;       /* as given, folded */
	struct path_hash awaited; /* of the target with known symlinks followed: the table's key */
	struct xattr *xattrs;     /* sorted */
	struct inode *donor;      /* data that came with the link, or NULL */
	struct pending_link *chain; /* while late links are followed */
	bool visited;
};

/* Data that came with a hard link, for its inode. */
struct donation {
	struct donation *next;
	struct inode *donor;
	struct dentry *link;
	struct inode *target;
};

struct tree {
	struct arena arena;
	struct tree_options options;
	struct inode *root;

	struct dentry **buckets; /* table of all names, by directory and name */
	size_t nr_buckets;       /* a power of two */
	size_t nr_dentries;

	struct pending_link *pending;
	struct pending_link **pending_buckets;
	size_t nr_pending_buckets;
	size_t nr_pending;
	struct donation *donations;

	struct inode **inodes; /* by number, from tree_finish() on */
	size_t nr_inodes;
	size_t inodes_capacity;
};

/* ---- names.c ---------------------------------------------------------------- */

/* names_init - an empty table */
void names_init(struct tree *tree);

/*
 * path_fold - check and fold @raw into @path, whose bytes are xmalloc'ed
 * Returns 0, or a negative errno after printing ("..", a component beyond 255 bytes, a NUL byte).
 */
int path_fold(const char *raw, size_t len, struct path *path);

/*
 * tree_lookup - what stands at a folded path, parents' symlinks followed
 * @awaited: NULL, or result: the path with the symlinks that exist replaced (xmalloc'ed)
 * Returns the dentry, or NULL if nothing stands there, or if the path is the root's.
 */
struct dentry *tree_lookup(struct tree *tree, const struct path *path, struct path *awaited);

/*
 * tree_place - the dentry for a folded path that is not the root's, made with its parents if
 * missing A new one has no inode yet: the caller gives it one. Errors as tree_add().
 */
int tree_place(struct tree *tree, const struct path *path, struct dentry **result);

/* dentry_path - the path of a name, xmalloc'ed; for the table of pending links and for messages */
struct path dentry_path(const struct dentry *dentry);

/* quote_dentry - quote() of its path */
const char *quote_dentry(char out[QUOTE_BYTES], const struct dentry *dentry);

/* ---- hard_link.c ----------------------------------------------------------- */

/* links_init - an empty table of waiting links */
void links_init(struct tree *tree);

/* links_resolve - bind the links that wait for what was just put at @dentry */
int links_resolve(struct tree *tree, struct dentry *dentry);

/* links_resolve_late - bind what is left by following the finished tree's symlinks */
int links_resolve_late(struct tree *tree);

/* links_hand_over_data - give data that came with links to their targets */
int links_hand_over_data(struct tree *tree, struct content *content);

#endif
