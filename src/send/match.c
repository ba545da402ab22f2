/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "match.h"

#include "base/mem.h"
#include "disk/checksum.h"

#include <stdlib.h>

static void pair(struct diff *d, const struct inode *old, const struct inode *inode, bool same)
{
	const u32 o = diff_index(&d->old_side, old), n = diff_index(&d->new_side, inode);
	d->old_side.pair[o] = n + 1;
	d->new_side.pair[n] = o + 1;
	d->same_data[n] = same;
}

static bool are_free(const struct diff *d, const struct inode *old, const struct inode *inode)
{
	return !diff_new_of(d, old) && !diff_old_of(d, inode);
}

/* Whether two files hold the same. */
static int files_equal(const struct diff *d, const struct inode *old, const struct inode *inode,
		       bool *same)
{
	int err = 0;
	*same = old->size == inode->size && old->nr == inode->nr;
	for (u32 i = 0; i < inode->nr && *same && !err; i++)
		err = diff_same_extent(d, old, i, inode, i, same);
	return err;
}

/* Whether the one can become the other by commands; content of files aside. */
static bool are_alike(const struct inode *old, const struct inode *inode)
{
	if ((old->mode ^ inode->mode) & S_IFMT)
		return false;
	switch (inode->mode & S_IFMT) {
	case S_IFLNK:
		return old->size == inode->size && !memcmp(old->target, inode->target, old->size);
	case S_IFCHR:
	case S_IFBLK:
		return old->rdev == inode->rdev;
	default:
		return true;
	}
}

/* ---- by path -------------------------------------------------------------------------- */

static int match_name(struct diff *d, const struct dentry *old, const struct dentry *name,
		      bool any_content)
{
	bool same = true;
	if (inode_is_subvol_root(old->inode) || inode_is_subvol_root(name->inode) ||
	    !are_free(d, old->inode, name->inode) || !are_alike(old->inode, name->inode))
		return 0;
	const int err =
		inode_is_file(name->inode) ? files_equal(d, old->inode, name->inode, &same) : 0;
	if (!err && (same || any_content))
		pair(d, old->inode, name->inode, same);
	return err;
}

static int match_directory(struct diff *d, const struct inode *old, const struct inode *dir,
			   bool any_content)
{
	int err = 0;
	for (u32 i = 0, k = 0; i < old->nr && k < dir->nr && !err;) {
		const int order = dentry_compare(old->sorted[i], dir->sorted[k]);
		if (!order)
			err = match_name(d, old->sorted[i], dir->sorted[k], any_content);
		i += order <= 0;
		k += order >= 0;
	}
	return err;
}

/* Names in all directories that are pairs; children come after their parents. */
static int match_paths(struct diff *d, bool any_content)
{
	const struct subvol *s = d->new_side.subvol;
	u64 nr;
	const struct inode *const *inodes = tree_inodes(d->new_side.tree, &nr) + s->first_inode;
	int err = 0;
	for (u64 i = 0; i < s->nr_inodes && !err; i++) {
		const struct inode *old =
			inode_is_dir(inodes[i]) ? diff_old_of(d, inodes[i]) : NULL;
		if (old)
			err = match_directory(d, old, inodes[i], any_content);
	}
	return err;
}

/* ---- by content -------------------------------------------------------------------------- */

struct keyed_file {
	u8 key[16]; /* of size, places and stored bytes */
	const struct inode *inode;
};

struct keyed_files {
	struct keyed_file *list;
	size_t nr, capacity;
};

static void key_of_content(const struct content *content, const struct inode *inode, u8 key[16])
{
	struct sha256 *sha = sha256_new();
	const struct file_extent *e = content_file_extents(content, inode);
	u8 digest[32];
	sha256_add(sha, &inode->size, sizeof(inode->size));
	for (u32 i = 0; i < inode->nr; i++, e++) {
		sha256_add(sha, &e->file_off, sizeof(e->file_off));
		sha256_add(sha, content_blob(content, e)->hash, 16);
	}
	sha256_finish(sha, digest);
	memcpy(key, digest, 16);
}

static int compare_keys(const void *a, const void *b)
{
	const struct keyed_file *x = a, *y = b;
	const int order = memcmp(x->key, y->key, sizeof(x->key));
	return order ? order : (x->inode->ino > y->inode->ino) - (x->inode->ino < y->inode->ino);
}

/* Files with data that are in no pair, by key. */
static struct keyed_files free_files(const struct diff_side *side)
{
	struct keyed_files files = { .nr = 0 };
	u64 nr;
	const struct inode *const *inodes =
		tree_inodes(side->tree, &nr) + side->subvol->first_inode;
	for (u64 i = 0; i < side->subvol->nr_inodes; i++) {
		if (!inode_is_file(inodes[i]) || !inodes[i]->nr || side->pair[i])
			continue;
		files.list =
			mem_grow(files.list, &files.capacity, files.nr + 1, sizeof(*files.list));
		files.list[files.nr].inode = inodes[i];
		key_of_content(side->content, inodes[i], files.list[files.nr++].key);
	}
	if (files.nr)
		qsort(files.list, files.nr, sizeof(*files.list), compare_keys);
	return files;
}

/* How many files have the key of the one at @at. */
static size_t count_key(const struct keyed_files *files, size_t at)
{
	size_t nr = 1;
	while (at + nr < files->nr &&
	       !memcmp(files->list[at].key, files->list[at + nr].key, sizeof(files->list->key)))
		nr++;
	return nr;
}

static int match_content(struct diff *d)
{
	struct keyed_files olds = free_files(&d->old_side), news = free_files(&d->new_side);
	int err = 0;
	for (size_t i = 0, k = 0; i < olds.nr && k < news.nr && !err;) {
		const struct keyed_file *x = &olds.list[i], *y = &news.list[k];
		const int order = memcmp(x->key, y->key, sizeof(x->key));
		const size_t nr_old = count_key(&olds, i), nr_new = count_key(&news, k);
		bool same = false;
		if (!order && nr_old == 1 && nr_new == 1)
			err = files_equal(d, x->inode, y->inode, &same);
		if (same)
			pair(d, x->inode, y->inode, true);
		i += order <= 0 ? nr_old : 0;
		k += order >= 0 ? nr_new : 0;
	}
	xfree(olds.list);
	xfree(news.list);
	return err;
}

/* ---- directories by what they hold --------------------------------------------------------- */

/* For each old directory how many names of a new one it had. */
struct votes {
	u32 *of; /* by old inode */
	const struct inode *best;
};

static void vote(const struct diff *d, struct votes *votes, const struct dentry *name)
{
	const struct inode *old =
		inode_is_subvol_root(name->inode) ? NULL : diff_old_of(d, name->inode);
	for (const struct dentry *o = old ? old->names : NULL; o; o = o->alias_next) {
		const struct inode *dir = o->dir;
		if (dentry_compare(o, name) || diff_new_of(d, dir))
			continue;
		const u32 i = diff_index(&d->old_side, dir);
		votes->of[i]++;
		const u32 most = votes->best ? votes->of[diff_index(&d->old_side, votes->best)] : 0;
		if (!votes->best || votes->of[i] > most ||
		    (votes->of[i] == most && dir->ino < votes->best->ino))
			votes->best = dir;
	}
}

static void take_votes_back(const struct diff *d, struct votes *votes, const struct dentry *name)
{
	const struct inode *old =
		inode_is_subvol_root(name->inode) ? NULL : diff_old_of(d, name->inode);
	for (const struct dentry *o = old ? old->names : NULL; o; o = o->alias_next)
		votes->of[diff_index(&d->old_side, o->dir)] = 0;
}

/* From the last directory to the first: those below come before those above. */
static void match_moved_directories(struct diff *d)
{
	const struct subvol *s = d->new_side.subvol;
	u64 nr;
	const struct inode *const *inodes = tree_inodes(d->new_side.tree, &nr) + s->first_inode;
	struct votes votes = { .of = xzalloc(d->old_side.subvol->nr_inodes * sizeof(u32)) };
	for (u64 i = s->nr_inodes; i--;) {
		const struct inode *dir = inodes[i];
		if (!inode_is_dir(dir) || diff_old_of(d, dir))
			continue;
		votes.best = NULL;
		for (u32 k = 0; k < dir->nr; k++)
			vote(d, &votes, dir->sorted[k]);
		if (votes.best)
			pair(d, votes.best, dir, true);
		for (u32 k = 0; k < dir->nr; k++)
			take_votes_back(d, &votes, dir->sorted[k]);
	}
	xfree(votes.of);
}

int match_inodes(struct diff *d)
{
	pair(d, d->old_side.subvol->root, d->new_side.subvol->root, true);
	int err = match_paths(d, false);
	if (!err)
		err = match_content(d);
	if (err)
		return err;
	match_moved_directories(d);
	return match_paths(d, true);
}
