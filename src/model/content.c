/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/content.h"

#include "base/diag.h"

int content_new(const char *spool_dir, struct content **content)
{
	struct content *c = xzalloc(sizeof(*c));
	c->spool_dir = spool_dir;
	int err = spool_new(spool_dir, &c->sources[CONTENT_SPOOL]);
	c->nr_sources = 1;
	if (!err)
		err = spool_new(spool_dir, &c->aux);
	if (err) {
		content_free(c);
		return err;
	}
	*content = c;
	return 0;
}

void content_free(struct content *content)
{
	if (!content)
		return;
	for (u32 i = 0; i < content->nr_sources; i++)
		spool_free(content->sources[i]);
	spool_free(content->aux);
	xfree(content->extents);
	arena_free(&content->hashes);
	xfree(content);
}

u16 content_add_archive(struct content *content, int fd, const char *name)
{
	if (content->nr_sources == CONTENT_MAX_SOURCES)
		return CONTENT_SPOOL;
	struct spool *archive = spool_over(fd, name);
	if (!archive)
		return CONTENT_SPOOL;
	content->sources[content->nr_sources] = archive;
	return u16_from_u64(content->nr_sources++);
}

int content_check_archives(const struct content *content)
{
	int err = 0;
	for (u32 i = CONTENT_SPOOL + 1; i < content->nr_sources && !err; i++)
		err = spool_check(content->sources[i]);
	return err;
}

int content_read(const struct content *content, const struct extent *extent, void *buf)
{
	u32 bytes = extent->stored_bytes - extent->padding;
	memset((u8 *)buf + bytes, 0, extent->padding);
	return spool_read(content->sources[extent->source], extent->spool_off, buf, bytes);
}

static const struct codec *codec_of(const struct extent *extent)
{
	const struct codec *const *codec = codec_table;
	while ((u8)(*codec)->type != extent->compression) {
		codec++;
		assert(*codec);
	}
	return *codec;
}

int content_unpack(const struct content *content, const struct extent *extent, u8 *data)
{
	u8 *stored = extent->compression ? xmalloc(extent->stored_bytes) : data;
	size_t n = extent->ram_bytes;
	int err = extent->is_inline ? spool_read(content->aux, extent->spool_off, stored,
						 extent->stored_bytes)
				    : content_read(content, extent, stored);
	if (!err && extent->compression) {
		n = codec_of(extent)->decompress(stored, extent->stored_bytes, data, n);
		if (!n)
			err = fail(-EIO, "the spool in '%s' returns damaged data",
				   content->spool_dir);
		memset(data + n, 0, extent->ram_bytes - n);
	}
	if (stored != data)
		xfree(stored);
	return err;
}

static const struct extent *first_extent(const struct content *content, const struct inode *inode)
{
	return content->extents + inode->first_extent;
}

void content_copy_extents(struct content *content, struct inode *inode)
{
	if (!inode->nr)
		return;
	content->extents = mem_grow(content->extents, &content->extents_capacity,
				    content->nr_extents + inode->nr, sizeof(*content->extents));
	memcpy(content->extents + content->nr_extents, first_extent(content, inode),
	       inode->nr * sizeof(*content->extents));
	inode->first_extent = content->nr_extents;
	content->nr_extents += inode->nr;
}

/* All extents of a file are stored in one way. */
bool content_is_stored_as(const struct content *content, const struct inode *inode,
			  const struct storage *storage)
{
	const struct extent *e = first_extent(content, inode);
	return e->without_sums == storage->without_sums &&
	       e->codec_id == codec_choice_id(&storage->codec);
}

static bool extents_equal(const struct extent *x, const struct extent *y, u32 nr)
{
	for (u32 i = 0; i < nr; i++, x++, y++)
		if (x->file_off != y->file_off || x->stored_bytes != y->stored_bytes ||
		    x->ram_bytes != y->ram_bytes || x->compression != y->compression ||
		    x->is_inline != y->is_inline || memcmp(x->hash, y->hash, sizeof(x->hash)) != 0)
			return false;
	return true;
}

/* A file's data sector by sector, whatever way they are stored in. */
struct sectors {
	const struct content *content;
	const struct inode *inode;
	u32 next_extent;
	u8 *data; /* of the extent before */
	u64 file_off;
	u32 at, bytes; /* in data */
};

/* Go to the next sector; 0 and @found false at the end, or negative errno after printing. */
static int next_sector(struct sectors *s, bool *found)
{
	*found = true;
	if (s->at + BTRFS_SECTORSIZE < s->bytes) {
		s->at += BTRFS_SECTORSIZE;
		return 0;
	}
	*found = s->next_extent < s->inode->nr;
	if (!*found)
		return 0;
	const struct extent *e = first_extent(s->content, s->inode) + s->next_extent++;
	xfree(s->data);
	s->data = xzalloc(align_up(e->ram_bytes, BTRFS_SECTORSIZE));
	s->file_off = e->file_off;
	s->at = 0;
	s->bytes = e->ram_bytes;
	return content_unpack(s->content, e, s->data);
}

static int sectors_equal(struct sectors *x, struct sectors *y, bool *equal)
{
	bool in_x, in_y;
	do {
		int err = next_sector(x, &in_x);
		if (!err)
			err = next_sector(y, &in_y);
		if (err)
			return err;
		*equal = in_x == in_y && (!in_x || (x->file_off + x->at == y->file_off + y->at &&
						    memcmp(x->data + x->at, y->data + y->at,
							   BTRFS_SECTORSIZE) == 0));
	} while (*equal && in_x);
	return 0;
}

int content_equal(const struct content *content, const struct inode *a, const struct inode *b,
		  bool *equal)
{
	*equal = a->size == b->size && !a->nr == !b->nr;
	if (!*equal || !a->nr)
		return 0;
	const struct extent *x = first_extent(content, a), *y = first_extent(content, b);
	if (x->codec_id == y->codec_id && x->without_sums == y->without_sums) {
		*equal = a->nr == b->nr && extents_equal(x, y, a->nr);
		return 0;
	}
	struct sectors of_a = { .content = content, .inode = a };
	struct sectors of_b = { .content = content, .inode = b };
	int err = sectors_equal(&of_a, &of_b, equal);
	xfree(of_a.data);
	xfree(of_b.data);
	return err;
}
