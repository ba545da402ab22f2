/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "left_out.h"

#define FIRST_BUCKETS 64

struct left_out_member {
	struct left_out_member *hash_next;
	struct path path;     /* in the archive */
	struct dentry dentry; /* without a name */
};

void left_out_release(struct left_out *l)
{
	xfree(l->buckets);
}

static struct left_out_member **left_out_bucket(const struct left_out *l, const struct path *path)
{
	const struct path_hash hash = path_hash(path);
	u64 n;
	memcpy(&n, hash.bytes, sizeof(n));
	return &l->buckets[n & (l->nr_buckets - 1)];
}

static void left_out_grow(struct left_out *l)
{
	const struct left_out old = *l;
	l->nr_buckets = old.nr_buckets ? 2 * old.nr_buckets : FIRST_BUCKETS;
	l->buckets = xzalloc(l->nr_buckets * sizeof(struct left_out_member *));
	for (size_t i = 0; i < old.nr_buckets; i++)
		for (struct left_out_member *m = old.buckets[i], *next; m; m = next) {
			struct left_out_member **b = left_out_bucket(l, &m->path);
			next = m->hash_next;
			m->hash_next = *b;
			*b = m;
		}
	xfree(old.buckets);
}

struct dentry *left_out_find(const struct left_out *l, const struct path *path)
{
	struct left_out_member *m = l->nr ? *left_out_bucket(l, path) : NULL;
	while (m && (m->path.len != path->len || memcmp(m->path.bytes, path->bytes, path->len)))
		m = m->hash_next;
	return m ? &m->dentry : NULL;
}

struct dentry *left_out_place(struct left_out *l, struct arena *arena, const struct path *path)
{
	struct dentry *found = left_out_find(l, path);
	if (found)
		return found;
	if (l->nr++ == l->nr_buckets)
		left_out_grow(l);
	struct left_out_member *m = arena_alloc(arena, sizeof(*m));
	struct left_out_member **b = left_out_bucket(l, path);
	m->path = path_copy(arena, path);
	m->hash_next = *b;
	*b = m;
	return &m->dentry;
}

const struct path *left_out_path(const struct dentry *dentry)
{
	const void *member = (const char *)dentry - offsetof(struct left_out_member, dentry);
	return &((const struct left_out_member *)member)->path;
}
