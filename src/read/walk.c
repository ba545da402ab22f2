/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/walk.h"
#include "cursor.h"
#include "sorted_names.h"

#include "base/diag.h"
#include "base/mem.h"

#include <sys/stat.h>

/* The longest path; so much does a tar header that tar2btrfs reads hold. */
#define PATH_BYTES_MAX (1u << 20)

/* A snapshot has a name for each subvolume of its origin, but not the subvolume: an empty directory
 * stands there. */
#define EMPTY_SUBVOL_MODE (S_IFDIR | 0755)

/* The kernel does not show names with lower ones. */
#define FIRST_INDEX 2

/* A directory that is being read. */
struct walk_level {
	struct filesystem_tree tree;
	u64 dir;
	u64 next_index;
	size_t path_len; /* of the directory */
	/* of a sorted walk: */
	struct sorted_names names;
	size_t next_name;
};

struct walker {
	struct filesystem *fs;
	u64 subvolume;
	bool is_sorted, stays;
	struct directory_reader *names;
	struct disk_inode_reader *inodes;
	struct disk_inode inode;
	struct walk_level *levels; /* from the first directory inwards */
	size_t depth, capacity;
	char *path;
	size_t path_len, path_capacity;
	struct subvolume_place begin; /* valid if is_new */
	bool is_new;
	char context[QUOTE_BYTES];
};

struct walker *walk_new(struct filesystem *fs, u64 id)
{
	struct walker *w = xzalloc(sizeof(*w));
	w->fs = fs;
	w->subvolume = id;
	w->names = directory_reader_new(fs);
	w->inodes = disk_inode_reader_new(fs);
	return w;
}

void walk_sort(struct walker *w)
{
	w->is_sorted = true;
}

void walk_stay(struct walker *w)
{
	w->stays = true;
}

static void pop(struct walker *w)
{
	sorted_names_release(&w->levels[--w->depth].names);
}

void walk_free(struct walker *w)
{
	if (!w)
		return;
	diag_set_context(NULL);
	while (w->depth)
		pop(w);
	directory_reader_free(w->names);
	disk_inode_reader_free(w->inodes);
	disk_inode_release(&w->inode);
	xfree(w->levels);
	xfree(w->path);
	xfree(w);
}

/* ---- the path ---------------------------------------------------------------------- */

static void show_path(struct walker *w, size_t len)
{
	w->path_len = len;
	w->path[len] = '\0';
	diag_set_context(quote(w->context, len ? w->path : "/", len ? len : 1));
}

/* Put @name behind the first @dir_len bytes of the path, which are a directory. */
static int set_path(struct walker *w, size_t dir_len, const char *name, size_t len)
{
	const size_t slash = dir_len ? 1 : 0;
	if (dir_len + slash + len > PATH_BYTES_MAX)
		return fail(-ENAMETOOLONG, "a path of more than %u bytes", PATH_BYTES_MAX);
	w->path = mem_grow(w->path, &w->path_capacity, dir_len + slash + len + 1, 1);
	if (slash)
		w->path[dir_len] = '/';
	memcpy(w->path + dir_len + slash, name, len);
	show_path(w, dir_len + slash + len);
	return 0;
}

/* Set the path to the components of @path, without "." and doubled slashes. */
static int set_first_path(struct walker *w, const char *path)
{
	int err = set_path(w, 0, "", 0);
	while (!err && *path) {
		const size_t len = strcspn(path, "/");
		if (len && (len != 1 || *path != '.'))
			err = set_path(w, w->path_len, path, len);
		path += len;
		path += *path == '/';
	}
	return err;
}

/* ---- directories ------------------------------------------------------------------- */

/*
 * Go into a directory. Each has one name, so the way back from any of them is the stack: the first
 * one that could be reached a second time is the one where the walk began.
 */
static int push(struct walker *w, const struct filesystem_tree *tree, u64 dir)
{
	if (w->depth && w->levels[0].tree.id == tree->id && w->levels[0].dir == dir)
		return tree_fail(tree, "directory %llu is in itself", (unsigned long long)dir);
	w->levels = mem_grow(w->levels, &w->capacity, w->depth + 1, sizeof(*w->levels));
	w->levels[w->depth++] = (struct walk_level){
		.tree = *tree,
		.dir = dir,
		.next_index = FIRST_INDEX,
		.path_len = w->path_len,
	};
	return w->is_sorted ? sorted_names_read(&w->levels[w->depth - 1].names, w->names, tree, dir,
						FIRST_INDEX)
			    : 0;
}

/* Whether the directory that was read has the one name that led to it. */
static bool is_own_name(const struct disk_inode *inode, u64 dir, const struct directory_entry *e)
{
	return inode->nr_refs == 1 && inode->ref_parent == dir && inode->ref.index == e->index &&
	       inode->ref.name_len == e->name_len && !memcmp(inode->ref.name, e->name, e->name_len);
}

/* An inode of the directory's own tree. */
static int enter_inode(struct walker *w, const struct filesystem_tree *tree, u64 dir,
		       const struct directory_entry *e)
{
	int err = disk_inode_read(w->inodes, tree, e->id, &w->inode);
	if (err || !S_ISDIR(w->inode.mode))
		return err;
	if (!is_own_name(&w->inode, dir, e))
		return tree_fail(tree, "directory %llu has another name, or several",
				 (unsigned long long)e->id);
	return push(w, tree, e->id);
}

/* The root directory of a subvolume. */
static int enter_root(struct walker *w, const struct subvolume *s)
{
	int err = disk_inode_read(w->inodes, &s->tree, s->root_dir, &w->inode);
	if (err)
		return err;
	if (!S_ISDIR(w->inode.mode))
		return tree_fail(&s->tree, "its root, inode %llu, is no directory",
				 (unsigned long long)s->root_dir);
	return push(w, &s->tree, s->root_dir);
}

/* Keeps the owner and the times of the directory that it is in. */
static int enter_empty(struct walker *w, const struct filesystem_tree *tree, u64 dir)
{
	int err = disk_inode_read(w->inodes, tree, dir, &w->inode);
	w->inode.ino = WALK_EMPTY_INO;
	w->inode.mode = EMPTY_SUBVOL_MODE;
	w->inode.flags = 0;
	w->inode.nr_xattrs = 0;
	return err;
}

/* Read what @e in @dir stands for; @tree becomes that of the inode. */
static int enter(struct walker *w, struct filesystem_tree *tree, u64 dir,
		 const struct directory_entry *e)
{
	struct subvolume s;
	if (!e->is_subvolume)
		return enter_inode(w, tree, dir, e);
	if (w->stays)
		return enter_empty(w, tree, dir);
	int r = filesystem_find_tree(w->fs, e->id, &s.tree, NULL);
	if (!r)
		r = subvolume_open(w->fs, e->id, &s);
	if (r < 0)
		return r;
	if (r || !subvolume_enters(&s, tree->id, dir, e))
		return enter_empty(w, tree, dir);
	*tree = s.tree;
	return enter_root(w, &s);
}

/* ---- the walk ---------------------------------------------------------------------- */

int walk_begin(struct walker *w, const char *path)
{
	diag_set_context(NULL);
	while (w->depth)
		pop(w);
	w->is_new = true;
	int err = subvolume_resolve(w->fs, w->subvolume, path, &w->begin);
	return err ? err : set_first_path(w, path);
}

/* What the path leads to. */
static int enter_first(struct walker *w, struct filesystem_tree *tree)
{
	struct subvolume_place *p = &w->begin;
	struct subvolume s;
	int err;
	if (!p->entry.is_subvolume) {
		*tree = p->subvolume.tree;
		err = disk_inode_read(w->inodes, tree, p->entry.id, &w->inode);
		return err || !S_ISDIR(w->inode.mode) ? err : push(w, tree, p->entry.id);
	}
	err = subvolume_open(w->fs, p->entry.id, &s);
	if (err)
		return err;
	*tree = s.tree;
	return enter_root(w, &s);
}

/* The next name of a directory. Returns as directory_next(). */
static int next_of_level(struct walker *w, struct walk_level *l, struct directory_entry *e)
{
	if (w->is_sorted && l->next_name == l->names.nr)
		return 0;
	const u64 index = w->is_sorted ? l->names.list[l->next_name++].index : l->next_index;
	return directory_next(w->names, &l->tree, l->dir, index, e);
}

/* The next name of the innermost directory that has one. Returns as walk_next(). */
static int next_name(struct walker *w, struct filesystem_tree *tree, u64 *dir,
		     struct directory_entry *e)
{
	while (w->depth) {
		struct walk_level *l = &w->levels[w->depth - 1];
		show_path(w, l->path_len);
		int r = next_of_level(w, l, e);
		if (r > 0) {
			*tree = l->tree;
			*dir = l->dir;
			l->next_index = e->index + 1;
			r = set_path(w, l->path_len, e->name, e->name_len);
			return r ? r : 1;
		}
		if (r)
			return r;
		pop(w);
	}
	diag_set_context(NULL);
	return 0;
}

int walk_next(struct walker *w, struct walk_entry *entry)
{
	struct directory_entry e;
	u64 dir = 0;
	int err;
	if (w->is_new) {
		w->is_new = false;
		err = enter_first(w, &entry->tree);
	} else {
		int r = next_name(w, &entry->tree, &dir, &e);
		if (r <= 0)
			return r;
		err = enter(w, &entry->tree, dir, &e);
	}
	entry->path = w->path;
	entry->path_len = w->path_len;
	entry->inode = &w->inode;
	return err ? err : 1;
}
