/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths and names: what stands where.
 *
 * All names stand in one hash table, keyed by directory and name, so a lookup is
 * O(1) a component however large the directory is. A name is never taken out:
 * what replaces it gets its dentry, and what was below a replaced directory is
 * out of reach because the directory is. A dentry without an inode is no name: it is being
 * placed, or a whiteout hid what it stood for.
 */
#include "base/hex.h"
#include "disk/checksum.h"
#include "disk/format.h"
#include "tree_private.h"

#define MAX_SYMLINKS_FOLLOWED 40 /* as the kernel's MAXSYMLINKS */
/* Of all targets on the way. The kernel has no such limit; but a short member must not cost much.
 */
#define MAX_LINK_COMPONENTS 1024
#define FIRST_BUCKETS 1024

/* What is left out stands in a directory of this name, which no archive can have. */
static const char left_out_dir[] = "\0left out";
#define LEFT_OUT_DIR_BYTES (sizeof(left_out_dir) - 1)
#define LEFT_OUT_PATH_BYTES (LEFT_OUT_DIR_BYTES + 1 + 2 * 16)

/* What a path that is left out was, for messages. */
struct left_out {
	struct left_out *next;
	struct path path;
	const char *made_up; /* LEFT_OUT_PATH_BYTES that stand for it */
};

/* ---- paths ------------------------------------------------------------------ */

int path_fold(const char *raw, size_t len, struct path *path)
{
	char q[QUOTE_BYTES];
	char *out = xmalloc(len + 1);
	size_t out_len = 0;
	for (size_t pos = 0; pos < len;) {
		const char *slash = memchr(raw + pos, '/', len - pos);
		size_t n = slash ? (size_t)(slash - raw) - pos : len - pos;
		const char *name = raw + pos;
		pos += n + 1;
		if (n == 0 || (n == 1 && name[0] == '.'))
			continue;
		int err = 0;
		if (n == 2 && name[0] == '.' && name[1] == '.')
			err = fail(-EINVAL,
				   "%s: the path has a '..' component, which is not allowed",
				   quote(q, raw, len));
		else if (n > BTRFS_NAME_LEN)
			err = fail(-ENAMETOOLONG, "%s: a name of %zu bytes, at most %u are allowed",
				   quote(q, raw, len), n, BTRFS_NAME_LEN);
		else if (memchr(name, 0, n))
			err = fail(-EINVAL, "%s: a NUL byte in the name", quote(q, raw, len));
		if (err) {
			xfree(out);
			return err;
		}
		if (out_len)
			out[out_len++] = '/';
		memcpy(out + out_len, name, n);
		out_len += n;
	}
	out[out_len] = 0;
	*path = (struct path){ .bytes = out, .len = out_len };
	return 0;
}

int path_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++) {
		/* A name's end sorts before its continuation, and no name has a NUL. */
		u8 x = a[i] == '/' ? 0 : (u8)a[i];
		u8 y = b[i] == '/' ? 0 : (u8)b[i];
		if (x != y)
			return x - y;
	}
	return a_len < b_len ? -1 : a_len > b_len;
}

/*
 * What is left out is found by its whole path: it has no parents whose type could be wrong,
 * and no symlinks are followed.
 */
static void leave_out(struct tree *tree, struct path *path)
{
	struct left_out *l = arena_alloc(&tree->arena, sizeof(*l));
	char *made_up = arena_alloc_unaligned(&tree->arena, LEFT_OUT_PATH_BYTES + 1);
	u8 hash[16];
	hash128(path->bytes, path->len, hash);
	memcpy(made_up, left_out_dir, LEFT_OUT_DIR_BYTES);
	made_up[LEFT_OUT_DIR_BYTES] = '/';
	hex_encode(hash, sizeof(hash), made_up + LEFT_OUT_DIR_BYTES + 1);
	*l = (struct left_out){
		.next = tree->left_out,
		.path = { arena_memdup(&tree->arena, path->bytes, path->len), path->len },
		.made_up = made_up,
	};
	tree->left_out = l;
	xfree(path->bytes);
	*path = (struct path){ xmemdup(made_up, LEFT_OUT_PATH_BYTES), LEFT_OUT_PATH_BYTES };
}

const char *quote_path(const struct tree *tree, char out[QUOTE_BYTES], const struct path *path)
{
	const struct left_out *l = path->len == LEFT_OUT_PATH_BYTES ? tree->left_out : NULL;
	for (; l; l = l->next)
		if (!memcmp(path->bytes, l->made_up, LEFT_OUT_PATH_BYTES))
			return quote(out, l->path.bytes, l->path.len);
	return quote(out, path->bytes, path->len);
}

int path_of_member(struct tree *tree, const char *raw, size_t len, struct path *path)
{
	size_t skip;
	int err = path_fold(raw, len, path);
	if (err)
		return err;
	if (!path_filter_keeps(&tree->options.filter, path->bytes, path->len, &skip)) {
		leave_out(tree, path);
		return 0;
	}
	tree->root_met = true;
	path->len -= skip;
	memmove(path->bytes, path->bytes + skip, path->len);
	return 0;
}

int tree_leaves_out(const struct tree *tree, const char *path, size_t path_len)
{
	struct path folded;
	size_t skip;
	int err = path_fold(path, path_len, &folded);
	if (err)
		return err;
	bool keeps = path_filter_keeps(&tree->options.filter, folded.bytes, folded.len, &skip);
	xfree(folded.bytes);
	return !keeps;
}

bool path_is_below(const char *dir, size_t dir_len, const char *path, size_t path_len)
{
	if (dir_len == 0)
		return true;
	if (dir_len > path_len || memcmp(dir, path, dir_len) != 0)
		return false;
	return dir_len == path_len || path[dir_len] == '/';
}

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

/* ---- the table of names -------------------------------------------------------- */

static struct dentry **bucket(const struct tree *tree, const struct inode *dir, u32 hash)
{
	u64 mixed = ((uintptr_t)dir ^ ((u64)hash << 32 | hash)) * 0x9e3779b97f4a7c15ull;
	return &tree->buckets[(mixed >> 20) & (tree->nr_buckets - 1)];
}

static struct dentry *find(const struct tree *tree, const struct inode *dir, const char *name,
			   size_t len)
{
	u32 hash = name_hash(name, len);
	for (struct dentry *d = *bucket(tree, dir, hash); d; d = d->hash_next)
		if (d->name_hash == hash && d->dir == dir && d->name_len == len &&
		    memcmp(d->name, name, len) == 0)
			return d;
	return NULL;
}

static void table_grow(struct tree *tree)
{
	struct dentry **old = tree->buckets;
	size_t old_nr = tree->nr_buckets;
	tree->nr_buckets = old_nr * 2;
	tree->buckets = xzalloc(tree->nr_buckets * sizeof(*tree->buckets));
	for (size_t i = 0; i < old_nr; i++)
		for (struct dentry *d = old[i], *next; d; d = next) {
			next = d->hash_next;
			struct dentry **b = bucket(tree, d->dir, d->name_hash);
			d->hash_next = *b;
			*b = d;
		}
	xfree(old);
}

const char *nodesize_hint(u32 nodesize)
{
	if (nodesize < 16384)
		return " with this node size (see -n 16k)";
	return nodesize < BTRFS_MAX_NODESIZE ? " with this node size (see -n 64k)" : "";
}

/* Names with one hash share one DIR_ITEM, which must fit into a leaf. */
static int check_collisions(const struct tree *tree, const struct inode *dir, size_t len, u32 hash,
			    const struct path *path)
{
	u64 bytes = sizeof(struct btrfs_dir_item) + len;
	u64 limit = btrfs_max_item_size(tree->options.nodesize);
	for (struct dentry *d = *bucket(tree, dir, hash); d; d = d->hash_next)
		if (d->name_hash == hash && d->dir == dir && d->inode)
			bytes += sizeof(struct btrfs_dir_item) + d->name_len;
	if (bytes <= limit)
		return 0;
	char q[QUOTE_BYTES];
	return fail(-EOVERFLOW,
		    "%s: too many names with one hash in its directory: "
		    "%llu bytes, at most %llu are allowed%s",
		    quote(q, path->bytes, path->len), (unsigned long long)bytes,
		    (unsigned long long)limit, nodesize_hint(tree->options.nodesize));
}

static int dentry_new(struct tree *tree, struct inode *dir, const char *name, size_t len,
		      const struct path *path, struct dentry **result)
{
	u32 hash = name_hash(name, len);
	int err = check_collisions(tree, dir, len, hash, path);
	if (err)
		return err;
	if (tree->nr_dentries >= tree->nr_buckets)
		table_grow(tree);
	struct dentry *d = arena_alloc(&tree->arena, offsetof(struct dentry, name) + len);
	struct dentry **b = bucket(tree, dir, hash);
	d->dir = dir;
	d->name_hash = hash;
	d->name_len = (u8)len;
	memcpy(d->name, name, len);
	d->hash_next = *b;
	*b = d;
	d->sibling_next = dir->children;
	dir->children = d;
	tree->nr_dentries++;
	*result = d;
	return 0;
}

/* ---- walking -------------------------------------------------------------------- */

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
		err = dentry_new(w->tree, w->dir, name, len, w->path, &d);
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
	struct dentry *d = find(w->tree, w->dir, name, len);
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
		found = find(tree, w.dir, w.text + w.pos, rest);
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
		*result = find(tree, w.dir, name, len);
		if (!*result)
			err = dentry_new(tree, w.dir, name, len, path, result);
	}
	xfree(w.text);
	return err;
}

void names_drop_left_out(struct tree *tree)
{
	const struct dentry *d = find(tree, tree->root, left_out_dir, LEFT_OUT_DIR_BYTES);
	struct dentry **at = &tree->root->children;
	if (!d)
		return;
	while (*at && *at != d)
		at = &(*at)->sibling_next;
	if (*at) /* it may have been taken away before */
		*at = d->sibling_next;
}

void names_init(struct tree *tree)
{
	tree->nr_buckets = FIRST_BUCKETS;
	tree->buckets = xzalloc(tree->nr_buckets * sizeof(*tree->buckets));
}
