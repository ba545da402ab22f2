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

static int refuse_subvol(const char *path, size_t len, const char *what)
{
	char q[QUOTE_BYTES];
	return fail(-EINVAL, "%s: it %s", quote(q, path, len), what);
}

void tree_note_subvol(struct tree *tree, const char *path)
{
	struct subvol_requests *r = &tree->options.subvols;
	assert(tree->phase == TREE_OPEN && tree->options.exists);
	r->subvols =
		mem_grow(r->subvols, &r->subvols_capacity, r->nr_subvols + 1, sizeof(*r->subvols));
	r->subvols[r->nr_subvols++] = (struct subvol_request){
		.path = arena_memdup(&tree->arena, path, strlen(path) + 1),
	};
}

void tree_know_subvol(struct tree *tree, const char *path, const u8 uuid[BTRFS_UUID_SIZE],
		      u64 transid)
{
	struct subvol_requests *r = &tree->options.subvols;
	assert(tree->phase == TREE_OPEN && tree->options.exists);
	if (*path)
		tree_note_subvol(tree, path);
	r->uuids = mem_grow(r->uuids, &r->uuids_capacity, r->nr_uuids + 1, sizeof(*r->uuids));
	struct subvol_uuid_request *request = &r->uuids[r->nr_uuids++];
	*request = (struct subvol_uuid_request){
		.path = arena_memdup(&tree->arena, path, strlen(path)),
		.path_len = strlen(path),
		.transid = transid,
	};
	memcpy(request->uuid, uuid, sizeof(request->uuid));
}

/* The dentry at a folded path; made with its parents if nothing is there. */
static int find_or_make(struct tree *tree, const struct path *path, struct dentry **dentry)
{
	char q[QUOTE_BYTES];
	int err = tree_place(tree, path, dentry);
	if (err || (*dentry)->inode)
		return err;
	dentry_imply(tree, *dentry);
	info("%s: not in the archive, made as an empty subvolume", quote_dentry(q, *dentry));
	return 0;
}

/* @found: result, without a directory if it was found before and may be */
static int find_subvol(struct tree *tree, const struct subvol_request *request, struct found *found)
{
	const size_t len = strlen(request->path);
	struct dentry *d = NULL;
	struct path path;
	int err = path_fold(request->path, len, &path);
	if (err)
		return err;
	if (path.len)
		err = find_or_make(tree, &path, &d);
	else
		err = refuse_subvol(request->path, len,
				    "is the top level, which always is a subvolume");
	xfree(path.bytes);
	if (err)
		return err;
	assert(d);
	if (!inode_is_dir(d->inode))
		return refuse_subvol(request->path, len,
				     "is not a directory and cannot be a subvolume");
	if (d->inode->ino && tree->options.exists)
		return 0;
	if (d->inode->ino)
		return refuse_subvol(request->path, len, "is to be a subvolume twice");
	d->inode->ino = BTRFS_FIRST_FREE_OBJECTID;
	*found = (struct found){ request, d->inode, dentry_path(d) };
	return 0;
}

static void number_subvols(struct tree *tree, struct found *found, u32 nr)
{
	qsort(found, nr, sizeof(*found), compare_found);
	for (u32 i = 0; i < nr; i++) {
		struct subvol *s = numbering_add_subvol(&tree->numbering);
		s->id = BTRFS_FIRST_FREE_OBJECTID + i;
		s->path = arena_memdup(&tree->arena, found[i].path.bytes, found[i].path.len);
		s->path_len = found[i].path.len;
		s->root = found[i].dir;
		s->is_read_only = found[i].request->is_read_only;
		s->root->subvol = i + 1;
		if (found[i].request->is_default)
			tree->numbering.default_subvol = i + 1;
	}
}

static int take_uuid(struct tree *tree, const struct subvol_uuid_request *request)
{
	struct path path;
	int err = path_fold(request->path, request->path_len, &path);
	if (err)
		return err;
	const struct inode *inode = tree_inode_at(tree, &path);
	xfree(path.bytes);
	if (!inode || !inode_is_subvol_root(inode))
		return refuse_subvol(
			request->path, request->path_len,
			"is to have a given uuid and is no subvolume, allowed: a requested "
			"subvolume, or . for the top level");
	struct subvol *s = &tree->numbering.subvols[inode->subvol];
	if (s->uuid_given)
		return refuse_subvol(request->path, request->path_len, "is given two uuids");
	s->uuid_given = true;
	s->transid = request->transid;
	memcpy(s->uuid, request->uuid, sizeof(s->uuid));
	return 0;
}

int subvols_resolve(struct tree *tree)
{
	const struct subvol_requests *requests = &tree->options.subvols;
	struct found *found = xzalloc(requests->nr_subvols * sizeof(*found));
	u32 nr = 0;
	int err = 0;
	numbering_add_top(&tree->numbering, tree->root);
	for (size_t i = 0; i < requests->nr_subvols && !err; i++) {
		err = find_subvol(tree, &requests->subvols[i], &found[nr]);
		nr += found[nr].dir != NULL;
	}
	if (!err)
		number_subvols(tree, found, nr);
	for (u32 i = 0; i < nr; i++)
		xfree(found[i].path.bytes);
	xfree(found);
	for (size_t i = 0; i < requests->nr_uuids && !err; i++)
		err = take_uuid(tree, &requests->uuids[i]);
	return err;
}

void subvols_connect(struct tree *tree)
{
	for (u32 i = tree->numbering.nr_subvols - 1; i > 0; i--) {
		struct subvol *s = &tree->numbering.subvols[i];
		struct subvol *parent = &tree->numbering.subvols[s->root->names->dir->subvol];
		s->next_sibling = parent->first_child;
		parent->first_child = i;
	}
}
