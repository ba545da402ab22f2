/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a path to what stands there, through symlinks. */
#include "base/diag.h"
#include "tree_private.h"

#define MAX_SYMLINKS_FOLLOWED 40 /* as the kernel's MAXSYMLINKS */
/* Of all targets on the way. The kernel has no such limit; but a short member must not cost much.
 */
#define MAX_LINK_COMPONENTS 1024

struct path dentry_path(const struct dentry *dentry)
{
	size_t len = 0;
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

const char *quote_dentry(const struct tree *tree, char out[QUOTE_BYTES],
			 const struct dentry *dentry)
{
	struct path path = dentry_path(dentry);
	quote_path(tree, out, &path);
	xfree(path.bytes);
	return out;
}

/*
 * A walk to the parent of a path's last component. The text still to be walked is
 * owned; its first from_link bytes came out of a symlink, where nothing
 * may be created.
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
	char q[QUOTE_BYTES], parent[QUOTE_BYTES];
	if (!w->create)
		return -ENOENT;
	return fail(-ENOTDIR, "%s: its parent '%s' %s", quote(q, w->path->bytes, w->path->len),
		    quote_dentry(w->tree, parent, at), what);
}

static int walk_fail_steps(const struct walk *w)
{
	char q[QUOTE_BYTES];
	if (!w->create)
		return -ENOENT;
	return fail(-ELOOP,
		    "%s: it leads through symbolic links of more than the %d components allowed",
		    quote(q, w->path->bytes, w->path->len), MAX_LINK_COMPONENTS);
}

/* Put the symlink's target in front of what is still to be walked. */
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
	char q[QUOTE_BYTES];
	if (!limit || ++tree->nr_entries <= limit)
		return 0;
	return fail(
		-E2BIG,
		"%s: this makes more than the %llu entries that are allowed (see --max-entries)",
		quote(q, path->bytes, path->len), (unsigned long long)limit);
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
	struct dentry *d = name_find(w->tree, w->dir, name, len);
	if (!d || !d->inode) {
		if (!w->create)
			return -ENOENT;
		if (!in_link)
			return walk_implied(w, name, len, d);
		char q[QUOTE_BYTES];
		return fail(-ENOENT, "%s: a parent is a symbolic link that leads nowhere",
			    quote(q, w->path->bytes, w->path->len));
	}
	if (inode_is_symlink(d->inode))
		return walk_follow(w, d);
	if (!inode_is_dir(d->inode))
		return walk_fail(w, d, "is not a directory");
	w->dir = d->inode;
	return 0;
}

/*
 * Walk to the last component. On success text + pos is its name; on failure
 * text + pos is what could not be walked below dir. The caller frees text.
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
	int err = walk_run(&w);
	size_t rest = w.len - w.pos;
	if (!err && rest)
		found = name_find(tree, w.dir, w.text + w.pos, rest);
	if (found && !found->inode)
		found = NULL;
	if (awaited) {
		struct path dir = { .len = 0 };
		if (w.dir->names)
			dir = dentry_path(w.dir->names);
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

struct inode *tree_lookup_dir(struct tree *tree, const struct path *path)
{
	/* With a slash behind, the last component is one to walk through. */
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
	if (!err)
		err = walk_run(&w);
	if (!err) {
		const char *name = w.text + w.pos;
		size_t len = w.len - w.pos;
		*result = name_find(tree, w.dir, name, len);
		if (!*result)
			err = name_add(tree, w.dir, name, len, path, result);
	}
	xfree(w.text);
	return err;
}
