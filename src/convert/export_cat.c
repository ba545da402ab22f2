/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_member.h"

#include "base/diag.h"
#include "base/io.h"

#include <sys/stat.h>

#define ZERO_BYTES (64u << 10)

static int write_cat(int fd, const char *name, const void *data, size_t bytes)
{
	int err = io_write_full(fd, data, bytes);
	return err ? fail(err, "cannot write %s: %s", name, strerror(-err)) : 0;
}

static int write_zeros(int fd, const char *name, u64 bytes)
{
	static const u8 zeros[ZERO_BYTES];
	int err = 0;
	while (bytes && !err) {
		const size_t n = min_u64(bytes, sizeof(zeros));
		err = write_cat(fd, name, zeros, n);
		bytes -= n;
	}
	return err;
}

static int cat_file(struct file_reader *file, u64 size, int fd, const char *name)
{
	const u8 *data;
	u64 offset, done = 0;
	size_t bytes;
	int more, err = 0;
	while (!err && (more = file_reader_next_data(file, &offset, &data, &bytes))) {
		err = more < 0 ? more : write_zeros(fd, name, offset - done);
		if (!err)
			err = write_cat(fd, name, data, bytes);
		done = offset + bytes;
	}
	return err ? err : write_zeros(fd, name, size - done);
}

int export_cat(struct filesystem *fs, const struct export_options *options, int fd,
	       const char *name)
{
	struct export_members *members = export_members_new(fs, options);
	struct file_reader *file = export_members_file(members);
	struct export_member member;
	assert(options->nr_paths == 1);
	int r = export_members_next(members, &member);
	if (r >= 0 && (!r || !S_ISREG(member.inode->mode)))
		r = fail(-EINVAL, "no regular file, which alone has bytes to write");
	if (r > 0) {
		file_reader_open(file, &member.tree, member.inode);
		r = cat_file(file, member.inode->size, fd, name);
	}
	export_members_free(members);
	return r;
}
