/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window over the plain bytes. Plain input is read straight into it.
 *
 * libarchive may still hold the block it was lent last while a guard peeks
 * further and the window must move on. Then the window moves into another
 * buffer, and the old one is kept until the next block is lent.
 */
#include "stream.h"

#include "base/diag.h"
#include "base/mem.h"
#include "unpack.h"

#include <errno.h>

/* Of a plain archive little is read here: who works on a larger file reads it. Fuzzing has a
 * window that its small archives reach beyond. */
#ifndef FILE_WINDOW_BYTES
#define FILE_WINDOW_BYTES (128u << 10)
#endif

struct buffer {
	u8 *bytes;
	size_t capacity;
};

struct stream {
	struct raw_input source;
	struct unpacker *unpacker; /* or NULL */
	struct sha256 **digest;    /* of the plain bytes, or NULL */
	size_t window_bytes;       /* that the window has room for, at least */
	struct buffer window;
	struct buffer held; /* what libarchive may still look at, or a spare */
	u64 start;          /* offset of the window's first byte */
	size_t len;
	u64 lend_next; /* offset of the first byte not lent */
	u64 limit;
	u64 max_bytes; /* of this and what was before; 0: any number */
	u64 before;
	bool is_lent; /* the last block lent lies in the window */
	bool at_end;
	int error;
};

const char *stream_name(const struct stream *s)
{
	return s->source.name;
}

u64 stream_bytes(const struct stream *s)
{
	return s->start + s->len;
}

const char *stream_packing(const struct stream *s)
{
	return s->unpacker ? s->unpacker->packing : NULL;
}

int stream_error(const struct stream *s)
{
	return s->error;
}

/* Move the window so that it begins at offset @keep, with room for @bytes. */
static void move_window(struct stream *s, u64 keep, size_t bytes)
{
	size_t skip = (size_t)(keep - s->start);
	size_t left = s->len - skip;
	struct buffer to = s->is_lent ? s->held : s->window;
	if (to.capacity < bytes && !s->is_lent) {
		to.bytes = mem_grow(to.bytes, &to.capacity, bytes, 1);
		s->window = to;
	} else if (to.capacity < bytes) {
		xfree(to.bytes);
		to.bytes = xmalloc(bytes);
		to.capacity = bytes;
	}
	memmove(to.bytes, s->window.bytes + skip, left);
	if (s->is_lent) {
		s->held = s->window;
		s->is_lent = false;
	}
	s->window = to;
	s->start = keep;
	s->len = left;
}

static int fail_bytes(const struct stream *s)
{
	return fail_hint(-EFBIG, HINT_INPUT_BYTES,
			 "%s: %sit has more than the %llu bytes that are allowed%s", s->source.name,
			 s->unpacker ? "unpacked, " : "", (unsigned long long)s->max_bytes,
			 s->before ? " in all" : "");
}

/* Read once into the free room of the window. */
static void read_more(struct stream *s)
{
	u8 *to = s->window.bytes + s->len;
	size_t room = s->window.capacity - s->len;
	ssize_t n = s->unpacker ? s->unpacker->read(s->unpacker, to, room)
				: raw_input_read(&s->source, to, room);
	if (n > 0 && s->max_bytes && s->before + stream_bytes(s) + (u64)n > s->max_bytes)
		n = fail_bytes(s);
	if (n < 0)
		s->error = (int)n;
	if (n <= 0)
		s->at_end = true;
	else
		s->len += (size_t)n;
	if (n > 0 && s->digest)
		sha256_add(*s->digest, to, (size_t)n);
}

u8 *stream_peek(struct stream *s, u64 offset, size_t bytes, size_t *got)
{
	if (offset < s->start || offset > s->start + s->len) {
		/* no version known does; the window would have to keep more */
		s->error = fail(-EIO, "%s: libarchive took bytes far ahead of the member it reads",
				s->source.name);
		*got = 0;
		return s->window.bytes;
	}
	u64 end = offset + bytes;
	if (end > s->start + s->len && !s->at_end) {
		u64 keep = min_u64(offset, s->lend_next);
		size_t needed = (size_t)(end - keep);
		if ((size_t)(end - s->start) > s->window.capacity)
			move_window(s, keep, (size_t)max_u64(needed, s->window_bytes));
		while (end > s->start + s->len && !s->at_end)
			read_more(s);
	}
	*got = (size_t)min_u64(bytes, s->start + s->len - offset);
	return s->window.bytes + (offset - s->start);
}

bool stream_has(const struct stream *s, u64 end)
{
	return end <= s->start + s->len || !s->at_end;
}

void stream_restart(struct stream *s, u64 offset)
{
	assert(offset >= s->start && offset <= s->start + s->len);
	s->lend_next = offset;
	s->is_lent = false;
}

void stream_set_limit(struct stream *s, u64 limit)
{
	s->limit = limit;
}

ssize_t stream_lend(struct stream *s, const void **block)
{
	/* The block before is no longer needed. */
	s->is_lent = false;
	if (s->lend_next == s->start + s->len && !s->at_end) {
		s->start = s->lend_next;
		s->len = 0;
		read_more(s);
	}
	if (s->error)
		return s->error;
	u64 end = s->start + s->len;
	if (s->limit > s->lend_next)
		end = min_u64(end, s->limit);
	size_t n = (size_t)(end - s->lend_next);
	*block = s->window.bytes + (s->lend_next - s->start);
	s->lend_next = end;
	s->is_lent = n > 0;
	return (ssize_t)n;
}

u64 stream_unread(const struct stream *s, u64 end)
{
	const u64 unread = end > stream_bytes(s) ? end - stream_bytes(s) : 0;
	return !s->unpacker && !s->digest && raw_input_can_skip(&s->source, unread) ? unread : 0;
}

/* Go on at @offset, without what lies before it unread; false if that cannot be. */
static bool jump(struct stream *s, u64 offset)
{
	const u64 unread = stream_unread(s, offset);
	if (!unread || !raw_input_skip(&s->source, unread))
		return false;
	s->start = s->lend_next = offset;
	s->len = 0;
	s->is_lent = false;
	return true;
}

u64 stream_pass(struct stream *s, u64 bytes)
{
	const u64 read = stream_bytes(s);
	if (!jump(s, s->lend_next + bytes))
		return 0;
	*s->source.read_bytes += s->start - read; /* others read them, or nobody has to */
	return bytes;
}

bool stream_offset(const struct stream *s, const void *data, size_t bytes, u64 *offset)
{
	uintptr_t window = (uintptr_t)s->window.bytes, at = (uintptr_t)data;
	if (s->unpacker || at < window || at + bytes > window + s->len)
		return false;
	*offset = s->start + (at - window);
	return true;
}

int stream_unpack_at(struct stream *s, u64 offset, enum packing packing, const char *name)
{
	assert(offset >= s->start && offset <= s->start + s->len && !s->unpacker);
	size_t skip = (size_t)(offset - s->start);
	raw_input_push_back(&s->source, s->window.bytes + skip, s->len - skip);
	s->len = skip;
	s->at_end = false;
	if (s->digest && offset == 0) {
		/* what was taken for plain was not */
		u8 ignored[32];
		sha256_finish(*s->digest, ignored);
		*s->digest = sha256_new();
	}
	int err = unpack_open(&s->source, packing, name, &s->unpacker);
	if (err)
		s->error = err;
	return err;
}

int stream_skip_zeros(struct stream *s, u64 *offset)
{
	for (;;) {
		size_t n;
		const u8 *p = stream_peek(s, *offset, 1, &n);
		if (s->error)
			return s->error;
		if (!n)
			return 0;
		n = (size_t)(s->start + s->len - *offset);
		/* a run of equal bytes that begins with zero; most often the whole window */
		size_t i = !p[0] && (n == 1 || !memcmp(p, p + 1, n - 1)) ? n : 0;
		while (i < n && !p[i])
			i++;
		*offset += i;
		s->lend_next = max_u64(s->lend_next, *offset);
		if (i < n)
			return 1;
	}
}

int stream_skip(struct stream *s, u64 offset)
{
	if (jump(s, offset))
		return 0;
	const void *block;
	stream_set_limit(s, 0);
	while (offset > s->start + s->len) {
		ssize_t n = stream_lend(s, &block);
		if (n < 0)
			return (int)n;
		if (n == 0)
			return fail(-EINVAL, "%s: the archive is cut: it ends inside a member",
				    s->source.name);
	}
	stream_restart(s, offset);
	return 0;
}

int stream_drain(struct stream *s, u64 offset)
{
	int more = stream_skip_zeros(s, &offset);
	if (more <= 0)
		return more;
	stream_restart(s, offset);
	stream_set_limit(s, 0);
	u64 bytes = 0;
	const void *block;
	ssize_t n;
	while ((n = stream_lend(s, &block)) > 0)
		bytes += (u64)n;
	if (n < 0)
		return (int)n;
	warning("%s: %llu bytes behind the archive's end marker are ignored", stream_name(s),
		(unsigned long long)bytes);
	return 0;
}

struct stream *stream_new(const struct reader_input *input, u64 max_bytes, u64 before,
			  _Atomic u64 *read_bytes)
{
	struct stream *s = xzalloc(sizeof(*s));
	s->max_bytes = max_bytes;
	s->before = before;
	raw_input_init(&s->source, input, read_bytes);
	s->digest = input->plain_digest;
	s->window_bytes =
		raw_input_can_skip(&s->source, 1) ? FILE_WINDOW_BYTES : SOURCE_BLOCK_BYTES;
	s->window.bytes = xmalloc(s->window_bytes);
	s->window.capacity = s->window_bytes;
	return s;
}

void stream_close(struct stream *s)
{
	if (s->unpacker)
		s->unpacker->free(s->unpacker);
	raw_input_release(&s->source);
	xfree(s->window.bytes);
	xfree(s->held.bytes);
	xfree(s);
}
