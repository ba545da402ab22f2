/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From requested paths to directories of the finished tree, in the order in
 * which the walk meets them: what a subvolume's number and id follow from.
 */
#include "base/diag.h"
#include "tree_private.h"

#include <stdlib.h>

/* A subvolume before it has a number. */
struct found {
	const struct subvol_request *request;
	struct inode *dir;
	struct path path; /* where the directory is, no symlinks on the way; xmalloc'ed */
};

static int compare_found(const void *a, const void *b)
{
	const struct path *x = &((const struct found *)a)->path;
	const struct path *y = &((const struct found *)b)->path;
	return path_compare(x->bytes, x->len, y->bytes, y->len);
}

static int refuse(const char *option, const char *path, size_t len, const char *what)
{
	char q[QUOTE_BYTES];
	return fail(-EINVAL, "%s: '%s' %s", option, quote(q, path, len), what);
}

/* The dentry at a folded path; made with its parents if nothing is there. */
static int find_or_make(struct tree *tree, const struct path *path, struct dentry **dentry)
{
	char q[QUOTE_BYTES];
	int err = tree_place(tree, path, dentry);
	if (err || (*dentry)->inode)
		return err;
	dentry_imply(tree, *dentry);
	info("--subvol: '%s' is not in the archive, it is made", quote_dentry(tree, q, *dentry));
	return 0;
}

static int find_subvol(struct tree *tree, const struct subvol_request *request, struct found *found)
{
	const size_t len = strlen(request->path);
	struct dentry *d = NULL;
	struct path path;
	int err = path_fold(request->path, len, &path);
	if (err)
		return err;
	if (!path.len)
		err = refuse("--subvol", request->path, len,
			     "is the top level, which always is a subvolume");
	else
		err = find_or_make(tree, &path, &d);
	xfree(path.bytes);
	if (err)
		return err;
	assert(d);
	if (!inode_is_dir(d->inode))
		return refuse("--subvol", request->path, len, "is not a directory");
	if (d->inode->ino)
		return refuse("--subvol", request->path, len, "is given twice");
	d->inode->ino = BTRFS_FIRST_FREE_OBJECTID;
	*found = (struct found){ request, d->inode, dentry_path(d) };
	return 0;
}

static void number_subvols(struct tree *tree, struct found *found, u32 nr)
{
	qsort(found, nr, sizeof(*found), compare_found);
	for (u32 i = 0; i < nr; i++) {
		struct subvol *s = &tree->subvols[i + 1];
		*s = (struct subvol){
			.id = BTRFS_FIRST_FREE_OBJECTID + i,
			.path = arena_memdup(&tree->arena, found[i].path.bytes, found[i].path.len),
			.path_len = found[i].path.len,
			.root = found[i].dir,
			.first_child = NO_SUBVOL,
			.next_sibling = NO_SUBVOL,
			.is_read_only = found[i].request->is_read_only,
		};
		found[i].dir->subvol = i + 1;
		if (found[i].request->is_default)
			tree->default_subvol = i + 1;
	}
}

static int take_uuid(struct tree *tree, const struct subvol_uuid_request *request)
{
	struct path path;
	int err = path_fold(request->path, request->path_len, &path);
	if (err)
		return err;
	const struct dentry *d = tree_lookup(tree, &path, NULL);
	const struct inode *inode = path.len ? d ? d->inode : NULL : tree->root;
	xfree(path.bytes);
	if (!inode || !inode_is_subvol_root(inode))
		return refuse("--subvol-uuid", request->path, request->path_len,
			      "is no subvolume, allowed: one of --subvol, or . for the top level");
	struct subvol *s = &tree->subvols[inode->subvol];
	if (s->uuid_given)
		return refuse("--subvol-uuid", request->path, request->path_len, "is given twice");
	s->uuid_given = true;
	memcpy(s->uuid, request->uuid, sizeof(s->uuid));
	return 0;
}

int subvols_resolve(struct tree *tree)
{
	const struct subvol_requests *requests = &tree->options.subvols;
	struct found *found = xzalloc(requests->nr_subvols * sizeof(*found));
	int err = 0;
	tree->nr_subvols = u32_from_u64(requests->nr_subvols + 1);
	tree->subvols = xzalloc(tree->nr_subvols * sizeof(*tree->subvols));
	tree->subvols[0] = (struct subvol){
		.id = BTRFS_FS_TREE_OBJECTID,
		.path = "",
		.root = tree->root,
		.first_child = NO_SUBVOL,
		.next_sibling = NO_SUBVOL,
	};
	tree->root->ino = BTRFS_FIRST_FREE_OBJECTID;
	for (size_t i = 0; i < requests->nr_subvols && !err; i++)
		err = find_subvol(tree, &requests->subvols[i], &found[i]);
	if (!err)
		number_subvols(tree, found, tree->nr_subvols - 1);
	for (size_t i = 0; i < requests->nr_subvols; i++)
		xfree(found[i].path.bytes);
	xfree(found);
	for (size_t i = 0; i < requests->nr_uuids && !err; i++)
		err = take_uuid(tree, &requests->uuids[i]);
	return err;
}

void subvols_connect(struct tree *tree)
{
	for (u32 i = tree->nr_subvols - 1; i > 0; i--) {
		struct subvol *s = &tree->subvols[i];
		struct subvol *parent = &tree->subvols[s->root->names->dir->subvol];
		s->next_sibling = parent->first_child;
		parent->first_child = i;
	}
}
