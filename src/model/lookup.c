/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the inode at a path, and follows symlinks on the way. */
#include "base/diag.h"
#include "tree_private.h"

#include <stdarg.h>
#include <stdio.h>

#define MAX_SYMLINKS_FOLLOWED 40 /* as the kernel's MAXSYMLINKS */
/* Components of all targets on the way. The kernel has no such limit, but a short member must not
 * cost much. */
#define MAX_LINK_COMPONENTS 1024

struct path dentry_path(const struct dentry *dentry)
{
	size_t len = 0;
	if (dentry_is_left_out(dentry)) {
		struct path copy = *left_out_path(dentry);
		copy.bytes = xmemdup(copy.bytes, copy.len);
		return copy;
	}
	for (const struct dentry *d = dentry; d; d = d->dir->names)
		len += d->name_len + 1u;
	char *bytes = xmalloc(len);
	size_t pos = len - 1;
	bytes[pos] = 0;
	for (const struct dentry *d = dentry; d; d = d->dir->names) {
		pos -= d->name_len;
		memcpy(bytes + pos, d->name, d->name_len);
		if (d->dir->names)
			bytes[--pos] = '/';
	}
	return (struct path){ .bytes = bytes, .len = len - 1 };
}

struct path inode_path(const struct inode *inode)
{
	return inode->names ? dentry_path(inode->names) : (struct path){ .len = 0 };
}

const char *quote_dentry(char out[QUOTE_BYTES], const struct dentry *dentry)
{
	struct path path = dentry_path(dentry);
	quote(out, path.bytes, path.len);
	xfree(path.bytes);
	return out;
}

int dentry_fail(int err, const struct dentry *dentry, const char *format, ...)
{
	struct path path = dentry_path(dentry);
	char text[2 * QUOTE_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	path_fail(err, &path, "%s", text);
	xfree(path.bytes);
	return err;
}

/*
 * A walk to the parent of a path's last component. The walk owns the text that it still has to
 * walk. The first from_link bytes of the text came out of a symlink: there nothing may be created.
 */
struct walk {
	struct tree *tree;
	const struct path *path; /* the member's, for messages */
	bool create;             /* make missing parents, and print errors; else just fail */
	struct inode *dir;
	char *text;
	size_t pos, len, from_link;
	unsigned followed;
	unsigned link_steps; /* components that came out of symlinks */
};

static int walk_fail(const struct walk *w, const struct dentry *at, const char *what)
{
	char parent[QUOTE_BYTES];
	if (!w->create)
		return -ENOENT;
	return path_fail(-ENOTDIR, w->path, "its parent '%s' %s", quote_dentry(parent, at), what);
}

static int walk_fail_steps(const struct walk *w)
{
	if (!w->create)
		return -ENOENT;
	return path_fail(
		-ELOOP, w->path,
		"its path goes through symbolic links of more than the %d components allowed",
		MAX_LINK_COMPONENTS);
}

/* Put the symlink's target in front of the text that is still to be walked. */
static int walk_follow(struct walk *w, const struct dentry *link)
{
	const struct inode *inode = link->inode;
	if (++w->followed > MAX_SYMLINKS_FOLLOWED)
		return walk_fail(w, link, "is a loop of symbolic links");
	size_t target_len = (size_t)inode->size;
	size_t rest = w->len - w->pos;
	size_t rest_from_link = w->from_link > w->pos ? w->from_link - w->pos : 0;
	char *text = xmalloc(target_len + 1 + rest);
	memcpy(text, inode->target, target_len);
	text[target_len] = '/';
	memcpy(text + target_len + 1, w->text + w->pos, rest);
	if (inode->target[0] == '/')
		w->dir = w->tree->root;
	xfree(w->text);
	w->text = text;
	w->pos = 0;
	w->len = target_len + 1 + rest;
	w->from_link = target_len + 1 + rest_from_link;
	return 0;
}

struct inode *dentry_imply(struct tree *tree, struct dentry *dentry)
{
	struct inode *inode = arena_alloc(&tree->arena, sizeof(*inode));
	const struct implied_attributes *implied = &tree->options.implied;
	inode->mode = S_IFDIR | implied->mode;
	inode->uid = implied->uid;
	inode->gid = implied->gid;
	inode->mtime = implied->time;
	inode->names = dentry;
	if (dentry)
		dentry->inode = inode;
	return inode;
}

/* One more member or implied directory. */
static int count_entry(struct tree *tree, const struct path *path)
{
	const u64 limit = tree->options.max_entries;
	if (!limit || ++tree->nr_entries <= limit)
		return 0;
	return path_fail_hint(-E2BIG, HINT_ENTRIES, path,
			      "this makes more than the %llu entries that are allowed",
			      (unsigned long long)limit);
}

/* @hidden: the dentry of a name that a whiteout hid, or NULL */
static int walk_implied(struct walk *w, const char *name, size_t len, struct dentry *hidden)
{
	struct dentry *d = hidden;
	int err = count_entry(w->tree, w->path);
	if (!err && !d)
		err = name_add(w->tree, w->dir, name, len, w->path, &d);
	if (!err)
		w->dir = dentry_imply(w->tree, d);
	return err;
}

/* One component that is not the last. */
static int walk_step(struct walk *w, const char *name, size_t len, bool in_link)
{
	if (in_link && ++w->link_steps > MAX_LINK_COMPONENTS)
		return walk_fail_steps(w);
	if (len == 0 || (len == 1 && name[0] == '.'))
		return 0;
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		if (w->dir->names)
			w->dir = w->dir->names->dir;
		return 0;
	}
	struct dentry *d = name_find(&w->tree->names, w->dir, name, len);
	if (!d || !d->inode) {
		if (!w->create)
			return -ENOENT;
		if (!in_link)
			return walk_implied(w, name, len, d);
		return path_fail(-ENOENT, w->path, "a parent is a dangling symbolic link");
	}
	if (inode_is_symlink(d->inode))
		return walk_follow(w, d);
	if (!inode_is_dir(d->inode))
		return walk_fail(w, d, "is not a directory");
	w->dir = d->inode;
	return 0;
}

/*
 * Walk to the last component. On success text + pos is its name. On failure text + pos is the rest
 * of the path, below dir, that could not be walked. The caller frees text.
 */
static int walk_run(struct walk *w)
{
	w->dir = w->tree->root;
	w->text = xmemdup(w->path->bytes, w->path->len);
	w->len = w->path->len;
	for (;;) {
		const char *name = w->text + w->pos;
		const char *slash = memchr(name, '/', w->len - w->pos);
		if (!slash)
			return 0;
		size_t start = w->pos;
		size_t len = (size_t)(slash - name);
		w->pos += len + 1;
		int err = walk_step(w, name, len, start < w->from_link);
		if (err) {
			w->pos = start;
			return err;
		}
	}
}

struct dentry *tree_lookup(struct tree *tree, const struct path *path, struct path *awaited)
{
	struct walk w = { .tree = tree, .path = path };
	struct dentry *found = NULL;
	if (path->is_left_out) {
		found = left_out_find(&tree->left_out, path);
		if (awaited)
			*awaited =
				(struct path){ xmemdup(path->bytes, path->len), path->len, true };
		return found && found->inode ? found : NULL;
	}
	int err = walk_run(&w);
	size_t rest = w.len - w.pos;
	if (!err && rest)
		found = name_find(&tree->names, w.dir, w.text + w.pos, rest);
	if (found && !found->inode)
		found = NULL;
	if (awaited) {
		struct path dir = inode_path(w.dir);
		char *bytes = xmalloc(dir.len + 1 + rest);
		size_t len = 0;
		if (dir.len) {
			memcpy(bytes, dir.bytes, dir.len);
			bytes[dir.len] = '/';
			len = dir.len + 1;
		}
		memcpy(bytes + len, w.text + w.pos, rest);
		*awaited = (struct path){ .bytes = bytes, .len = len + rest };
		xfree(dir.bytes);
	}
	xfree(w.text);
	return found;
}

struct inode *tree_inode_at(struct tree *tree, const struct path *path)
{
	const struct dentry *d = path->len ? tree_lookup(tree, path, NULL) : NULL;
	return path->len ? d ? d->inode : NULL : tree->root;
}

struct inode *tree_lookup_dir(struct tree *tree, const struct path *path)
{
	if (path->is_left_out)
		return NULL;
	/* With a slash at the end of the path, the walk passes through its last component. */
	struct path through = { .bytes = xmemdup(path->bytes, path->len), .len = path->len };
	if (through.len)
		through.bytes[through.len++] = '/';
	struct walk w = { .tree = tree, .path = &through };
	int err = walk_run(&w);
	xfree(w.text);
	xfree(through.bytes);
	return err ? NULL : w.dir;
}

int tree_place(struct tree *tree, const struct path *path, struct dentry **result)
{
	struct walk w = { .tree = tree, .path = path, .create = true };
	int err = count_entry(tree, path);
	if (!err && path->is_left_out) {
		*result = left_out_place(&tree->left_out, &tree->arena, path);
		return 0;
	}
	if (!err)
		err = walk_run(&w);
	if (!err) {
		const char *name = w.text + w.pos;
		size_t len = w.len - w.pos;
		*result = name_find(&tree->names, w.dir, name, len);
		if (!*result)
			err = name_add(tree, w.dir, name, len, path, result);
	}
	xfree(w.text);
	return err;
}
