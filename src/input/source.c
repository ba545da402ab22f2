/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw bytes of a descriptor: few, large reads; a pipe gets the largest buffer allowed to all. */
#include "source.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>

void source_init(struct source *source, int fd, const char *name, _Atomic u64 *read_bytes)
{
	*source = (struct source){ .fd = fd, .name = name, .read_bytes = read_bytes };
	/* Hints only: on what is no pipe or no file they fail, and nothing is lost. */
	(void)fcntl(fd, F_SETPIPE_SZ, (int)SOURCE_BLOCK_BYTES);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

void source_release(struct source *source)
{
	xfree(source->pushed);
	source->pushed = NULL;
}

ssize_t source_read(struct source *source, void *buf, size_t bytes)
{
	size_t left = source->pushed_len - source->pushed_pos;
	if (left) {
		size_t n = min_u64(left, bytes);
		memcpy(buf, source->pushed + source->pushed_pos, n);
		source->pushed_pos += n;
		return (ssize_t)n;
	}
	ssize_t n = io_read_some(source->fd, buf, bytes);
	if (n < 0) {
		errno = (int)-n;
		return fail_errno("%s: cannot read", source->name);
	}
	*source->read_bytes += (u64)n;
	return n;
}

void source_push_back(struct source *source, const void *data, size_t bytes)
{
	size_t left = source->pushed_len - source->pushed_pos;
	u8 *joined = xmalloc(bytes + left + 1);
	memcpy(joined, data, bytes);
	if (left)
		memcpy(joined + bytes, source->pushed + source->pushed_pos, left);
	xfree(source->pushed);
	source->pushed = joined;
	source->pushed_len = bytes + left;
	source->pushed_pos = 0;
}
