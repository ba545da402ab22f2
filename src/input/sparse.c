/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sparse.h"
#include "number.h"

#include "base/mem.h"

#include <errno.h>

#define OLD_MAP_OFFSET 386u /* in a GNU header: four pairs of two 12-byte numbers */
#define OLD_EXTENDED_OFFSET 482u
#define EXT_PAIRS 21u /* in an extension header */
#define EXT_EXTENDED_OFFSET 504u

bool sparse_map_add(struct sparse_map *map, u64 offset, u64 bytes)
{
	if (map->nr == SPARSE_SEGMENTS_MAX)
		return false;
	map->segments =
		mem_grow(map->segments, &map->capacity, map->nr + 1, sizeof(*map->segments));
	map->segments[map->nr++] = (struct sparse_segment){ offset, bytes };
	return true;
}

static int bad_map(const struct member *m, const char *what)
{
	return member_fail(m, -EINVAL, "its sparse map %s", what);
}

static int too_many(const struct member *m)
{
	return member_fail(m, -E2BIG, "its sparse map has more than the %u segments allowed",
			   SPARSE_SEGMENTS_MAX);
}

/* Returns 0, 1 at the end of the list, or a negative errno. */
static int read_old_pairs(const u8 *p, u32 nr, struct member *m)
{
	for (u32 i = 0; i < nr; i++, p += 24) {
		s64 offset, bytes;
		if (!p[0])
			return 1;
		if (!number_tar_field(p, 12, &offset) || !number_tar_field(p + 12, 12, &bytes) ||
		    offset < 0 || bytes < 0)
			return bad_map(m, "has a field that is no number from 0 to 2^63-1");
		if (!sparse_map_add(&m->map, (u64)offset, (u64)bytes))
			return too_many(m);
	}
	return 0;
}

int sparse_read_old(struct stream *stream, const u8 *header, struct member *m, u64 *offset)
{
	int r = read_old_pairs(header + OLD_MAP_OFFSET, 4, m);
	bool more = header[OLD_EXTENDED_OFFSET];
	while (r >= 0 && more) {
		const u8 *p;
		const ssize_t got = stream_peek(stream, *offset, 512, &p);
		if (got < 0)
			return (int)got;
		if (got < 512)
			return bad_map(m, "is cut: the archive ends inside it");
		r = read_old_pairs(p, EXT_PAIRS, m);
		more = p[EXT_EXTENDED_OFFSET];
		*offset += 512;
	}
	return r < 0 ? r : 0;
}

int sparse_read_01(struct text text, struct member *m)
{
	u64 pair[2] = { 0 };
	u32 nr = 0;
	while (text.len) {
		const char *comma = memchr(text.bytes, ',', text.len);
		size_t n = comma ? (size_t)(comma - text.bytes) : text.len;
		if (!number_digits((const u8 *)text.bytes, n, 10, &pair[nr]) ||
		    pair[nr] > INT64_MAX)
			return bad_map(m, "has a field that is no number from 0 to 2^63-1");
		if (nr++) {
			nr = 0;
			if (!sparse_map_add(&m->map, pair[0], pair[1]))
				return too_many(m);
		}
		n += comma != NULL;
		text.bytes += n;
		text.len -= n;
		if (comma && !text.len)
			return bad_map(m, "ends with a comma");
	}
	return nr ? bad_map(m, "ends with half a pair") : 0;
}

/* A reader of decimal lines, one window of the stream at a time. */
struct lines {
	struct stream *stream;
	u64 offset, end;
	const struct member *member;
};

/* A line is short: 19 digits and a newline. */
#define LINE_BYTES 32u

static int next_line(struct lines *l, u64 *value)
{
	const u8 *p;
	const size_t want = (size_t)min_u64(LINE_BYTES, l->end - l->offset);
	const ssize_t got = stream_peek(l->stream, l->offset, want, &p);
	if (got < 0)
		return (int)got;
	const u8 *newline = memchr(p, '\n', min_u64((u64)got, want));
	if (!newline && (size_t)got < want)
		return bad_map(l->member, "is cut: the archive ends inside it");
	if (!newline || !number_digits(p, (size_t)(newline - p), 10, value) || *value > INT64_MAX)
		return bad_map(l->member, "has a line that is no number from 0 to 2^63-1");
	l->offset += (u64)(newline - p) + 1;
	return 0;
}

int sparse_read_10(struct stream *stream, u64 offset, u64 stored, struct member *m, u64 *map_bytes)
{
	struct lines l = { stream, offset, offset + stored, m };
	u64 nr = 0;
	int err = next_line(&l, &nr);
	if (!err && nr > SPARSE_SEGMENTS_MAX)
		return too_many(m);
	for (u64 i = 0; !err && i < nr; i++) {
		u64 file_off = 0, bytes = 0;
		err = next_line(&l, &file_off);
		if (!err)
			err = next_line(&l, &bytes);
		if (!err)
			sparse_map_add(&m->map, file_off, bytes);
	}
	if (err)
		return err;
	*map_bytes = align_up(l.offset - offset, 512);
	if (*map_bytes > stored)
		return bad_map(m, "is longer than the stored data");
	/* the data are looked at next: read the padding before them */
	const u8 *padding;
	const u64 bytes = offset + *map_bytes - l.offset;
	const ssize_t got = stream_peek(stream, l.offset, (size_t)bytes, &padding);
	if (got < 0)
		return (int)got;
	return (u64)got < bytes ? bad_map(m, "is cut: the archive ends inside it") : 0;
}

int sparse_read_solaris(struct text text, struct member *m)
{
	u64 begin = 0, end = 0;
	if (text.len && text.bytes[text.len - 1] == ' ')
		text.len--;
	for (bool is_hole = true; text.len; is_hole = !is_hole, begin = end) {
		const char *space = memchr(text.bytes + 1, ' ', text.len - 1);
		const size_t n = space ? (size_t)(space - text.bytes) : text.len;
		if (text.bytes[0] != ' ' ||
		    !number_digits((const u8 *)text.bytes + 1, n - 1, 10, &end) || end < begin)
			return bad_map(m, "is no list of ascending numbers, each behind a blank");
		if (!is_hole && !sparse_map_add(&m->map, begin, end - begin))
			return too_many(m);
		text.bytes += n;
		text.len -= n;
	}
	return end == m->size ? 0 : bad_map(m, "does not end with the size of the file");
}

int sparse_check(const struct member *m)
{
	u64 end = 0, sum = 0;
	for (size_t i = 0; i < m->map.nr; i++) {
		const struct sparse_segment *s = &m->map.segments[i];
		if (s->bytes == UINT64_MAX)
			return bad_map(m, "ends with half a pair");
		if (s->offset < end)
			return bad_map(m, "is not in ascending order");
		if (add_overflows(s->offset, s->bytes, &end) || end > m->size)
			return member_fail(
				m, -EINVAL,
				"its sparse map reaches beyond the file's size of %llu bytes",
				(unsigned long long)m->size);
		sum += s->bytes; /* cannot overflow: no two overlap, and all are within size */
	}
	if (sum != m->data_bytes)
		return member_fail(
			m, -EINVAL,
			"its sparse map holds %llu bytes, but %llu are stored in the archive",
			(unsigned long long)sum, (unsigned long long)m->data_bytes);
	return 0;
}
