/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree. Members are inserted by path, with the rules of extraction: implied parents,
 * replacement, symlinked parents, hard links in any order. Then the tree is sorted and numbered.
 * No step after tree_finish() can see in which order members came.
 *
 * Paths are raw bytes. They are folded: empty components, "." and slashes at both ends are dropped;
 * ".." is refused. The empty result is the root.
 */
#ifndef MODEL_TREE_H
#define MODEL_TREE_H

#include "base/diag.h"
#include "base/mem.h"
#include "model/content.h"
#include "model/file_data.h"
#include "model/inode.h"
#include "model/owners.h"
#include "model/path_filter.h"
#include "model/path_rules.h"
#include "model/storage.h"
#include "model/subvol.h"
#include "model/xattr.h"

/* Attributes of directories that no member describes, the root included. */
struct implied_attributes {
	u32 mode; /* permissions, 07777 */
	u32 uid, gid;
	struct timestamp time;
};

struct tree_options {
	bool exists;     /* a tree that a filesystem has: rules say how its data are stored here and
			    change nothing else, and their paths may be missing; other options are
			    left out but the next two */
	u32 nodesize;    /* limits of symlinks and xattrs follow from it */
	u64 max_entries; /* members, and directories that they imply; 0: any number */
	struct implied_attributes implied;
	struct path_filter filter; /* of the paths that tree_add() and tree_add_link() get */
	struct owner_rules owners;
	bool whiteouts;        /* names that begin with .wh. are whiteouts, as in OCI layers */
	bool hard_dereference; /* each name of a file becomes a file of its own */
	struct subvol_requests subvols;
	struct path_rules rules; /* sealed */
};

struct tree;

/* tree_new - an empty tree: a root directory; release with tree_free() */
struct tree *tree_new(const struct tree_options *options);
void tree_free(struct tree *tree);

/* tree_arena - where xattrs for tree_add() are to be allocated */
struct arena *tree_arena(struct tree *tree);

/* tree_bytes - of memory that names, inodes, link targets and attributes take by now */
u64 tree_bytes(const struct tree *tree);

/* nodesize_hint - for messages about a limit that larger nodes raise; HINT_NONE for the largest */
static inline enum diag_hint nodesize_hint(u32 nodesize)
{
	if (nodesize < 16384)
		return HINT_NODES_16K;
	return nodesize < BTRFS_MAX_NODESIZE ? HINT_NODES_64K : HINT_NONE;
}

/*
 * tree_storage - how the data of @inode, by its present path and flags, are to be stored
 * A guess while members arrive: tree_apply_rules() stores a file again if the guess was wrong.
 */
struct storage tree_storage(const struct tree *tree, const struct inode *inode);

/*
 * tree_leaves_out - whether the filter keeps the member at @path out of the image
 * Returns 1 if it does, 0 if not, or a negative errno after printing: a path that no member may
 * have.
 */
int tree_leaves_out(const struct tree *tree, const char *path, size_t path_len);

/* tree_has_filter - whether there is a member that tree_leaves_out() */
bool tree_has_filter(const struct tree *tree);

/* tree_owners - what replaces owners of members */
const struct owner_rules *tree_owners(const struct tree *tree);

/* What a member's header says of the inode. */
struct attributes {
	u32 mode; /* type and permissions (07777) */
	u32 uid;
	u32 gid;
	u32 flags;                      /* BTRFS_INODE_*, INODE_INCOMPLETE */
	enum fsverity_algorithm verity; /* of files, for tree_override() alone */
	u64 rdev;                       /* devices: major << 20 | minor */
	struct timestamp mtime;
	const struct inode_times *times; /* copied; NULL: all are the mtime */
	struct xattr *xattrs;            /* from tree_arena(); taken over, in any order */
	const char *target;              /* symlinks: copied, @target_len bytes */
	size_t target_len;
};

/*
 * tree_add - a member that is not a hard link
 * @inode: result; a file's data goes to it through file_data
 * Members that the filter leaves out are remembered, since a hard link that is kept may name one.
 * A directory that exists keeps its children and takes the new attributes; all else
 * replaces what stood at the path.
 * Returns 0, or a negative errno after printing what is wrong with the member: ".." in the path, a
 * parent that is no directory (or a dangling or looping symlink), a name, symlink target or xattr
 * too long for btrfs or the node size, too many names with one hash.
 */
int tree_add(struct tree *tree, const char *path, size_t path_len, const struct attributes *attr,
	     struct inode **inode);

/*
 * tree_add_link - a hard link member
 * @xattrs: those of the link's header; they must equal the target's unless NULL (checked when the
 *          link is bound)
 * @donor:  NULL if the member carries no data, else result: an inode that takes the data. In
 *          tree_bind_links() the target gets it if it has none; else both must be the same.
 * Binds to the inode that is at @target now, else to the first that is added there.
 */
int tree_add_link(struct tree *tree, const char *path, size_t path_len, const char *target,
		  size_t target_len, struct xattr *xattrs, struct inode **donor);

/*
 * tree_note_subvol - with options.exists: the directory at @path, terminated, is a subvolume
 * tree_know_subvol - the same, with its uuid and transid; or those of the top level, ""
 * One may be noted several times. A noted one that stays empty may be the place of any subvolume.
 */
void tree_note_subvol(struct tree *tree, const char *path);
void tree_know_subvol(struct tree *tree, const char *path, const u8 uuid[BTRFS_UUID_SIZE],
		      u64 transid);

/*
 * tree_make_file - a file of ours, with the owner and time of directories that no member describes
 * @path: in the image: no filter applies
 * @bytes: its size
 * Errors as tree_add(). Not while a layer is open.
 */
int tree_make_file(struct tree *tree, const char *path, size_t path_len, u64 bytes,
		   struct inode **inode);

/*
 * tree_begin_layer - with options.whiteouts: members that are added from here on are a layer
 * Its whiteouts hide members of earlier layers, and never its own, which may come before them. The
 * first layer's members enter the tree at once, and its whiteouts hide nothing.
 */
void tree_begin_layer(struct tree *tree);

/*
 * tree_end_layer - all members of the layer were added: those of the second and later layers enter
 * the tree now
 * Returns 0, or a negative errno after printing: what tree_add() says of places.
 */
int tree_end_layer(struct tree *tree);

/*
 * tree_keep_layer - keep the present tree, at a layer's end, as a subvolume of the top level
 * @file_data: has all data of the layer
 * @digest:    of the layer, in hex; the subvolume is called NNN-DIGEST, by the layer's number from
 *             1 on and LAYER_DIGEST_DIGITS digits
 * It is read-only, and the default subvolume until the next one is kept. Call it for each layer or
 * for none. It excludes options.subvols, rules, hard_dereference, tree_override() and tree_label().
 * Returns 0, or a negative errno after printing: as tree_bind_links(), a link without target, more
 * links than btrfs holds, too many entries in all layers' trees.
 */
#define LAYER_DIGEST_DIGITS 12
int tree_keep_layer(struct tree *tree, struct file_data *file_data, const char *digest);

/*
 * tree_bind_links - all members are there: bind late links, hand over link data
 * @content: holds all data of the archive, flushed
 * Returns 0, or a negative errno after printing: a link to a directory, or with other xattrs or
 * data than its target.
 */
int tree_bind_links(struct tree *tree, struct content *content);

/* The fields of struct attributes that tree_override() takes. It takes all xattrs in the list. */
#define GIVEN_TYPE 1u
#define GIVEN_MODE 2u
#define GIVEN_UID 4u
#define GIVEN_GID 8u
#define GIVEN_TIMES 16u
#define GIVEN_FLAGS 32u
#define GIVEN_DEVICE 64u
#define GIVEN_TARGET 128u
#define GIVEN_VERITY 256u

/*
 * tree_override - change the inode at a path of the image, or make one; after tree_bind_links()
 * @given: GIVEN_*
 * An inode of several names changes under all of them. A new inode gets the attributes that are not
 * given from tree_options.implied. Returns 0, or a negative errno after printing: errors of
 * tree_add(), a type that the inode does not have, or no inode and no type or mode to make one.
 */
int tree_override(struct tree *tree, const char *path, size_t path_len,
		  const struct attributes *attr, u32 given);

/* tree_type_at - S_IFMT bits of the inode at a path of the image, 0 if there is none; as long as
 * tree_override() may be called */
u32 tree_type_at(struct tree *tree, const char *path, size_t path_len);

/*
 * tree_finish - sort, number, set owners
 * @content: as for tree_bind_links(), which was called
 * Returns 0, or a negative errno after printing: a link without target, or into another subvolume;
 * more links than btrfs holds; a requested subvolume that is no directory; a rule for a path that
 * is not there; an owner out of range. From here on the tree does not change, but for tree_label()
 * and tree_apply_rules().
 */
int tree_finish(struct tree *tree, struct content *content);

/*
 * tree_label - set one xattr of all inodes, by their paths; after tree_finish()
 * @xattr: its name
 * @label: gets an inode's mode and path, the smallest one, with a slash in front. Returns the
 *         value, a string that is valid until the next call; its NUL is stored, too. NULL: no
 *         xattr is set. On failure it prints and sets *err.
 * Returns 0, or a negative errno after printing.
 */
int tree_label(struct tree *tree, const char *xattr,
	       const char *(*label)(void *context, const char *path, u32 mode, int *err),
	       void *context);

/*
 * tree_apply_rules - set the inode flags and properties that rules by path ask for
 * @file_data: which filled @content; it stores files again that were not stored as the rules want,
 *             so that nothing depends on the order of members
 * Call it once, after tree_finish(), and file_data_flush() after it. Returns 0, or a negative errno
 * after printing.
 */
int tree_apply_rules(struct tree *tree, struct content *content, struct file_data *file_data);

/*
 * tree_derive_uuids - give each subvolume below the top level without a given uuid one that follows
 * from its path and from what it holds, and from nothing else in the tree
 * @content: of which tails may be packed; not yet put in order
 * After tree_finish(), tree_label() and tree_apply_rules().
 */
void tree_derive_uuids(struct tree *tree, const struct content *content);

/*
 * tree_derive_top_uuid - give the top level the uuid of a subvolume at path @name with its content,
 * unless one is given; as tree_derive_uuids()
 */
void tree_derive_top_uuid(struct tree *tree, const struct content *content, const char *name);

/* ---- after tree_finish() ------------------------------------------------- */

/*
 * A walk over names, depth first: a directory before the names in it, these by memcmp. Paths may be
 * deep: it is no recursion. Zero before tree_walk_enter(); release with tree_walk_release().
 */
struct tree_walk {
	struct tree_walk_level *levels;
	size_t depth, capacity;
	size_t mark; /* as given to tree_walk_enter() for the directory of the last name */
};

/* tree_walk_enter - the names in @dir, which is sorted, come next; @mark: for the caller's use */
void tree_walk_enter(struct tree_walk *walk, const struct inode *dir, size_t mark);

/* tree_walk_next - the next name, NULL at the end; the caller enters directories */
struct dentry *tree_walk_next(struct tree_walk *walk);
void tree_walk_release(struct tree_walk *walk);

/* tree_root - the root directory */
const struct inode *tree_root(const struct tree *tree);

/* tree_inodes - all inodes, subvolume by subvolume, in each by number; @nr gets their count */
const struct inode *const *tree_inodes(const struct tree *tree, u64 *nr);

/* tree_inode_index - the index of @inode in tree_inodes() */
u64 tree_inode_index(const struct tree *tree, const struct inode *inode);

/*
 * tree_has_layers - whether tree_keep_layer() was called
 * Then subvolumes are the states after each layer: from number 2 on each one is a changed copy of
 * the one before it.
 */
bool tree_has_layers(const struct tree *tree);

/* tree_subvols - all subvolumes by number, the top level first; @nr gets their count */
const struct subvol *tree_subvols(const struct tree *tree, u32 *nr);

/* tree_property_features - incompat feature bits that go with compression properties */
u64 tree_property_features(const struct tree *tree);

/* tree_default_subvol - the one that a mount without options shows */
const struct subvol *tree_default_subvol(const struct tree *tree);

#endif
