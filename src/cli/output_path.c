/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel cannot do this: the last symlink may have no target, and open() of a descriptor's path
 * would open its file again.
 */
#include "output_path.h"

#include "base/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SYMLINKS 40

/* Whether @dir, the first @len bytes of it, is where the kernel shows our descriptors. */
static bool is_descriptor_dir(const char *dir, size_t len)
{
	char path[PATH_MAX];
	struct stat st, self;
	if (!len || len >= sizeof(path))
		return false;
	memcpy(path, dir, len);
	path[len] = '\0';
	if (!strcmp(path, "/dev/fd") || !strcmp(path, "/proc/self/fd"))
		return true;
	return !stat(path, &st) && !stat("/proc/self/fd", &self) && st.st_dev == self.st_dev &&
	       st.st_ino == self.st_ino;
}

/* Whether @path means one of our descriptors. */
static bool is_descriptor(const char *path, int *fd)
{
	const char *slash = strrchr(path, '/');
	char *end;
	if (!strcmp(path, "/dev/stdout")) {
		*fd = STDOUT_FILENO;
		return true;
	}
	if (!slash || slash[1] < '0' || slash[1] > '9')
		return false;
	errno = 0;
	long number = strtol(slash + 1, &end, 10);
	if (errno || *end || number > INT_MAX || !is_descriptor_dir(path, (size_t)(slash - path)))
		return false;
	*fd = (int)number;
	return true;
}

/* Put the target of the symlink @path in its place; @target is what it holds. */
static bool follow(char path[PATH_MAX], const char *target, size_t target_len)
{
	char *slash = strrchr(path, '/');
	size_t keep = *target == '/' || !slash ? 0 : (size_t)(slash + 1 - path);
	if (keep + target_len >= PATH_MAX)
		return false;
	memcpy(path + keep, target, target_len);
	path[keep + target_len] = '\0';
	return true;
}

int output_path_resolve(const char *name, char path[PATH_MAX], int *fd)
{
	char target[PATH_MAX];
	for (int i = 0; i < MAX_SYMLINKS; i++) {
		if (is_descriptor(path, fd))
			return 0;
		ssize_t len = readlink(path, target, sizeof(target));
		if (len < 0 && (errno == EINVAL || errno == ENOENT))
			return 0;
		if (len < 0)
			return fail_errno("cannot look at %s", name);
		if (!follow(path, target, (size_t)len))
			return fail(-ENAMETOOLONG, "%s leads to a name beyond %d bytes", name,
				    PATH_MAX - 1);
	}
	return fail(-ELOOP, "%s leads through more than %d symlinks", name, MAX_SYMLINKS);
}
