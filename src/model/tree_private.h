/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree, for the files that work on it. Each part of struct tree is declared in a header of its
 * own, and only the file of that name uses its fields. From the bottom up (no function calls one of
 * a later file): path, name_table, left_out, lookup, hard_link, put, layer, members.
 */
#ifndef MODEL_TREE_PRIVATE_H
#define MODEL_TREE_PRIVATE_H

#include "hard_link.h"
#include "layer.h"
#include "left_out.h"
#include "model/tree.h"
#include "name_table.h"
#include "order.h"

/* What has been done to a tree; each public function asserts the phase that it needs. */
enum tree_phase {
	TREE_OPEN,     /* members arrive */
	TREE_BOUND,    /* tree_bind_links() was called: tree_override() may change the tree */
	TREE_FINISHED, /* tree_finish() was called: the tree has its order and numbers */
};

struct tree {
	enum tree_phase phase;
	struct arena arena;
	struct tree_options options;
	struct inode *root;
	u64 nr_entries; /* as of tree_options.max_entries */
	bool root_met;  /* a member at or below the directory that becomes the root */
	struct name_table names;
	struct left_out left_out;
	struct links links;
	struct layers layers;
	struct numbering numbering;
	struct path_rules rules; /* by the paths of the finished tree; set by rules_resolve() */
	u8 *verity; /* by index in tree_inodes(): enum fsverity_algorithm; NULL: none has it; set by
		       tree_apply_rules() */
	u64 property_features; /* set by tree_apply_rules() */
};

/* ---- lookup.c --------------------------------------------------------------- */

/* dentry_path - the path of a name, xmalloc'ed; for the table of pending links and for messages */
struct path dentry_path(const struct dentry *dentry);

/* inode_path - the path of its first name, xmalloc'ed; empty for the root */
struct path inode_path(const struct inode *inode);

/* quote_dentry - quote() of its path */
const char *quote_dentry(char out[QUOTE_BYTES], const struct dentry *dentry);

/* dentry_fail - path_fail() of its path */
int dentry_fail(int err, const struct dentry *dentry, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * tree_lookup - the name at a folded path, parents' symlinks followed
 * @awaited: NULL, or result: the path with the symlinks that exist replaced (xmalloc'ed)
 * Returns the dentry; NULL if there is none, or if the path is the root's.
 */
struct dentry *tree_lookup(struct tree *tree, const struct path *path, struct path *awaited);

/* tree_inode_at - the inode at a folded path, parents' symlinks followed; NULL: there is none */
struct inode *tree_inode_at(struct tree *tree, const struct path *path);

/* tree_lookup_dir - the directory at a folded path, all symlinks followed; NULL: there is none */
struct inode *tree_lookup_dir(struct tree *tree, const struct path *path);

/*
 * tree_place - the dentry for a folded path that is not the root's
 * It and its parents are made if they are missing. A new one has no inode yet: the caller gives it
 * one. Errors as tree_add().
 */
int tree_place(struct tree *tree, const struct path *path, struct dentry **result);

/*
 * dentry_imply - give @dentry, which has no inode, a directory that no member describes
 * @dentry: NULL: make the root
 */
struct inode *dentry_imply(struct tree *tree, struct dentry *dentry);

/* ---- put.c ------------------------------------------------------------------ */

/* inode_make - an inode that has no name yet; the xattrs are sorted; errors as tree_add() */
int inode_make(struct tree *tree, const struct path *path, const struct attributes *attr,
	       struct inode **inode);

/* inode_set_times, inode_set_target - copy these of @attr into the arena */
void inode_set_times(struct tree *tree, struct inode *inode, const struct attributes *attr);
void inode_set_target(struct tree *tree, struct inode *inode, const struct attributes *attr);

/*
 * tree_put_inode - put an inode at a folded path
 * A directory that is there already takes the attributes of @inode, which is a directory too.
 */
int tree_put_inode(struct tree *tree, const struct path *path, struct inode *inode);

/* tree_put - inode_make() and tree_put_inode() */
int tree_put(struct tree *tree, const struct path *path, const struct attributes *attr,
	     struct inode **inode);

/* attributes_check_target - whether a symlink's target can be stored; errors as xattrs_check() */
int attributes_check_target(const struct tree *tree, const struct path *path,
			    const struct attributes *attr);

/* xattrs_check - whether a sorted list can be stored; 0, or negative errno after printing */
int xattrs_check(const struct tree *tree, const struct path *path, const struct xattr *list);

/* path_of_member - fold the path of a member or of a link's target, and apply the filter
 * Errors as path_fold(). */
int path_of_member(struct tree *tree, const char *raw, size_t len, struct path *path);

/* ---- used by tree_finish() ---------------------------------------------------- */

/* subvols_resolve - find or make the directories of all subvolumes, and number them */
int subvols_resolve(struct tree *tree);

/* subvols_connect - list the children of each; the inodes are numbered */
void subvols_connect(struct tree *tree);

/* rules_resolve - find the paths of all rules in the tree; a path that is not there is an error */
int rules_resolve(struct tree *tree);

/* owners_apply - set the owners that the options ask for; 0, or -ERANGE after printing */
int owners_apply(struct tree *tree);

#endif
