/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table with open addressing. */
#include "cpio_links.h"

#include "base/mem.h"

#include <sys/random.h>

struct slot {
	u64 dev, ino;
	const char *path; /* NULL: free */
	u32 path_len;
	u32 type;
};

struct cpio_links {
	struct arena arena; /* of paths */
	struct slot *slots;
	size_t nr_slots; /* a power of two */
	size_t nr;
	u64 key; /* of the hash; random; only the order of slots depends on it */
};

#define SLOTS_AT_FIRST 1024u

struct cpio_links *cpio_links_new(void)
{
	struct cpio_links *l = xzalloc(sizeof(*l));
	l->nr_slots = SLOTS_AT_FIRST;
	l->slots = xzalloc(l->nr_slots * sizeof(*l->slots));
	if (getrandom(&l->key, sizeof(l->key), GRND_NONBLOCK) < 0)
		l->key = 0;
	return l;
}

void cpio_links_free(struct cpio_links *l)
{
	if (!l)
		return;
	arena_free(&l->arena);
	xfree(l->slots);
	xfree(l);
}

u64 cpio_links_bytes(const struct cpio_links *l)
{
	return l ? l->arena.bytes : 0;
}

/* The last step of splitmix64. The key is random, so nobody can make an archive that collides. */
static u64 mix(u64 v)
{
	v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9u;
	v = (v ^ (v >> 27)) * 0x94d049bb133111ebu;
	return v ^ (v >> 31);
}

static struct slot *find_slot(const struct cpio_links *l, u64 dev, u64 ino, u32 type)
{
	size_t i = mix(mix(mix(dev ^ l->key) + ino) + type) & (l->nr_slots - 1);
	for (;;) {
		struct slot *s = &l->slots[i];
		if (!s->path || (s->dev == dev && s->ino == ino && s->type == type))
			return s;
		i = (i + 1) & (l->nr_slots - 1);
	}
}

static void grow_slots(struct cpio_links *l)
{
	struct slot *old = l->slots;
	size_t nr_old = l->nr_slots;
	l->nr_slots *= 2;
	l->slots = xzalloc(l->nr_slots * sizeof(*l->slots));
	for (size_t i = 0; i < nr_old; i++) {
		if (old[i].path)
			*find_slot(l, old[i].dev, old[i].ino, old[i].type) = old[i];
	}
	xfree(old);
}

bool cpio_links_find(struct cpio_links *l, const struct member *m, struct text *first)
{
	u32 type = m->mode & S_IFMT;
	struct slot *s = find_slot(l, m->dev, m->ino, type);
	if (s->path) {
		*first = (struct text){ s->path, s->path_len };
		return true;
	}
	*s = (struct slot){
		.dev = m->dev,
		.ino = m->ino,
		.path = arena_memdup(&l->arena, m->path.bytes, m->path.len + 1),
		.path_len = u32_from_u64(m->path.len),
		.type = type,
	};
	if (++l->nr > l->nr_slots / 2)
		grow_slots(l);
	return false;
}
