/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layer.h"

#include "tree_private.h"

#define PREFIX ".wh."
#define PREFIX_BYTES (sizeof(PREFIX) - 1)
#define META_PREFIX ".wh..wh."
#define META_PREFIX_BYTES (sizeof(META_PREFIX) - 1)
#define OPAQUE ".wh..wh..opq"
#define OPAQUE_BYTES (sizeof(OPAQUE) - 1)

static bool begins(const char *name, size_t len, const char *prefix, size_t prefix_len)
{
	return len >= prefix_len && !memcmp(name, prefix, prefix_len);
}

/* What a whiteout hides: a name, or all names in a directory. */
struct whiteout {
	struct whiteout *next;
	struct path path;
	bool is_opaque; /* the path is that of a directory, which stays */
	/* What is at the path, or NULL. look_up() sets it at the layer's end, before hide(). */
	union {
		struct dentry *dentry; /* not is_opaque */
		struct inode *dir;     /* is_opaque */
	};
};

/* A whiteout of a directory above the one that becomes the root hides the whole root. */
static bool holds_root(const struct path_filter *filter, const struct path *path)
{
	return filter->root && path->len < filter->root_len &&
	       path_is_below(path->bytes, path->len, filter->root, filter->root_len);
}

/* @hidden: a folded path of the archive */
static int remember(struct tree *tree, const struct path *hidden, bool is_opaque)
{
	struct layers *layer = &tree->layers;
	struct path path = { .len = 0 };
	if (layer->nr < 2)
		return 0;
	if (holds_root(&tree->options.filter, hidden)) {
		is_opaque = false;
	} else {
		int err = path_of_member(tree, hidden->bytes, hidden->len, &path);
		if (err)
			return err;
	}
	struct whiteout *w = arena_alloc(&layer->arena, sizeof(*w));
	w->path = path_copy(&layer->arena, &path);
	w->is_opaque = is_opaque;
	w->next = layer->whiteouts;
	layer->whiteouts = w;
	xfree(path.bytes);
	return 0;
}

/* The name of @path that begins at @name; results as layer_take_whiteout(). */
static int take_name(struct tree *tree, const struct path *path, char *name, size_t len)
{
	const struct path parent = { .bytes = path->bytes,
				     .len = name > path->bytes ? (size_t)(name - path->bytes) - 1
							       : 0 };
	bool is_last = name + len == path->bytes + path->len;
	if (!begins(name, len, PREFIX, PREFIX_BYTES))
		return 0;
	if (begins(name, len, META_PREFIX, META_PREFIX_BYTES)) {
		bool is_opaque = is_last && len == OPAQUE_BYTES && !memcmp(name, OPAQUE, len);
		int err = is_opaque ? remember(tree, &parent, true) : 0;
		return err ? err : 1;
	}
	if (!is_last)
		return path_fail(-EINVAL, path,
				 "it is below a whiteout, allowed: whiteouts that are empty");
	char *hides = name + PREFIX_BYTES;
	len -= PREFIX_BYTES;
	if (len <= 2 && !memcmp(hides, "..", len))
		return path_fail(-EINVAL, path,
				 "a whiteout that names nothing, allowed: " PREFIX "NAME");
	memmove(name, hides, len);
	const struct path hidden = { .bytes = path->bytes,
				     .len = (size_t)(name - path->bytes) + len };
	int err = remember(tree, &hidden, false);
	return err ? err : 1;
}

int layer_take_whiteout(struct tree *tree, const char *path, size_t path_len)
{
	struct path folded;
	if (!tree->options.whiteouts)
		return 0;
	int result = path_fold(path, path_len, &folded);
	if (result)
		return result;
	for (size_t pos = 0; pos < folded.len && !result;) {
		char *name = folded.bytes + pos;
		const char *slash = memchr(name, '/', folded.len - pos);
		size_t len = slash ? (size_t)(slash - name) : folded.len - pos;
		result = take_name(tree, &folded, name, len);
		pos += len + 1;
	}
	xfree(folded.bytes);
	return result;
}

bool layer_keep(struct tree *tree, const struct waiting *member)
{
	struct layers *layer = &tree->layers;
	if (!layer->is_open || layer->nr < 2)
		return false;
	struct waiting *w = arena_alloc(&layer->arena, sizeof(*w));
	*w = *member;
	w->path = path_copy(&layer->arena, &member->path);
	if (member->target) {
		w->target = arena_alloc(&layer->arena, sizeof(*w->target));
		*w->target = path_copy(&layer->arena, member->target);
	}
	*layer->last = w;
	layer->last = &w->next;
	return true;
}

void tree_begin_layer(struct tree *tree)
{
	struct layers *layer = &tree->layers;
	assert(tree->phase == TREE_OPEN && tree->options.whiteouts && !layer->is_open);
	layer->is_open = true;
	layer->nr++;
	layer->first = NULL;
	layer->last = &layer->first;
	layer->whiteouts = NULL;
}

static void look_up(struct tree *tree, struct whiteout *w)
{
	if (w->is_opaque)
		w->dir = tree_lookup_dir(tree, &w->path);
	else
		w->dentry = tree_lookup(tree, &w->path, NULL);
}

/*
 * An opaque directory gets a new inode, without children: that needs no walk over its names. If two
 * whiteouts hide one thing, the second one finds another inode and does nothing.
 */
static void hide(struct tree *tree, const struct whiteout *w)
{
	if (!w->is_opaque && !w->path.len) {
		tree->root = dentry_imply(tree, NULL);
	} else if (!w->is_opaque && w->dentry) {
		w->dentry->inode = NULL;
	} else if (w->is_opaque && w->dir) {
		struct dentry *name = w->dir->names;
		struct inode **at = name ? &name->inode : &tree->root;
		if (*at != w->dir)
			return;
		*at = arena_alloc(&tree->arena, sizeof(**at));
		**at = *w->dir;
		(*at)->children = NULL;
	}
}

static bool has_target(struct tree *tree, const struct waiting *w)
{
	const struct dentry *at = w->target ? tree_lookup(tree, w->target, NULL) : NULL;
	return at && at->inode;
}

/* Let the whiteouts act, and note the links that lose their targets. */
static void hide_all(struct tree *tree, const struct layers *layer)
{
	for (struct whiteout *w = layer->whiteouts; w; w = w->next)
		look_up(tree, w);
	for (struct waiting *w = layer->first; w; w = w->next)
		w->hides_target = has_target(tree, w);
	for (const struct whiteout *w = layer->whiteouts; w; w = w->next)
		hide(tree, w);
	for (struct waiting *w = layer->first; w; w = w->next)
		w->hides_target = w->hides_target && !has_target(tree, w);
}

int tree_end_layer(struct tree *tree)
{
	struct layers *layer = &tree->layers;
	int err = 0;
	assert(tree->phase == TREE_OPEN && layer->is_open);
	layer->is_open = false;
	if (layer->whiteouts)
		hide_all(tree, layer);
	for (const struct waiting *w = layer->first; w && !err; w = w->next) {
		layer->hides_target = w->hides_target;
		err = w->target ? tree_put_link(tree, &w->path, w->target, w->xattrs, w->inode)
				: tree_put_inode(tree, &w->path, w->inode);
	}
	layer->hides_target = false;
	arena_free(&layer->arena);
	return err;
}
