/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads are few and large. A pipe gets the largest buffer that a user may ask for. */
#include "raw_input.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void raw_input_init(struct raw_input *source, const struct reader_input *input,
		    _Atomic u64 *read_bytes)
{
	const int fd = input->fd;
	u64 at, rest = 0;
	(void)io_file_rest(fd, &at, &rest);
	*source = (struct raw_input){ .fd = fd,
				      .name = input->name,
				      .left = input->bytes,
				      .passable = min_u64(input->bytes, rest),
				      .digest = input->raw_digest,
				      .read_bytes = read_bytes };
	/* Hints: the first fails on anything but a pipe, the second on a pipe. */
	(void)fcntl(fd, F_SETPIPE_SZ, (int)SOURCE_BLOCK_BYTES);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

void raw_input_release(struct raw_input *source)
{
	xfree(source->pushed);
	source->pushed = NULL;
}

ssize_t raw_input_read(struct raw_input *source, void *buf, size_t bytes)
{
	size_t left = source->pushed_len - source->pushed_pos;
	if (left) {
		size_t n = min_u64(left, bytes);
		memcpy(buf, source->pushed + source->pushed_pos, n);
		source->pushed_pos += n;
		return (ssize_t)n;
	}
	ssize_t n = io_read_some(source->fd, buf, (size_t)min_u64(bytes, source->left));
	if (n < 0) {
		errno = (int)-n;
		return fail_errno("%s: cannot read", source->name);
	}
	*source->read_bytes += (u64)n;
	source->left -= (u64)n;
	source->passable -= min_u64((u64)n, source->passable);
	if (source->digest)
		sha256_add(source->digest, buf, (size_t)n);
	return n;
}

bool raw_input_can_skip(const struct raw_input *source, u64 bytes)
{
	return bytes <= source->passable && !source->pushed && !source->digest;
}

bool raw_input_skip(struct raw_input *source, u64 bytes)
{
	if (!raw_input_can_skip(source, bytes) || lseek(source->fd, (off_t)bytes, SEEK_CUR) < 0)
		return false;
	source->left -= bytes;
	source->passable -= bytes;
	return true;
}

void raw_input_push_back(struct raw_input *source, const void *data, size_t bytes)
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
