/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LD_PRELOAD for the program: does what an exploit would do, PLANT, at a moment, PLANT_AT:
 *   reader   when libarchive begins to unpack the archive, which must be packed
 *   worker   when a file is to be compressed, in a thread if there are any
 * What the attempt returned is written to stderr. PLANT is open, create, unlink, exec, socket, fork, code, type.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static long attempt(const char *what)
{
	char *const args[] = { "true", NULL };
	void *code;

	if (!strcmp(what, "open"))
		return open(getenv("PLANT_FILE"), O_RDONLY);
	if (!strcmp(what, "create"))
		return open(getenv("PLANT_FILE"), O_RDWR | O_CREAT | O_EXCL, 0600);
	if (!strcmp(what, "unlink"))
		return unlink(getenv("PLANT_FILE"));
	if (!strcmp(what, "exec"))
		return execv("/bin/true", args);
	if (!strcmp(what, "socket"))
		return socket(AF_INET, SOCK_STREAM, 0);
	if (!strcmp(what, "type"))
		return ioctl(STDIN_FILENO, TIOCSTI, "x");
	if (!strcmp(what, "fork"))
		return fork();
	code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return code == MAP_FAILED ? -1 : 0;
}

/* At the @nth call for @at, once in the process. */
static void plant(const char *at, int nth)
{
	static int calls;
	char text[200];

	if (!getenv("PLANT_AT") || strcmp(at, getenv("PLANT_AT")) ||
	    __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) != nth)
		return;
	errno = 0;
	long result = attempt(getenv("PLANT"));
	int n = snprintf(text, sizeof(text), "planted %s at %s: %s, %s\n", getenv("PLANT"), at,
			 result < 0 ? "failed" : "done", strerror(errno));
	if (write(STDERR_FILENO, text, (size_t)n) != n)
		abort();
}

int archive_read_next_header(void *archive, void **entry)
{
	int (*next)(void *, void **) = dlsym(RTLD_NEXT, "archive_read_next_header");
	plant("reader", 1);
	return next(archive, entry);
}

size_t ZSTD_compress2(void *context, void *to, size_t room, const void *from, size_t bytes)
{
	size_t (*next)(void *, void *, size_t, const void *, size_t) =
		dlsym(RTLD_NEXT, "ZSTD_compress2");
	plant("worker", 1);
	return next(context, to, room, from, bytes);
}
