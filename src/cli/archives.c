/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/archives.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int open_one(const char *path, bool directories, int *result)
{
	const char *allowed = directories ? "an image archive or an OCI layout directory"
					  : "a tar or cpio archive";
	char quoted[QUOTE_BYTES] = "standard input";
	int fd = STDIN_FILENO;
	struct stat st;
	if (strcmp(path, "-")) {
		fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
		if (fd < 0)
			return fail_errno("cannot open %s", quote(quoted, path, strlen(path)));
		quote(quoted, path, strlen(path));
	} else if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
		return fail(-EBADF, "standard input is closed or not open for reading");
	}
	*result = fd;
	if (fstat(fd, &st))
		return fail_errno("cannot look at %s", quoted);
	if (S_ISDIR(st.st_mode) && !directories)
		return fail(-EISDIR, "%s is a directory, allowed: %s", quoted, allowed);
	if (isatty(fd))
		return fail(-EINVAL, "%s is a terminal, allowed: %s", quoted, allowed);
	return 0;
}

int archives_open(const char *const *paths, size_t nr, bool directories, struct archives *archives)
{
	int err = 0;
	archives->nr = nr;
	archives->fds = xmalloc(nr * sizeof(*archives->fds));
	archives->names = xmalloc(nr * sizeof(*archives->names));
	for (size_t i = 0; i < nr; i++) {
		archives->fds[i] = -1;
		archives->names[i] = strcmp(paths[i], "-") ? paths[i] : "<stdin>";
	}
	for (size_t i = 0; i < nr && !err; i++)
		err = open_one(paths[i], directories, &archives->fds[i]);
	return err;
}

void archives_close(struct archives *archives)
{
	for (size_t i = 0; i < archives->nr; i++) {
		if (archives->fds[i] > STDIN_FILENO)
			close(archives->fds[i]);
	}
	xfree(archives->fds);
	xfree(archives->names);
}

bool archives_hold(const struct archives *archives, const struct stat *st)
{
	for (size_t i = 0; i < archives->nr; i++) {
		struct stat in;

		if (fstat(archives->fds[i], &in) || (st->st_mode & S_IFMT) != (in.st_mode & S_IFMT))
			continue;
		if (S_ISREG(in.st_mode) && st->st_dev == in.st_dev && st->st_ino == in.st_ino)
			return true;
		if (S_ISBLK(in.st_mode) && st->st_rdev == in.st_rdev)
			return true;
	}
	return false;
}

u64 archives_bytes(const struct archives *archives)
{
	u64 bytes = 0;
	for (size_t i = 0; i < archives->nr; i++) {
		u64 at, rest;

		if (!io_file_rest(archives->fds[i], &at, &rest))
			return 0;
		bytes += rest;
	}
	return bytes;
}
