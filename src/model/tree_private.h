/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files that work on the tree share, from the bottom up: no function calls one of a later
 * section.
 */
#ifndef MODEL_TREE_PRIVATE_H
#define MODEL_TREE_PRIVATE_H

#include "base/diag.h"
#include "model/tree.h"
#include "path.h"

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

/* A member of a layer that lies over others: it waits for the layer's end. */
struct waiting {
	struct waiting *next; /* in the order in which they came */
	struct path path;
	struct path *target;  /* of a hard link; NULL: it is none */
	struct inode *inode;  /* of a hard link: the donor, or NULL */
	struct xattr *xattrs; /* of a hard link */
};

/* What a whiteout hides: a name, or what is in a directory. */
struct whiteout {
	struct whiteout *next;
	struct path path;
	bool is_opaque; /* the path is a directory's, which stays */
	union {
		struct dentry *dentry; /* of a name, once it is looked up; NULL: nothing is there */
		struct inode *dir;     /* of an opaque directory */
	};
};

/* The layer that is being read. */
struct layer {
	u32 nr;             /* from 1; 0: there are no layers */
	bool is_open;       /* between tree_begin_layer() and tree_end_layer() */
	struct arena arena; /* of all that follows */
	struct waiting *first, **last;
	struct whiteout *whiteouts;
};

struct tree {
	struct arena arena;
	struct tree_options options;
	struct inode *root;

	struct dentry **buckets; /* table of all names, by directory and name */
	size_t nr_buckets;       /* a power of two */
	size_t nr_dentries;
	u64 nr_entries; /* as of tree_options.max_entries */

	struct pending_link *pending;
	struct pending_link **pending_buckets;
	size_t nr_pending_buckets;
	size_t nr_pending;
	struct donation *donations;

	struct subvol *subvols; /* by number, from tree_finish() on; layers' as they are kept */
	u32 nr_subvols;
	size_t subvols_capacity;
	u32 default_subvol;
	struct left_out *left_out; /* what was left out so far, newest first */
	struct layer layer;
	struct inode *top; /* the root directory above the layers' trees; NULL: none was kept */
	u32 last_ino;      /* of those in layers that were kept */
	bool root_met;     /* a member at or below the directory that becomes the root */
	u64 property_features;
	struct path_rules rules; /* by where paths lead to in the finished tree */

	struct inode **inodes; /* likewise: by subvolume, then by number */
	size_t nr_inodes;
	size_t inodes_capacity;
};

/* ---- name_table.c ----------------------------------------------------------- */

/* names_init - an empty table */
void names_init(struct tree *tree);

/* name_find - the dentry of a name in @dir, which may have no inode; NULL: there is none */
struct dentry *name_find(const struct tree *tree, const struct inode *dir, const char *name,
			 size_t len);

/*
 * name_add - a new name in @dir, without an inode
 * @path: of the member, for messages. Returns 0, or -EOVERFLOW after printing: too many names with
 * one hash.
 */
int name_add(struct tree *tree, struct inode *dir, const char *name, size_t len,
	     const struct path *path, struct dentry **result);

/* ---- left_out.c ------------------------------------------------------------- */

/*
 * path_of_member - fold the path of a member or of a link's target, and apply the filter
 * What is left out gets a path that no archive can name, of one component. Errors as path_fold().
 */
int path_of_member(struct tree *tree, const char *raw, size_t len, struct path *path);

/* names_drop_left_out - take what is left out away; links to it remain */
void names_drop_left_out(struct tree *tree);

/* quote_path - quote() of a path, as the archive has it if it is left out */
const char *quote_path(const struct tree *tree, char out[QUOTE_BYTES], const struct path *path);

/* ---- lookup.c --------------------------------------------------------------- */

/* dentry_path - the path of a name, xmalloc'ed; for the table of pending links and for messages */
struct path dentry_path(const struct dentry *dentry);

/* quote_dentry - quote_path() of its path */
const char *quote_dentry(const struct tree *tree, char out[QUOTE_BYTES],
			 const struct dentry *dentry);

/*
 * tree_lookup - what stands at a folded path, parents' symlinks followed
 * @awaited: NULL, or result: the path with the symlinks that exist replaced (xmalloc'ed)
 * Returns the dentry, or NULL if nothing stands there, or if the path is the root's.
 */
struct dentry *tree_lookup(struct tree *tree, const struct path *path, struct path *awaited);

/* tree_lookup_dir - the directory that a folded path leads to, symlinks followed; NULL if none */
struct inode *tree_lookup_dir(struct tree *tree, const struct path *path);

/*
 * tree_place - the dentry for a folded path that is not the root's; it and its parents are made if
 * they are missing
 * A new one has no inode yet: the caller gives it one. Errors as tree_add().
 */
int tree_place(struct tree *tree, const struct path *path, struct dentry **result);

/*
 * dentry_imply - give @dentry, which has no inode, a directory that no member describes
 * @dentry: NULL: make the root
 */
struct inode *dentry_imply(struct tree *tree, struct dentry *dentry);

/* ---- hard_link.c ----------------------------------------------------------- */

/* tree_put_link - what tree_add_link() does with folded paths; the xattrs are sorted */
int tree_put_link(struct tree *tree, const struct path *path, const struct path *target,
		  struct xattr *xattrs, struct inode *donor);

/* links_init - an empty table of waiting links */
void links_init(struct tree *tree);

/* links_resolve - bind the links that wait for what was just put at @dentry */
int links_resolve(struct tree *tree, struct dentry *dentry);

/* links_resolve_late - bind what is left by following the finished tree's symlinks */
int links_resolve_late(struct tree *tree);

/* links_hand_over_data - give data that came with links to their targets */
int links_hand_over_data(struct tree *tree, struct content *content);

/* links_forget - no link waits any more */
void links_forget(struct tree *tree);

/* ---- put.c ----------------------------------------------------------------- */

/* inode_make - an inode that stands nowhere yet; the xattrs are sorted; errors as tree_add() */
int inode_make(struct tree *tree, const struct path *path, const struct attributes *attr,
	       struct inode **inode);

/* tree_put_inode - let it stand at a folded path; what it is becomes that of a directory there */
int tree_put_inode(struct tree *tree, const struct path *path, struct inode *inode);

/* tree_put - both in one */
int tree_put(struct tree *tree, const struct path *path, const struct attributes *attr);

/* attributes_check_target - whether a symlink's target can be stored; errors as xattrs_check() */
int attributes_check_target(const struct tree *tree, const struct path *path,
			    const struct attributes *attr);

/* xattrs_check - whether a sorted list can be stored; 0, or negative errno after printing */
int xattrs_check(const struct tree *tree, const struct path *path, const struct xattr *list);

/* ---- order.c --------------------------------------------------------------- */

/* directory_names - the names in @dir by memcmp, in the arena; returns how many */
u32 directory_names(struct tree *tree, const struct inode *dir, struct dentry ***names);

/* directory_sort - set what directories have from tree_finish() on */
void directory_sort(struct tree *tree, struct inode *dir);

/*
 * inode_set_name, inode_add_alias - @d is the first name that the walk meets of its inode, or one
 * more. While the walk goes on, inode.names is the last one, whose alias_next leads back to the
 * first: adding one is O(1). The latter returns 0, or -EMLINK after printing.
 */
void inode_set_name(struct dentry *d);
int inode_add_alias(const struct tree *tree, struct dentry *d);

/* refuse_lost_link - say that the target of the hard link @d never came; returns -ENOENT */
int refuse_lost_link(const struct tree *tree, const struct dentry *d);

/* ---- subvol.c -------------------------------------------------------------- */

/* subvols_resolve - find or make the directories of all subvolumes, and number them */
int subvols_resolve(struct tree *tree);

/* subvols_connect - list the children of each; the inodes are numbered */
void subvols_connect(struct tree *tree);

/* ---- layer.c --------------------------------------------------------------- */

/*
 * layer_take_whiteout - if the path of a member, not folded yet, is a whiteout's, remember it
 * Returns 1 if it is (the member is to go nowhere), 0 if not, or a negative errno after printing.
 */
int layer_take_whiteout(struct tree *tree, const char *path, size_t path_len);

/* layer_keep - let a member wait for the end of its layer; false if it need not */
bool layer_keep(struct tree *tree, const struct waiting *member);

/* ---- keep_layer.c ------------------------------------------------------------ */

/* layers_finish - let the top level be the root */
void layers_finish(struct tree *tree);

/* ---- apply_rules.c --------------------------------------------------------- */

/* rules_resolve - find out where the paths of all rules lead to; it is an error if nothing is there
 */
int rules_resolve(struct tree *tree);

/* ---- owners.c ---------------------------------------------------------------- */

/* owners_apply - make the owners of all inodes what the options want; 0, or -ERANGE after printing
 */
int owners_apply(struct tree *tree);

#endif
