/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members that the filter leaves out: they have no place in the image, but links may name them. */
#include "base/hex.h"
#include "disk/checksum.h"
#include "tree_private.h"

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

void names_drop_left_out(struct tree *tree)
{
	const struct dentry *d = name_find(tree, tree->root, left_out_dir, LEFT_OUT_DIR_BYTES);
	struct dentry **at = &tree->root->children;
	if (!d)
		return;
	while (*at && *at != d)
		at = &(*at)->sibling_next;
	if (*at) /* it may have been taken away before */
		*at = d->sibling_next;
}
