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
	xfree(source->buffer);
	source->buffer = NULL;
}

u64 raw_input_offset(const struct raw_input *source)
{
	return source->taken - (source->len - source->pos);
}

/* From the descriptor. */
static ssize_t read_source(struct raw_input *source, void *buf, size_t bytes)
{
	ssize_t n = io_read_some(source->fd, buf, (size_t)min_u64(bytes, source->left));
	if (n < 0) {
		errno = (int)-n;
		return fail_errno("%s: cannot read", source->name);
	}
	*source->read_bytes += (u64)n;
	source->taken += (u64)n;
	source->left -= (u64)n;
	source->passable -= min_u64((u64)n, source->passable);
	if (source->digest)
		sha256_add(source->digest, buf, (size_t)n);
	return n;
}

ssize_t raw_input_read(struct raw_input *source, void *buf, size_t bytes)
{
	const size_t n = min_u64(source->len - source->pos, bytes);
	if (n) {
		memcpy(buf, source->buffer + source->pos, n);
		source->pos += n;
		return (ssize_t)n;
	}
	source->pos = source->len = 0;
	return read_source(source, buf, bytes);
}

ssize_t raw_input_peek(struct raw_input *source, size_t bytes, const u8 **data)
{
	assert(bytes && bytes <= RAW_LOOK_BYTES);
	while (source->len - source->pos < bytes) {
		const size_t skip = source->pos - (size_t)min_u64(source->pos, RAW_LOOK_BYTES);
		source->buffer = mem_grow(source->buffer, &source->capacity,
					  SOURCE_BLOCK_BYTES + 2 * RAW_LOOK_BYTES, 1);
		source->len -= skip;
		source->pos -= skip;
		memmove(source->buffer, source->buffer + skip, source->len);
		const ssize_t n = read_source(source, source->buffer + source->len,
					      source->capacity - source->len);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		source->len += (size_t)n;
	}
	*data = source->buffer + source->pos;
	return (ssize_t)(source->len - source->pos);
}

void raw_input_take(struct raw_input *source, size_t bytes)
{
	assert(bytes <= source->len - source->pos);
	source->pos += bytes;
}

void raw_input_give_back(struct raw_input *source, size_t bytes)
{
	assert(bytes <= source->pos);
	source->pos -= bytes;
}

void raw_input_push_back(struct raw_input *source, const void *data, size_t bytes)
{
	const size_t left = source->len - source->pos;
	if (bytes <= source->pos) {
		source->pos -= bytes;
		return;
	}
	source->buffer =
		mem_grow(source->buffer, &source->capacity,
			 max_u64(bytes + left, SOURCE_BLOCK_BYTES + 2 * RAW_LOOK_BYTES), 1);
	memmove(source->buffer + bytes, source->buffer + source->pos, left);
	memcpy(source->buffer, data, bytes);
	source->pos = 0;
	source->len = bytes + left;
}

bool raw_input_can_skip(const struct raw_input *source, u64 bytes)
{
	return bytes <= source->passable && source->pos == source->len && !source->digest;
}

bool raw_input_skip(struct raw_input *source, u64 bytes)
{
	if (!raw_input_can_skip(source, bytes) || lseek(source->fd, (off_t)bytes, SEEK_CUR) < 0)
		return false;
	source->pos = source->len = 0;
	source->taken += bytes;
	source->left -= bytes;
	source->passable -= bytes;
	return true;
}
