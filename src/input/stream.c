/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stream.h"

#include "base/diag.h"
#include "base/mem.h"
#include "unpack.h"

#include <errno.h>

/* Little of a plain archive is read here: larger files are read by the workers. Fuzzing has a window
 * that its small archives reach beyond. */
#ifndef FILE_WINDOW_BYTES
#define FILE_WINDOW_BYTES (128u << 10)
#endif

/*
 * The window holds the plain bytes from @start to @start + @len. No byte before the offset of the
 * last stream_peek() is asked for again, so the window may begin there. Its end is where reading
 * goes on: what raw_input or the unpacker gives next is byte @start + @len.
 */
struct stream {
	struct raw_input source;
	struct unpacker *unpacker; /* or NULL: the window is read straight from the source */
	struct sha256 **digest;    /* of the plain bytes, or NULL */
	size_t window_bytes;       /* least capacity of the window */
	u8 *window;
	size_t capacity;
	u64 start;
	size_t len;
	u64 max_bytes; /* of this stream and those before; 0: any number */
	u64 before;
	bool is_skippable; /* the unpacker's frame has no data; zstd and lz4 both have such frames */
	bool is_in_place;  /* nothing was unpacked: offsets are those of the archive */
	bool joins_parts;
	bool at_end; /* nothing follows the window, but maybe another part */
	bool is_whole;
	int error; /* printed; stays */
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

bool stream_is_whole(const struct stream *s)
{
	return s->is_whole;
}

void stream_allow_missing_end(struct stream *s)
{
	s->is_whole = true;
}

int stream_check_end(const struct stream *s, const char *what)
{
	return s->is_whole ? 0
			   : fail_hint(-EINVAL, HINT_MISSING_END,
				       "%s: the archive is cut: it ends without %s", stream_name(s),
				       what);
}

bool stream_is_in_place(const struct stream *s)
{
	return s->is_in_place;
}

/* Let the window begin at @offset, and have room for @bytes. */
static void move_window(struct stream *s, u64 offset, size_t bytes)
{
	const size_t skip = (size_t)(offset - s->start);
	s->len -= skip;
	s->start = offset;
	memmove(s->window, s->window + skip, s->len);
	s->window = mem_grow(s->window, &s->capacity, (size_t)max_u64(bytes, s->window_bytes), 1);
}

/* How far the archive was read counts: what is in the window behind that may prove to be packed. */
static void check_bytes(struct stream *s, u64 offset)
{
	if (s->error || !s->max_bytes || s->before + offset <= s->max_bytes)
		return;
	s->at_end = true;
	s->error = fail_hint(-EFBIG, HINT_INPUT_BYTES,
			     "%s: %sit has more than the %llu bytes that are allowed%s",
			     s->source.name, s->unpacker ? "unpacked, " : "",
			     (unsigned long long)s->max_bytes, s->before ? " in all" : "");
}

static int open_unpacker(struct stream *s, enum packing packing, const char *name)
{
	if (s->unpacker)
		s->unpacker->free(s->unpacker);
	s->unpacker = NULL;
	const u8 *p;
	const ssize_t n = raw_input_peek(&s->source, MAGIC_PACKING_BYTES, &p);
	s->is_skippable = n > 0 && magic_is_skippable(p, (size_t)n);
	return unpack_open(&s->source, packing, name, &s->unpacker);
}

static bool is_zstd_or_lz4(const char *name)
{
	return !strcmp(name, "zstd") || !strcmp(name, "lz4");
}

/* Whether a frame of the packing @name, at @p, belongs to the one that has ended. */
static bool is_same_packing(const struct stream *s, const char *name, const u8 *p, size_t len)
{
	const char *before = s->unpacker->packing;
	return !strcmp(name, before) || ((s->is_skippable || magic_is_skippable(p, len)) &&
					 is_zstd_or_lz4(name) && is_zstd_or_lz4(before));
}

/*
 * A packed stream has ended. One of its kind that directly follows belongs to it; in joined parts
 * also one of any kind, behind zeros. Returns 1 if there is one, 0 if not, or a negative errno.
 */
static int next_packed(struct stream *s)
{
	const u8 *p;
	const char *name;
	ssize_t n = raw_input_peek(&s->source, MAGIC_PACKING_BYTES, &p);
	while (s->joins_parts && n > 0 && !*p) {
		size_t zeros = 1;
		while (zeros < (size_t)n && !p[zeros])
			zeros++;
		raw_input_take(&s->source, zeros);
		n = raw_input_peek(&s->source, MAGIC_PACKING_BYTES, &p);
	}
	if (n <= 0)
		return (int)n;
	const enum packing packing = magic_packing(p, (size_t)n, &name);
	if (packing != PACKING_NONE && (s->joins_parts || is_same_packing(s, name, p, (size_t)n))) {
		const int err = open_unpacker(s, packing, name);
		return err ? err : 1;
	}
	if (s->joins_parts)
		return fail(-EINVAL, "%s: there are other bytes behind %s", s->source.name,
			    s->unpacker->what);
	return 0;
}

static ssize_t read_some(struct stream *s, u8 *to, size_t room)
{
	if (!s->unpacker)
		return raw_input_read(&s->source, to, room);
	for (;;) {
		const ssize_t n = s->unpacker->read(s->unpacker, to, room);
		const int more = n ? 0 : next_packed(s);
		if (more <= 0)
			return n ? n : more;
	}
}

/* Read once into the free room of the window. */
static void read_more(struct stream *s)
{
	u8 *to = s->window + s->len;
	const size_t room = s->capacity - s->len;
	const ssize_t n = read_some(s, to, room);
	if (n < 0)
		s->error = (int)n;
	if (n <= 0)
		s->at_end = true;
	else
		s->len += (size_t)n;
	if (n > 0 && s->digest)
		sha256_add(*s->digest, to, (size_t)n);
}

ssize_t stream_peek(struct stream *s, u64 offset, size_t bytes, const u8 **data)
{
	const u64 end = offset + bytes;
	assert(offset >= s->start && offset <= stream_bytes(s));
	check_bytes(s, offset);
	if (end > stream_bytes(s) && !s->at_end &&
	    (end - s->start > s->capacity || offset == stream_bytes(s)))
		move_window(s, offset, bytes);
	while (end > stream_bytes(s) && !s->at_end)
		read_more(s);
	*data = s->window + (offset - s->start);
	return s->error ? s->error : (ssize_t)(stream_bytes(s) - offset);
}

u64 stream_unread(const struct stream *s, u64 end)
{
	const u64 unread = end > stream_bytes(s) ? end - stream_bytes(s) : 0;
	return s->is_in_place && !s->digest && raw_input_can_skip(&s->source, unread) ? unread : 0;
}

int stream_skip(struct stream *s, u64 offset)
{
	const u64 unread = stream_unread(s, offset);
	if (unread && raw_input_skip(&s->source, unread)) {
		s->start = offset;
		s->len = 0;
	}
	while (offset > stream_bytes(s) && !s->at_end) {
		move_window(s, stream_bytes(s), 0);
		read_more(s);
		check_bytes(s, s->start);
	}
	check_bytes(s, min_u64(offset, stream_bytes(s)));
	return s->error ? s->error : offset > stream_bytes(s);
}

int stream_skip_zeros(struct stream *s, u64 *offset)
{
	for (;;) {
		const u8 *p;
		const ssize_t got = stream_peek(s, *offset, 1, &p);
		if (got <= 0)
			return (int)got;
		/* equal bytes that begin with zero; most often the whole window */
		const size_t n = (size_t)got;
		size_t i = !p[0] && !memcmp(p, p + 1, n - 1) ? n : 0;
		while (i < n && !p[i])
			i++;
		*offset += i;
		if (i < n)
			return 1;
	}
}

int stream_unpack_at(struct stream *s, u64 offset, enum packing packing, const char *name)
{
	assert(offset >= s->start && offset <= stream_bytes(s) && !s->unpacker);
	const size_t skip = (size_t)(offset - s->start);
	raw_input_push_back(&s->source, s->window + skip, s->len - skip);
	s->len = skip;
	s->at_end = false;
	if (s->digest && offset == 0) {
		/* bytes that were taken for plain ones are packed */
		u8 ignored[32];
		sha256_finish(*s->digest, ignored);
		*s->digest = sha256_new();
	}
	s->is_in_place = false;
	s->error = open_unpacker(s, packing, name);
	return s->error;
}

bool stream_end_part(struct stream *s)
{
	if (!s->unpacker)
		return false;
	s->unpacker->free(s->unpacker);
	s->unpacker = NULL;
	s->at_end = false;
	return true;
}

void stream_join_parts(struct stream *s)
{
	s->joins_parts = true;
	if (s->unpacker)
		s->at_end = false;
}

int stream_drain(struct stream *s, u64 offset)
{
	const int more = stream_skip_zeros(s, &offset);
	if (more <= 0)
		return more;
	check_bytes(s, stream_bytes(s));
	while (!s->at_end) {
		move_window(s, stream_bytes(s), 0);
		read_more(s);
		check_bytes(s, stream_bytes(s));
	}
	if (s->error)
		return s->error;
	warning_hint(HINT_ZEROS, "%s: %llu bytes behind the archive's end marker are ignored",
		     stream_name(s), (unsigned long long)(stream_bytes(s) - offset));
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
	s->is_whole = input->is_whole;
	s->is_in_place = true;
	s->window_bytes =
		raw_input_can_skip(&s->source, 1) ? FILE_WINDOW_BYTES : SOURCE_BLOCK_BYTES;
	s->window = xmalloc(s->window_bytes);
	s->capacity = s->window_bytes;
	return s;
}

void stream_close(struct stream *s)
{
	if (s->unpacker)
		s->unpacker->free(s->unpacker);
	raw_input_release(&s->source);
	xfree(s->window);
	xfree(s);
}
