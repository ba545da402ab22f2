/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_member.h"

#include "base/diag.h"
#include "read/data_stream.h"

#include <sys/stat.h>

int export_cat(struct filesystem *fs, const struct export_options *options, int fd,
	       const char *name)
{
	struct export_members *members = export_members_new(fs, options);
	struct file_reader *file = export_members_file(members);
	struct data_stream *stream = data_stream_new(fs, fd, name, options->threads);
	struct export_member member;
	assert(options->nr_paths == 1);
	int r = export_members_next(members, &member);
	if (r >= 0 && (!r || !S_ISREG(member.inode->mode)))
		r = fail(-EINVAL, "no regular file, which alone has bytes to write");
	if (r > 0) {
		file_reader_open(file, &member.tree, member.inode);
		r = data_stream_whole(stream, file, member.inode->size);
	}
	if (!r)
		r = data_stream_flush(stream);
	data_stream_free(stream);
	export_members_free(members);
	return r;
}
