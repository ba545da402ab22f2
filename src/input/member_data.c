/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks go from the stream's window to file_data without a copy. */
#include "member_data.h"

#include <errno.h>

struct transfer {
	struct stream *stream;
	const struct member *member;
	u16 store_nr;
	struct file_data *data;
	u32 sum; /* of the bytes so far, if the member has one */
};

static int data_are_cut(const struct member *m)
{
	return member_fail(m, -EINVAL,
			   "the archive is cut: it ends inside the data of this member");
}

static u32 sum_bytes(const u8 *p, size_t n)
{
	u32 sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += p[i];
	return sum;
}

/* @offset: in the stream: of the segment's first byte */
static int transfer_segment(struct transfer *t, u64 offset, const struct sparse_segment *segment)
{
	u64 done = 0;
	while (done < segment->bytes) {
		const u8 *p;
		const ssize_t got = stream_peek(t->stream, offset + done, 1, &p);
		if (got <= 0)
			return got < 0 ? (int)got : data_are_cut(t->member);
		const size_t n = (size_t)min_u64((u64)got, segment->bytes - done);
		const struct origin origin = { t->store_nr, offset + done };
		if (t->member->has_sum)
			t->sum += sum_bytes(p, n);
		int err = file_data_write(t->data, segment->offset + done, p, n,
					  stream_is_in_place(t->stream) ? &origin : NULL);
		if (err)
			return err;
		done += n;
	}
	return 0;
}

static int transfer_segments(struct transfer *t)
{
	const struct member *m = t->member;
	u64 offset = m->data;
	for (size_t i = 0; i < m->map.nr; i++) {
		const struct sparse_segment *segment = &m->map.segments[i];
		int err = 0;
		if (m->has_stored_holes) {
			offset = m->data + segment->offset;
			err = stream_skip(t->stream, offset);
		}
		if (!err)
			err = transfer_segment(t, offset, segment);
		if (err)
			return err < 0 ? err : data_are_cut(m);
		offset += segment->bytes;
	}
	return 0;
}

/* Data without holes in a plain file, most of which was not read together with the headers. */
static bool is_left_to_workers(const struct transfer *t)
{
	const struct member *m = t->member;
	return t->store_nr != CONTENT_DATA_SPOOL && !m->is_sparse && !m->has_sum &&
	       stream_unread(t->stream, m->data + m->data_bytes) > m->data_bytes / 2;
}

int member_data_read(struct stream *stream, const struct member *m, u16 store_nr,
		     struct file_data *data)
{
	struct transfer t = { stream, m, store_nr, data, 0 };
	if (is_left_to_workers(&t))
		return file_data_refer(data, (struct origin){ store_nr, m->data }, m->data_bytes);
	if (m->is_sparse)
		return transfer_segments(&t);
	int err = transfer_segment(&t, m->data, &(struct sparse_segment){ 0, m->data_bytes });
	if (!err && m->has_sum && t.sum != m->sum)
		err = member_fail(m, -EINVAL, "the sum of its data is %08x, its header says %08x",
				  t.sum, m->sum);
	return err;
}

int member_data_skip(struct stream *stream, struct member *m)
{
	int r = stream_skip(stream, m->end);
	if (r <= 0)
		return r;
	if (stream_bytes(stream) < m->end - m->padding)
		return data_are_cut(m);
	if (!stream_is_whole(stream))
		return fail_hint(
			-EINVAL, HINT_MISSING_END,
			"%s: the archive is cut: it ends inside the padding of this member",
			printable(m->path).text);
	m->end = stream_bytes(stream);
	return 0;
}
