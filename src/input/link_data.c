/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link_data.h"
#include "tar_header.h"

#include "base/mem.h"

#include <errno.h>

/* How much of what may be a link's data is looked at for a padding that is not zero. */
#define PEEK_BYTES_MAX (64u << 10)

struct link_data {
	bool is_stored;
	bool is_left_out;
	/* While neither is known: the data of a link would end at @end. 0 if no link waits for that. */
	u64 end;
	u64 size;
	char *path;
	size_t path_len;
};

struct link_data *link_data_new(void)
{
	return xzalloc(sizeof(struct link_data));
}

void link_data_free(struct link_data *d)
{
	if (d)
		xfree(d->path);
	xfree(d);
}

void link_data_is_stored(struct link_data *d)
{
	d->is_stored = true;
}

static int fail_doubtful(const struct member *link, u64 size)
{
	return member_fail(link, -EINVAL,
			   "a hard link with a size of %llu bytes: what follows it can be its data "
			   "or the next members; GNU tar writes such a link without a size",
			   (unsigned long long)size);
}

/* Whether @size bytes at @offset can be data: what pads them is zero. Or a negative errno. */
static int can_be_data(struct stream *stream, u64 offset, u64 size)
{
	u64 padded = align_up(size, TAR_BLOCK);
	const u8 *bytes;
	if (padded > PEEK_BYTES_MAX)
		return 1;
	const ssize_t got = stream_peek(stream, offset, (size_t)padded, &bytes);
	if (got < 0)
		return (int)got;
	if ((u64)got < padded)
		return 0;
	while (padded > size && !bytes[padded - 1])
		padded--;
	return padded == size;
}

int link_data_leave_out(struct link_data *d, struct stream *stream, u64 offset, u64 size,
			bool is_sure, const struct member *link)
{
	if (is_sure || d->is_stored)
		return fail_doubtful(link, size);
	if (d->is_left_out || d->end)
		return 0;
	u64 end;
	if (add_overflows(offset, align_up(size, TAR_BLOCK), &end))
		return 0;
	const int r = can_be_data(stream, offset, size);
	if (r <= 0)
		return r;
	d->end = end;
	d->size = size;
	d->path = xmemdup(link->path.bytes, link->path.len);
	d->path_len = link->path.len;
	return 0;
}

int link_data_check(struct link_data *d, struct stream *stream, u64 *offset, bool is_end)
{
	const u64 begin = is_end ? *offset - TAR_BLOCK : *offset;
	if (!d->end || (begin < d->end && !is_end))
		return 0;
	if (begin > d->end) {
		d->is_left_out = true;
		d->end = 0;
		return 0;
	}
	const int more = begin < d->end ? stream_skip_zeros(stream, offset) : 1;
	const struct member link = { .path = { d->path, d->path_len } };
	return more > 0 ? fail_doubtful(&link, d->size) : more;
}
