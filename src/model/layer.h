/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers, and their whiteouts as the OCI image specification has them: .wh.NAME hides NAME,
 * .wh..wh..opq all names in its directory.
 *
 * A whiteout acts on lower layers only, but may be anywhere in its own layer. So the members of a
 * layer wait until the layer ends. Then all its whiteouts are looked up in the tree of the lower
 * layers, before the first one hides something. Then its members enter the tree in their order.
 * A whiteout costs one walk to its path, however much it hides.
 */
#ifndef MODEL_LAYER_H
#define MODEL_LAYER_H

#include "model/inode.h"
#include "path.h"

struct tree;

/* A member of a layer over others: it waits for the layer's end. */
struct waiting {
	struct waiting *next; /* in the order in which they came */
	struct path path;
	struct path *target;  /* of a hard link; NULL: it is none */
	struct inode *inode;  /* of a hard link: the donor, or NULL */
	struct xattr *xattrs; /* of a hard link */
	bool hides_target;    /* of a hard link: whiteouts of its own layer hide the target */
};

/* The layer that is being read, and the subvolumes of those that were kept. */
struct layers {
	u32 nr;             /* of the layer, from 1; 0: there are no layers */
	bool is_open;       /* between tree_begin_layer() and tree_end_layer() */
	struct arena arena; /* of the waiting members and whiteouts */
	struct waiting *first, **last;
	struct whiteout *whiteouts;
	bool hides_target; /* of the waiting member that is put now */
	struct inode *top; /* the root directory above the kept layers; NULL: none was kept */
	u32 last_ino;      /* of the inodes in kept layers */
};

/*
 * layer_take_whiteout - if the path of a member, not folded yet, is a whiteout's, remember it
 * Returns 1 if it is (the member is not put anywhere), 0 if not, or a negative errno after
 * printing.
 */
int layer_take_whiteout(struct tree *tree, const char *path, size_t path_len);

/* layer_keep - let a member wait for the end of its layer; false if it need not */
bool layer_keep(struct tree *tree, const struct waiting *member);

/* layers_finish - let the directory above the kept layers be the root */
void layers_finish(struct tree *tree);

#endif
