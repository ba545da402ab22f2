/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "received.h"
#include "fuzz.h"

#include "model/xattr.h"

/* A value that no stream brings. */
static const char inherited[] = "inherited", masked[] = "masked";

struct received *received_new(struct arena *arena, u32 type)
{
	struct received *node = arena_alloc(arena, sizeof(*node));
	node->type = type;
	node->uid = node->gid = RECEIVED_UNSET;
	node->mode = type == S_IFLNK ? 0777 : RECEIVED_UNSET;
	node->is_touched = true;
	return node;
}

/* ---- names ---------------------------------------------------------------------------- */

static struct received_name *find_in(const struct received *dir, const u8 *name, size_t len)
{
	struct received_name *n = dir->names;
	must(dir->type == S_IFDIR);
	while (n && (!n->node || n->len != len || memcmp(n->bytes, name, len)))
		n = n->next;
	return n;
}

/* The directory that the last component is in; @path becomes that component. */
static struct received *parent_of(const struct received_subvol *s, const u8 **path, size_t *len)
{
	struct received *dir = s->root;
	const u8 *slash;
	while ((slash = memchr(*path, '/', *len))) {
		const size_t n = (size_t)(slash - *path);
		const struct received_name *name = find_in(dir, *path, n);
		must(name);
		dir = name->node;
		*path += n + 1;
		*len -= n + 1;
	}
	must(*len && *len <= 255 && dir->type == S_IFDIR);
	return dir;
}

struct received_name *received_find(const struct received_subvol *s, const u8 *path, size_t len)
{
	const struct received *dir = parent_of(s, &path, &len);
	return find_in(dir, path, len);
}

static const struct received_xattr *find_xattr(const struct received *node, const void *name,
					       size_t len)
{
	const struct received_xattr *x = node->xattrs;
	while (x && (x->name_len != len || memcmp(x->name, name, len)))
		x = x->next;
	return x;
}

static void inherit(struct arena *arena, const struct received *dir, struct received *node)
{
	static const char property[] = "btrfs.compression";
	if (node->type == S_IFLNK)
		return;
	if (find_xattr(dir, XATTR_ACL_DEFAULT, strlen(XATTR_ACL_DEFAULT)))
		received_set_xattr(arena, node, XATTR_ACL_ACCESS, strlen(XATTR_ACL_ACCESS),
				   inherited, strlen(inherited));
	if (find_xattr(dir, property, strlen(property)))
		received_set_xattr(arena, node, property, strlen(property), inherited,
				   strlen(inherited));
}

void received_put(struct arena *arena, const struct received_subvol *s, const u8 *path, size_t len,
		  struct received *node, bool is_made)
{
	struct received *dir = parent_of(s, &path, &len);
	struct received_name *name = arena_alloc(arena, sizeof(*name));
	must(!find_in(dir, path, len));
	*name = (struct received_name){ dir->names, dir, node, arena_memdup(arena, path, len),
					len };
	dir->names = name;
	dir->is_touched = true;
	if (is_made)
		inherit(arena, dir, node);
}

void received_remove(struct received_name *name)
{
	name->dir->is_touched = true;
	name->node = NULL;
}

bool received_has_names(const struct received *dir)
{
	const struct received_name *n = dir->names;
	while (n && !n->node)
		n = n->next;
	return n;
}

/* ---- data ----------------------------------------------------------------------------- */

/* Where the block is, or where it belongs. */
static struct received_block **place_of(struct received *node, u64 index)
{
	struct received_block **b = &node->blocks;
	while (*b && (*b)->index < index)
		b = &(*b)->next;
	return b;
}

void received_write(struct arena *arena, struct received *node, u64 off, const u8 *data, size_t len)
{
	for (size_t done = 0, n; done < len; done += n) {
		const u64 index = (off + done) / BTRFS_SECTORSIZE;
		const size_t at = (off + done) % BTRFS_SECTORSIZE;
		struct received_block **place = place_of(node, index), *next = *place;
		n = min_u64(len - done, BTRFS_SECTORSIZE - at);
		if (!next || next->index != index) {
			*place = arena_alloc(arena, sizeof(**place));
			(*place)->next = next;
			(*place)->index = index;
		}
		memcpy((*place)->bytes + at, data + done, n);
	}
	node->size = max_u64(node->size, off + len);
}

void received_punch(struct received *node, u64 from, u64 to)
{
	struct received_block **b = place_of(node, from / BTRFS_SECTORSIZE);
	while (*b && (*b)->index < to / BTRFS_SECTORSIZE)
		*b = (*b)->next;
}

void received_truncate(struct received *node, u64 size)
{
	const u64 end = align_up(size, BTRFS_SECTORSIZE);
	struct received_block **b = place_of(node, end / BTRFS_SECTORSIZE);
	*b = NULL;
	if (size % BTRFS_SECTORSIZE) {
		b = place_of(node, size / BTRFS_SECTORSIZE);
		if (*b)
			memset((*b)->bytes + size % BTRFS_SECTORSIZE, 0, end - size);
	}
	node->size = size;
}

void received_clone(struct arena *arena, struct received *node, u64 off,
		    const struct received *source, u64 from, u64 len)
{
	const u64 first = from / BTRFS_SECTORSIZE;
	const u64 end = align_up(from + len, BTRFS_SECTORSIZE) / BTRFS_SECTORSIZE;
	received_punch(node, off, align_up(off + len, BTRFS_SECTORSIZE));
	for (const struct received_block *b = source->blocks; b; b = b->next)
		if (b->index >= first && b->index < end)
			received_write(arena, node, off + (b->index - first) * BTRFS_SECTORSIZE,
				       b->bytes,
				       min_u64(BTRFS_SECTORSIZE,
					       from + len - b->index * BTRFS_SECTORSIZE));
	node->size = max_u64(node->size, off + len);
}

/* ---- attributes ----------------------------------------------------------------------- */

bool received_remove_xattr(struct received *node, const void *name, size_t name_len)
{
	const struct received_xattr *x = find_xattr(node, name, name_len);
	struct received_xattr **at = &node->xattrs;
	if (!x)
		return false;
	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	return true;
}

void received_set_xattr(struct arena *arena, struct received *node, const void *name,
			size_t name_len, const void *data, size_t data_len)
{
	struct received_xattr *x = arena_alloc(arena, sizeof(*x));
	received_remove_xattr(node, name, name_len);
	*x = (struct received_xattr){ node->xattrs, arena_memdup(arena, name, name_len),
				      arena_memdup(arena, data, data_len), name_len, data_len };
	node->xattrs = x;
}

void received_lose_capability(struct received *node)
{
	static const char name[] = "security.capability";
	received_remove_xattr(node, name, strlen(name));
}

void received_set_mode(struct arena *arena, struct received *node, u64 mode)
{
	must(mode <= 07777);
	node->mode = mode;
	if (find_xattr(node, XATTR_ACL_ACCESS, strlen(XATTR_ACL_ACCESS)))
		received_set_xattr(arena, node, XATTR_ACL_ACCESS, strlen(XATTR_ACL_ACCESS), masked,
				   strlen(masked));
}

/* ---- comparison ----------------------------------------------------------------------- */

static bool has_xattrs_of(const struct received *a, const struct received *b)
{
	for (const struct received_xattr *x = a->xattrs; x; x = x->next) {
		const struct received_xattr *y = find_xattr(b, x->name, x->name_len);
		if (!y || x->data_len != y->data_len || memcmp(x->data, y->data, x->data_len))
			return false;
	}
	return true;
}

static bool equal_data(const struct received *a, const struct received *b)
{
	const struct received_block *x = a->blocks, *y = b->blocks;
	for (; x && y; x = x->next, y = y->next)
		if (x->index != y->index || memcmp(x->bytes, y->bytes, sizeof(x->bytes)))
			return false;
	return !x && !y && a->size == b->size;
}

static bool equal_names(struct received *a, struct received *b)
{
	size_t nr_a = 0, nr_b = 0;
	for (const struct received_name *y = b->names; y; y = y->next)
		nr_b += y->node != NULL;
	for (const struct received_name *x = a->names; x; x = x->next) {
		if (!x->node)
			continue;
		const struct received_name *y = find_in(b, x->bytes, x->len);
		if (!y || !received_equal(x->node, y->node))
			return false;
		nr_a++;
	}
	return nr_a == nr_b;
}

bool received_equal(struct received *a, struct received *b)
{
	if (a->twin || b->twin)
		return a->twin == b && b->twin == a;
	a->twin = b;
	b->twin = a;
	return a->type == b->type && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       a->rdev == b->rdev && a->flags == b->flags &&
	       !memcmp(a->atime, b->atime, sizeof(a->atime)) &&
	       !memcmp(a->mtime, b->mtime, sizeof(a->mtime)) && has_xattrs_of(a, b) &&
	       has_xattrs_of(b, a) && equal_data(a, b) && (a->type != S_IFDIR || equal_names(a, b));
}

static bool is_settled_alone(const struct received *node)
{
	for (const struct received_xattr *x = node->xattrs; x; x = x->next)
		if ((x->data_len == strlen(masked) && !memcmp(x->data, masked, x->data_len)) ||
		    (x->data_len == strlen(inherited) && !memcmp(x->data, inherited, x->data_len)))
			return false;
	return !node->is_touched && node->uid != RECEIVED_UNSET && node->mode != RECEIVED_UNSET;
}

bool received_is_settled(const struct received *node)
{
	if (!is_settled_alone(node))
		return false;
	for (const struct received_name *n = node->names; n; n = n->next)
		if (n->node && !received_is_settled(n->node))
			return false;
	return true;
}
