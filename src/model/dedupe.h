/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pieces that are stored already: a table from keys to blobs. Pieces with equal keys may be
 * equal; the collector compares their bytes.
 *
 * The key depends on a secret of this run, so that nobody can make an archive whose pieces all have
 * one key. Neither reaches the image.
 */
#ifndef MODEL_DEDUPE_H
#define MODEL_DEDUPE_H

#include "base/types.h"

#include <pthread.h>

#define NO_BLOB UINT32_MAX

struct dedupe {
	u64 secret;
	pthread_mutex_t mutex; /* dedupe_has() and dedupe_add() run in different threads */
	u64 *keys;             /* open addressing; the blob says whether a place is taken */
	u32 *blobs;            /* NO_BLOB: free */
	size_t capacity;
	size_t nr;
};

void dedupe_init(struct dedupe *d);
void dedupe_release(struct dedupe *d);

/* dedupe_key - the key of @bytes at @data; another @variant has other keys; any thread */
u64 dedupe_key(const struct dedupe *d, u32 variant, const void *data, size_t bytes);

/* dedupe_has - whether a blob has this key; any thread */
bool dedupe_has(struct dedupe *d, u64 key);

/*
 * dedupe_next - the next blob with this key, NO_BLOB behind the last
 * @at: position of the search, 0 at first. Only for the thread that calls dedupe_add().
 */
u32 dedupe_next(const struct dedupe *d, u64 key, size_t *at);

/* dedupe_add - add @blob under this key; one thread only */
void dedupe_add(struct dedupe *d, u64 key, u32 blob);

#endif
