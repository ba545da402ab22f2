/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory. Running out of it is not a code path: every function here prints a
 * message and exits with status 1 instead of returning NULL. Sizes that come
 * from input must be bounded before they get here.
 *
 * This is the only module that calls malloc and its family.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/types.h"

/* xmalloc - @bytes of uninitialised memory; release with xfree() */
void *xmalloc(size_t bytes) __attribute__((malloc, returns_nonnull));
/* xzalloc - @bytes of zeroed memory; release with xfree() */
void *xzalloc(size_t bytes) __attribute__((malloc, returns_nonnull));
/* xaligned - @bytes of uninitialised memory aligned to 4096; release with xfree() */
void *xaligned(size_t bytes) __attribute__((malloc, returns_nonnull));
/* xmemdup - a copy of @bytes at @data with one NUL behind; release with xfree() */
void *xmemdup(const void *data, size_t bytes) __attribute__((malloc, returns_nonnull));
void xfree(void *p);

/*
 * mem_grow - make room in a growing array
 * @array:     NULL or what an earlier call returned
 * @capacity:  in and out, in elements
 * @wanted:    elements that must fit
 * @elem_size: bytes an element
 * Returns the array, maybe moved; grows by half, so that appending is linear.
 */
void *mem_grow(void *array, size_t *capacity, size_t wanted, size_t elem_size)
	__attribute__((returns_nonnull));

/*
 * An arena gives memory that is freed all together. Everything it returns is
 * zeroed and stays where it is until arena_free().
 */
struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used_bytes;          /* in the newest block */
	u64 bytes;                  /* of all blocks */
};

/* arena_alloc - @bytes of zeroed memory aligned to 8 */
void *arena_alloc(struct arena *a, size_t bytes) __attribute__((returns_nonnull));
/* arena_alloc_unaligned - the same without alignment, for strings */
void *arena_alloc_unaligned(struct arena *a, size_t bytes) __attribute__((returns_nonnull));
/* arena_memdup - a copy of @bytes at @data, without alignment, not terminated */
void *arena_memdup(struct arena *a, const void *data, size_t bytes)
	__attribute__((returns_nonnull));
/* arena_free - release all; the arena is empty and usable again */
void arena_free(struct arena *a);

#endif
