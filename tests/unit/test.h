/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TAP for unit tests: ok() for each check, `return done();` at the end of main. */
#ifndef TEST_H
#define TEST_H

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int test_count, test_failures;

#define ok(condition, ...) test_ok((condition), __FILE__, __LINE__, __VA_ARGS__)

__attribute__((format(printf, 4, 5))) static inline void test_ok(int passed, const char *file,
								 int at, const char *what, ...)
{
	va_list args;
	printf("%s %d - ", passed ? "ok" : "not ok", ++test_count);
	va_start(args, what);
	vprintf(what, args);
	va_end(args);
	if (passed)
		printf("\n");
	else
		printf(" (%s:%d)\n", file, at);
	test_failures += !passed;
}

/* A file in memory with these bytes, which stands at its beginning; -1 if it cannot be made. */
static inline int test_file(const void *bytes, size_t nr)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	if (fd >= 0 && (write(fd, bytes, nr) != (ssize_t)nr || lseek(fd, 0, SEEK_SET))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static inline int done(void)
{
	printf("1..%d\n", test_count);
	return test_failures ? 1 : 0;
}

#endif
