/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LD_PRELOAD for the program: system calls and allocations that go wrong.
 *   FAULT=CALL:N:ERRNO   the Nth call fails: read, pread, write, pwrite, copy, sync, link, room
 *                        (fstatfs), alloc, rename
 *   FAULT=CALL:N:0       SIGTERM comes before the Nth call
 *   FAULT=short          reads and writes move one byte, copies in the kernel do not work
 *   FAULT=eintr          every second call is interrupted
 *   FAULT=count:CALL     at the end, the number of calls goes to stderr
 * Messages (descriptor 2) are left alone, and allocations of libraries that do not survive it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <unistd.h>

static char fault_call[16]; /* that fails or is counted */
static long fault_at, calls;
static int fault_errno, is_short, is_eintr, is_counting;

__attribute__((constructor)) static void setup(void)
{
	const char *fault = getenv("FAULT");
	is_short = fault && !strcmp(fault, "short");
	is_eintr = fault && !strcmp(fault, "eintr");
	is_counting = fault && sscanf(fault, "count:%15s", fault_call) == 1;
	if (fault && !is_counting)
		sscanf(fault, "%15[a-z]:%ld:%d", fault_call, &fault_at, &fault_errno);
}

__attribute__((destructor)) static void report(void)
{
	if (is_counting)
		dprintf(STDERR_FILENO, "calls %ld\n", calls);
}

/* Whether this call is to fail; errno is set. */
static int fails(const char *call)
{
	static int turn;
	if (is_eintr && strcmp(call, "alloc")) {
		errno = EINTR;
		return __atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST) % 2;
	}
	if (strcmp(call, fault_call))
		return 0;
	if (__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) != fault_at)
		return 0;
	if (!fault_errno)
		raise(SIGTERM);
	errno = fault_errno;
	return fault_errno != 0;
}

/* libarchive, for one, looks into what it did not get. */
static int alloc_fails(const void *caller)
{
	static const char *const fragile[] = { "/libarchive.", "/libgcrypt.", "/libseccomp." };
	Dl_info in;

	if (strcmp(fault_call, "alloc"))
		return 0;
	for (size_t i = 0; i < sizeof(fragile) / sizeof(*fragile); i++)
		if (dladdr(caller, &in) && in.dli_fname && strstr(in.dli_fname, fragile[i]))
			return 0;
	return fails("alloc");
}

static size_t some(size_t bytes)
{
	return is_short && bytes ? 1 : bytes;
}

ssize_t read(int fd, void *buf, size_t bytes)
{
	ssize_t (*next)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
	return fails("read") ? -1 : next(fd, buf, some(bytes));
}

ssize_t pread64(int fd, void *buf, size_t bytes, off64_t pos)
{
	ssize_t (*next)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");
	return fails("pread") ? -1 : next(fd, buf, some(bytes), pos);
}

ssize_t write(int fd, const void *buf, size_t bytes)
{
	ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
	if (fd == STDERR_FILENO)
		return next(fd, buf, bytes);
	return fails("write") ? -1 : next(fd, buf, some(bytes));
}

ssize_t pwrite64(int fd, const void *buf, size_t bytes, off64_t pos)
{
	ssize_t (*next)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
	return fails("pwrite") ? -1 : next(fd, buf, some(bytes), pos);
}

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t bytes, unsigned flags)
{
	ssize_t (*next)(int, off64_t *, int, off64_t *, size_t, unsigned) =
		dlsym(RTLD_NEXT, "copy_file_range");
	errno = EXDEV;
	return is_short || fails("copy") ? -1 : next(in, from, out, to, bytes, flags);
}

ssize_t sendfile64(int out, int in, off64_t *from, size_t bytes)
{
	ssize_t (*next)(int, int, off64_t *, size_t) = dlsym(RTLD_NEXT, "sendfile64");
	errno = EINVAL;
	return is_short || fails("copy") ? -1 : next(out, in, from, bytes);
}

int poll(struct pollfd *fds, nfds_t nr, int ms)
{
	int (*next)(struct pollfd *, nfds_t, int) = dlsym(RTLD_NEXT, "poll");
	return fails("poll") ? -1 : next(fds, nr, ms);
}

int fsync(int fd)
{
	int (*next)(int) = dlsym(RTLD_NEXT, "fsync");
	return !is_eintr && fails("sync") ? -1 : next(fd);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	int (*next)(int, const char *, int, const char *, int) = dlsym(RTLD_NEXT, "linkat");
	return !is_eintr && fails("link") ? -1 : next(from_dir, from, to_dir, to, flags);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int (*next)(int, const char *, int, const char *) = dlsym(RTLD_NEXT, "renameat");
	return !is_eintr && fails("rename") ? -1 : next(from_dir, from, to_dir, to);
}

int fstatfs64(int fd, struct statfs64 *buf)
{
	int (*next)(int, struct statfs64 *) = dlsym(RTLD_NEXT, "fstatfs64");
	return !is_eintr && fails("room") ? -1 : next(fd, buf);
}

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t nr, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void *__libc_memalign(size_t align, size_t bytes);

void *malloc(size_t bytes)
{
	return alloc_fails(__builtin_return_address(0)) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t nr, size_t bytes)
{
	return alloc_fails(__builtin_return_address(0)) ? NULL : __libc_calloc(nr, bytes);
}

void *realloc(void *old, size_t bytes)
{
	return alloc_fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, bytes);
}

int posix_memalign(void **p, size_t align, size_t bytes)
{
	*p = alloc_fails(__builtin_return_address(0)) ? NULL : __libc_memalign(align, bytes);
	return *p ? 0 : ENOMEM;
}
