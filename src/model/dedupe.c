/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dedupe.h"

#include "base/mem.h"
#include "disk/checksum.h"

#include <sys/random.h>

#define FIRST_CAPACITY 1024

void dedupe_init(struct dedupe *d)
{
	pthread_mutex_init(&d->mutex, NULL);
	/* Without a secret keys are predictable: slower on a hostile archive, but correct. */
	if (getrandom(&d->secret, sizeof(d->secret), GRND_NONBLOCK) != sizeof(d->secret))
		d->secret = 0;
}

void dedupe_release(struct dedupe *d)
{
	pthread_mutex_destroy(&d->mutex);
	xfree(d->keys);
	xfree(d->blobs);
}

u64 dedupe_key(const struct dedupe *d, u32 variant, const void *data, size_t bytes)
{
	return keyed_hash64(d->secret ^ variant, data, bytes);
}

/* Where a table with @capacity places has a key, if that place is free. */
static size_t home(u64 key, size_t capacity)
{
	return (size_t)(((unsigned __int128)key * capacity) >> 64);
}

static size_t behind(size_t place, size_t capacity)
{
	return place + 1 == capacity ? 0 : place + 1;
}

static void dedupe_put(struct dedupe *d, u64 key, u32 blob)
{
	size_t place = home(key, d->capacity);
	while (d->blobs[place] != NO_BLOB)
		place = behind(place, d->capacity);
	d->keys[place] = key;
	d->blobs[place] = blob;
}

static void dedupe_grow(struct dedupe *d)
{
	const struct dedupe old = *d;
	d->capacity = old.capacity ? old.capacity + old.capacity / 2 : FIRST_CAPACITY;
	d->keys = xmalloc(d->capacity * sizeof(*d->keys));
	d->blobs = xmalloc(d->capacity * sizeof(*d->blobs));
	memset(d->blobs, 0xff, d->capacity * sizeof(*d->blobs));
	for (size_t i = 0; i < old.capacity; i++)
		if (old.blobs[i] != NO_BLOB)
			dedupe_put(d, old.keys[i], old.blobs[i]);
	xfree(old.keys);
	xfree(old.blobs);
}

u32 dedupe_next(const struct dedupe *d, u64 key, size_t *at)
{
	if (!d->capacity)
		return NO_BLOB;
	/* @at counts places from the key's home. */
	size_t place = home(key, d->capacity) + *at;
	if (place >= d->capacity)
		place -= d->capacity;
	for (; d->blobs[place] != NO_BLOB; place = behind(place, d->capacity)) {
		++*at;
		if (d->keys[place] == key)
			return d->blobs[place];
	}
	return NO_BLOB;
}

bool dedupe_has(struct dedupe *d, u64 key)
{
	size_t at = 0;
	pthread_mutex_lock(&d->mutex);
	bool found = dedupe_next(d, key, &at) != NO_BLOB;
	pthread_mutex_unlock(&d->mutex);
	return found;
}

void dedupe_add(struct dedupe *d, u64 key, u32 blob)
{
	pthread_mutex_lock(&d->mutex);
	/* At most 80 % full. */
	if ((d->nr + 1) * 5 > d->capacity * 4)
		dedupe_grow(d);
	dedupe_put(d, key, blob);
	d->nr++;
	pthread_mutex_unlock(&d->mutex);
}
