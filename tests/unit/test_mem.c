/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation: contents, alignment, growth, arenas, and the end when memory runs out. */
#include "test.h"

#include "base/mem.h"

#include <sys/wait.h>
#include <unistd.h>

/* Under AddressSanitizer, let huge requests fail as they do without. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static int is_zero(const void *p, size_t bytes)
{
	const u8 *b = p;

	for (size_t i = 0; i < bytes; i++) {
		if (b[i])
			return 0;
	}
	return 1;
}

static void check_plain(void)
{
	static const size_t sizes[] = { 0, 1, 7, 4095, 4096, 4097, 1 << 20 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		u8 *a = xmalloc(sizes[i]), *b = xzalloc(sizes[i]), *c = xaligned(sizes[i]);
		memset(a, 0xee, sizes[i]);
		memset(c, 0xee, sizes[i]);
		ok(is_zero(b, sizes[i]) && (uintptr_t)c % 4096 == 0, "%zu bytes: zeroed, aligned",
		   sizes[i]);
		u8 *d = xmemdup(a, sizes[i]);
		ok(!memcmp(a, d, sizes[i]) && d[sizes[i]] == 0, "%zu bytes: copy", sizes[i]);
		xfree(a);
		xfree(b);
		xfree(c);
		xfree(d);
	}
	xfree(NULL);
	char *empty = xmemdup(NULL, 0);
	ok(*empty == '\0', "copy of nothing is an empty string");
	xfree(empty);
}

static void check_grow(void)
{
	size_t capacity = 0, moves = 0;
	u32 *array = NULL;

	for (u32 i = 0; i < 1000000; i++) {
		size_t before = capacity;
		array = mem_grow(array, &capacity, (size_t)i + 1, sizeof(*array));
		moves += capacity != before;
		array[i] = i;
	}
	int good = 1;
	for (u32 i = 0; i < 1000000; i++)
		good &= array[i] == i;
	ok(good, "contents survive growth");
	ok(moves < 40 && capacity >= 1000000 && capacity < 2000000, "grows by half: %zu moves",
	   moves);
	u32 *same = mem_grow(array, &capacity, 5, sizeof(*array));
	ok(same == array, "does not shrink");
	array = mem_grow(array, &capacity, 5000000, sizeof(*array));
	ok(capacity >= 5000000 && array[999999] == 999999, "one big step");
	xfree(array);

	capacity = 0;
	array = mem_grow(NULL, &capacity, 0, sizeof(*array));
	ok(array != NULL, "room for none is not NULL");
	xfree(array);
}

static void check_arena(void)
{
	struct arena a = { 0 };
	u8 *pieces[2000];
	size_t sizes[2000];
	int zeroed = 1, aligned = 1, kept = 1;

	for (u32 i = 0; i < 2000; i++) {
		sizes[i] = (size_t)i * 7919 % 3001;
		if (i % 400 == 0)
			sizes[i] += 2u << 20;
		pieces[i] = i % 3 ? arena_alloc(&a, sizes[i]) : arena_alloc_unaligned(&a, sizes[i]);
		aligned &= i % 3 == 0 || (uintptr_t)pieces[i] % 8 == 0;
		zeroed &= is_zero(pieces[i], sizes[i]);
		memset(pieces[i], (int)(i % 255 + 1), sizes[i]);
	}
	for (u32 i = 0; i < 2000; i++) {
		for (size_t k = 0; k < sizes[i]; k++)
			kept &= pieces[i][k] == i % 255 + 1;
	}
	ok(zeroed, "arena: memory is zeroed");
	ok(aligned, "arena: aligned to 8");
	ok(kept, "arena: pieces do not overlap or move");
	u64 asked = 0;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		asked += sizes[i];
	ok(a.bytes >= asked && a.bytes < asked + (4u << 20), "arena: its bytes are counted");
	arena_free(&a);
	ok(!a.blocks && !a.used_bytes && !a.bytes, "arena: empty after free");

	char *hello = arena_memdup(&a, "hello", 5);
	char *world = arena_memdup(&a, "world", 5);
	ok(!memcmp(hello, "helloworld", 10) && world == hello + 5, "arena: strings lie tightly");
	u8 *big = arena_alloc(&a, 10u << 20);
	char *next = arena_memdup(&a, "!", 1);
	ok(next == world + 5 && is_zero(big, 10u << 20), "arena: a big piece wastes no block");
	ok(arena_alloc(&a, 0) != NULL && arena_memdup(&a, NULL, 0) != NULL, "arena: no bytes");
	arena_free(&a);

	big = arena_alloc(&a, 3u << 20);
	memset(big, 1, 3u << 20);
	u8 *small = arena_alloc(&a, 8);
	ok(is_zero(small, 8), "arena: a big piece first");
	arena_free(&a);
	arena_free(&a);
	ok(1, "arena: freed twice");
}

static void take_malloc(void)
{
	xmalloc(SIZE_MAX / 2);
}

static void take_zalloc(void)
{
	xzalloc(SIZE_MAX / 2);
}

static void take_aligned(void)
{
	xaligned(SIZE_MAX / 2);
}

static void take_memdup(void)
{
	xmemdup("", SIZE_MAX);
}

static void take_grow(void)
{
	size_t capacity = 0;

	mem_grow(NULL, &capacity, SIZE_MAX / 2, 16);
}

static void take_arena(void)
{
	struct arena a = { 0 };

	arena_alloc(&a, 1);
	arena_alloc(&a, SIZE_MAX - 3);
}

static void check_exhausted(void)
{
	static const struct {
		const char *name;
		void (*take)(void);
	} cases[] = {
		{ "xmalloc", take_malloc },   { "xzalloc", take_zalloc },
		{ "xaligned", take_aligned }, { "xmemdup", take_memdup },
		{ "mem_grow", take_grow },    { "arena", take_arena },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[4096] = "";
		int fds[2];
		fflush(NULL);
		if (pipe(fds))
			return;
		pid_t child = fork();
		if (child == 0) {
			dup2(fds[1], STDERR_FILENO);
			cases[i].take();
			_exit(0);
		}
		close(fds[1]);
		size_t len = 0;
		ssize_t n;
		while ((n = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0)
			len += (size_t)n;
		close(fds[0]);
		int status = -1;
		waitpid(child, &status, 0);
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 1 &&
			   strstr(text, "tar2btrfs: out of memory"),
		   "%s too much: message and exit status 1", cases[i].name);
	}
}

int main(void)
{
	check_plain();
	check_grow();
	check_arena();
	check_exhausted();
	return done();
}
