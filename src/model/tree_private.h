/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What names.c, path_rules.c, path_filter.c, hard_link.c, subvol.c, tree.c, lay_over.c,
 * apply_rules.c, owners.c and tree_finish.c share; each uses only those before it.
 */
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

	struct subvol *subvols; /* by number, from tree_finish() on */
	u32 nr_subvols;
	u32 default_subvol;
	struct left_out *left_out; /* what was left out so far, newest first */
	bool root_met;             /* a member at or below the directory that becomes the root */
	u64 property_features;
	struct path_rules rules; /* by where paths lead to in the finished tree */

	struct inode **inodes; /* likewise: by subvolume, then by number */
	size_t nr_inodes;
	size_t inodes_capacity;
};

/* ---- names.c ---------------------------------------------------------------- */

/* names_init - an empty table */
void names_init(struct tree *tree);

/*
 * path_fold - check and fold @raw into @path, whose bytes are xmalloc'ed, with a NUL behind them
 * Returns 0, or a negative errno after printing ("..", a component beyond 255 bytes, a NUL byte).
 */
int path_fold(const char *raw, size_t len, struct path *path);

/*
 * path_of_member - fold the path of a member or of a link's target, and apply the filter
 * What is left out gets a path that no archive can name, of one component. Errors as path_fold().
 */
int path_of_member(struct tree *tree, const char *raw, size_t len, struct path *path);

/* names_drop_left_out - take what is left out away; links to it remain */
void names_drop_left_out(struct tree *tree);

/*
 * path_compare - the order of the walk: a directory before what is below it, names by memcmp
 * Both are folded. Returns a number below, equal to or above 0.
 */
int path_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* path_is_below - whether @path is @dir or lies below it; both are folded */
bool path_is_below(const char *dir, size_t dir_len, const char *path, size_t path_len);

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

/* dentry_imply - give @dentry, which has no inode, a directory that no member describes; NULL: the
 * root */
struct inode *dentry_imply(struct tree *tree, struct dentry *dentry);

/* dentry_path - the path of a name, xmalloc'ed; for the table of pending links and for messages */
struct path dentry_path(const struct dentry *dentry);

/* quote_path - quote() of a path, as the archive has it if it is left out */
const char *quote_path(const struct tree *tree, char out[QUOTE_BYTES], const struct path *path);

/* quote_dentry - quote_path() of its path */
const char *quote_dentry(const struct tree *tree, char out[QUOTE_BYTES],
			 const struct dentry *dentry);

/* ---- hard_link.c ----------------------------------------------------------- */

/* links_init - an empty table of waiting links */
void links_init(struct tree *tree);

/* links_resolve - bind the links that wait for what was just put at @dentry */
int links_resolve(struct tree *tree, struct dentry *dentry);

/* links_resolve_late - bind what is left by following the finished tree's symlinks */
int links_resolve_late(struct tree *tree);

/* links_hand_over_data - give data that came with links to their targets */
int links_hand_over_data(struct tree *tree, struct content *content);

/* ---- subvol.c -------------------------------------------------------------- */

/* subvols_resolve - find or make the directories of all subvolumes, and number them */
int subvols_resolve(struct tree *tree);

/* subvols_connect - list the children of each; the inodes are numbered */
void subvols_connect(struct tree *tree);

/* ---- tree.c ---------------------------------------------------------------- */

/* tree_put - what tree_add() does with a folded path; the xattrs are sorted */
int tree_put(struct tree *tree, const struct path *path, const struct attributes *attr,
	     struct inode **inode);

/* attributes_check_target - whether a symlink's target can be stored; errors as xattrs_check() */
int attributes_check_target(const struct tree *tree, const struct path *path,
			    const struct attributes *attr);

/* xattrs_check - whether a sorted list can be stored; 0, or negative errno after printing */
int xattrs_check(const struct tree *tree, const struct path *path, const struct xattr *list);

/* ---- apply_rules.c --------------------------------------------------------- */

/* rules_resolve - find out where the paths of all rules lead to; it is an error if nothing is there
 */
int rules_resolve(struct tree *tree);

/* ---- owners.c ---------------------------------------------------------------- */

/* owners_apply - make the owners of all inodes what the options want; 0, or -ERANGE after printing
 */
int owners_apply(struct tree *tree);

#endif
