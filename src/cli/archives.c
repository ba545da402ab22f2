/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "archives.h"
#include "block_device.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int refuse_directory(int fd, enum archives_kind kind, const char *quoted)
{
	if (kind == ARCHIVES_FILESYSTEM)
		return fail(-EISDIR, "%s is a directory, allowed: a btrfs image or device", quoted);
	if (!faccessat(fd, "oci-layout", F_OK, 0))
		return fail(-EISDIR, "%s is a container image, allowed: --oci %s", quoted, quoted);
	return fail(-EISDIR,
		    "%s is a directory, allowed: a tar or cpio archive: tar -C %s -c . | tar2btrfs "
		    "-o IMAGE",
		    quoted, quoted);
}

static int open_one(const char *path, enum archives_kind kind, int *result)
{
	static const char *const allowed[] = {
		[ARCHIVES_PLAIN] = "a tar or cpio archive",
		[ARCHIVES_OCI] = "an image archive or an OCI layout directory",
		[ARCHIVES_FILESYSTEM] = "a btrfs image or device",
	};
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
	if (S_ISDIR(st.st_mode) && kind != ARCHIVES_OCI)
		return refuse_directory(fd, kind, quoted);
	if (isatty(fd))
		return fail(-EINVAL, "%s is a terminal, allowed: %s", quoted, allowed[kind]);
	if (kind == ARCHIVES_FILESYSTEM && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return fail(-EINVAL,
			    "%s can be read only from its beginning to its end, allowed: %s",
			    quoted, allowed[kind]);
	return 0;
}

int archives_open(const char *const *paths, size_t nr, enum archives_kind kind,
		  struct archives *archives)
{
	int err = 0;
	archives->inputs = xmalloc(nr * sizeof(*archives->inputs));
	for (; archives->nr < nr && !err; archives->nr++) {
		const char *path = paths[archives->nr];
		struct convert_input *input = &archives->inputs[archives->nr];
		*input = (struct convert_input){ -1, strcmp(path, "-") ? path : "<stdin>" };
		err = open_one(path, kind, &input->fd);
	}
	return err;
}

void archives_close(struct archives *archives)
{
	for (size_t i = 0; i < archives->nr; i++)
		if (archives->inputs[i].fd > STDIN_FILENO)
			close(archives->inputs[i].fd);
	xfree(archives->inputs);
}

bool archives_hold(const struct archives *archives, const struct stat *st)
{
	struct stat out = *st, in;
	block_device_to_file(&out);
	for (size_t i = 0; i < archives->nr; i++) {
		if (fstat(archives->inputs[i].fd, &in))
			continue;
		block_device_to_file(&in);
		if ((out.st_mode & S_IFMT) != (in.st_mode & S_IFMT))
			continue;
		if (S_ISREG(in.st_mode) && out.st_dev == in.st_dev && out.st_ino == in.st_ino)
			return true;
		if (S_ISBLK(in.st_mode) && out.st_rdev == in.st_rdev)
			return true;
	}
	return false;
}

u64 archives_bytes(const struct archives *archives)
{
	u64 bytes = 0;
	for (size_t i = 0; i < archives->nr; i++) {
		u64 at, rest;
		if (!io_file_rest(archives->inputs[i].fd, &at, &rest))
			return 0;
		bytes += rest;
	}
	return bytes;
}

void archives_allow(const struct archives *archives, struct sandbox *sandbox)
{
	for (size_t i = 0; i < archives->nr; i++) {
		const int fd = archives->inputs[i].fd;
		struct stat st;
		if (!fstat(fd, &st) && S_ISDIR(st.st_mode))
			sandbox_allow_reading(sandbox, fd);
	}
}
