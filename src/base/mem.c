/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that never fails to its callers, growing arrays and arenas.
 *
 * An arena is a list of blocks; only the newest one has room. A request
 * that would waste much of it gets a block of its own, linked behind the
 * newest, which stays in use.
 */
#include "base/mem.h"

#include "base/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALIGNED_BYTES 4096u
#define GROW_MIN_ELEMENTS 16u

/*
 * Allocations of at least this size may get huge pages, of the size that x86 has: one page fault
 * for 2 MiB instead of 512. With a million files this saves a tenth of the time.
 */
#define HUGE_BYTES (4u << 20)
#define HUGE_PAGE_BYTES (2u << 20)

/*
 * The first block is small, since most trees have few files; the others are large. All of them are
 * whole numbers of pages, the first one together with malloc's own header.
 */
#define ARENA_FIRST_BYTES ((1u << 20) - 32)
#define ARENA_BLOCK_BYTES HUGE_BYTES
/* Larger requests get a block of their own: so at most this much of a block is unused. */
#define ARENA_OWN_BLOCK_BYTES (ARENA_FIRST_BYTES / 8)

struct arena_block {
	struct arena_block *next;
	size_t room_bytes; /* of data */
	u8 data[];         /* aligned to 8, as the head is */
};
static_assert(offsetof(struct arena_block, data) % 8 == 0, "arena data is aligned");

/* _exit: other threads may be running, and exit handlers would race with them. */
static void *or_exit(void *p, size_t bytes)
{
	if (!p) {
		fail(-ENOMEM, "out of memory: cannot allocate %zu bytes", bytes);
		_exit(1);
	}
	return p;
}

/* Begins at a huge page; pages that are never touched cost nothing. */
static void *huge_alloc(size_t bytes)
{
	void *p;
	if (posix_memalign(&p, HUGE_PAGE_BYTES, bytes))
		p = NULL;
	or_exit(p, bytes);
	(void)madvise(p, bytes, MADV_HUGEPAGE); /* a hint: a kernel may not know it */
	return p;
}

void *xmalloc(size_t bytes)
{
	if (bytes >= HUGE_BYTES)
		return huge_alloc(bytes);
	return or_exit(malloc(bytes ? bytes : 1), bytes);
}

void *xzalloc(size_t bytes)
{
	if (bytes >= HUGE_BYTES)
		return memset(huge_alloc(bytes), 0, bytes);
	return or_exit(calloc(1, bytes ? bytes : 1), bytes);
}

void *xaligned(size_t bytes)
{
	void *p;
	if (posix_memalign(&p, ALIGNED_BYTES, bytes ? bytes : 1))
		p = NULL;
	return or_exit(p, bytes);
}

void *xmemdup(const void *data, size_t bytes)
{
	u64 with_nul;
	if (add_overflows(bytes, 1, &with_nul) || with_nul > SIZE_MAX)
		or_exit(NULL, bytes);
	u8 *copy = xmalloc((size_t)with_nul);
	if (bytes)
		memcpy(copy, data, bytes);
	copy[bytes] = 0;
	return copy;
}

void xfree(void *p)
{
	free(p);
}

/* Not realloc(): where it moves huge pages, it splits them. */
static void *grow_huge(void *array, size_t old_bytes, size_t bytes)
{
	void *larger = huge_alloc(bytes);
	if (array)
		memcpy(larger, array, old_bytes);
	free(array);
	return larger;
}

void *mem_grow(void *array, size_t *capacity, size_t wanted, size_t elem_size)
{
	u64 bytes;
	if (array && wanted <= *capacity)
		return array;
	u64 elements = max_u64(max_u64(wanted, (u64)*capacity + *capacity / 2), GROW_MIN_ELEMENTS);
	if (mul_overflows(elements, elem_size, &bytes) || bytes > SIZE_MAX)
		or_exit(NULL, SIZE_MAX);
	if (bytes >= HUGE_BYTES)
		array = grow_huge(array, *capacity * elem_size, (size_t)bytes);
	else
		array = or_exit(realloc(array, (size_t)bytes), (size_t)bytes);
	*capacity = (size_t)elements;
	return array;
}

static struct arena_block *arena_block_new(size_t room_bytes)
{
	u64 bytes;
	if (add_overflows(room_bytes, sizeof(struct arena_block), &bytes) || bytes > SIZE_MAX)
		or_exit(NULL, room_bytes);
	struct arena_block *block = xmalloc((size_t)bytes);
	block->room_bytes = room_bytes;
	return block;
}

static void *arena_take(struct arena *a, size_t bytes, size_t align)
{
	const size_t start = (size_t)align_up(a->used_bytes, align);
	struct arena_block *newest = a->blocks;
	if (newest && start <= newest->room_bytes && bytes <= newest->room_bytes - start) {
		a->used_bytes = start + bytes;
		return memset(newest->data + start, 0, bytes);
	}
	const bool is_own = newest && bytes > ARENA_OWN_BLOCK_BYTES;
	const size_t room = (newest ? ARENA_BLOCK_BYTES : ARENA_FIRST_BYTES) - sizeof(*newest);
	const size_t room_bytes = is_own ? bytes : (size_t)max_u64(bytes, room);
	struct arena_block **place = is_own ? &newest->next : &a->blocks;
	struct arena_block *block = arena_block_new(room_bytes);
	block->next = *place;
	*place = block;
	a->bytes += room_bytes;
	if (!is_own)
		a->used_bytes = bytes;
	return memset(block->data, 0, bytes);
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	return arena_take(a, bytes, 8);
}

void *arena_alloc_unaligned(struct arena *a, size_t bytes)
{
	return arena_take(a, bytes, 1);
}

void *arena_memdup(struct arena *a, const void *data, size_t bytes)
{
	void *copy = arena_take(a, bytes, 1);
	if (bytes)
		memcpy(copy, data, bytes);
	return copy;
}

void arena_free(struct arena *a)
{
	struct arena_block *next;
	for (struct arena_block *block = a->blocks; block; block = next) {
		next = block->next;
		xfree(block);
	}
	*a = (struct arena){ .blocks = NULL };
}
