/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/content.h"

#include "base/diag.h"
#include "block_hashes.h"

int content_new(const char *spool_dir, struct content **content)
{
	struct content *c = xzalloc(sizeof(*c));
	c->spool_dir = spool_dir;
	c->block_hashes = block_hashes_new(spool_dir);
	c->file_extents = mem_grow(NULL, &c->file_extents_capacity, 1, sizeof(*c->file_extents));
	int err = spool_new(spool_dir, &c->stores[CONTENT_DATA_SPOOL]);
	c->nr_stores = 1;
	if (!err)
		err = spool_new(spool_dir, &c->small_spool);
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
	for (u32 i = 0; i < content->nr_stores; i++)
		spool_free(content->stores[i]);
	spool_free(content->small_spool);
	xfree(content->file_extents);
	xfree(content->blobs);
	arena_free(&content->hashes);
	block_hashes_free(content->block_hashes);
	xfree(content);
}

u16 content_add_archive(struct content *content, int fd, const char *name)
{
	if (content->nr_stores == CONTENT_MAX_STORES)
		return CONTENT_DATA_SPOOL;
	struct spool *archive = spool_over(fd, name);
	if (!archive)
		return CONTENT_DATA_SPOOL;
	content->stores[content->nr_stores] = archive;
	return u16_from_u64(content->nr_stores++);
}

int content_check_archives(const struct content *content)
{
	int err = 0;
	for (u32 i = CONTENT_DATA_SPOOL + 1; i < content->nr_stores && !err; i++)
		err = spool_check(content->stores[i]);
	return err;
}

int content_flush(const struct content *content)
{
	int err = spool_flush(content->stores[CONTENT_DATA_SPOOL]);
	return err ? err : spool_flush(content->small_spool);
}

struct blob *content_add_blob(struct content *content)
{
	assert(content->phase == CONTENT_OPEN);
	content->blobs = mem_grow(content->blobs, &content->blobs_capacity, content->nr_blobs + 1,
				  sizeof(*content->blobs));
	struct blob *blob = &content->blobs[content->nr_blobs++];
	*blob = (struct blob){ .place = BLOB_EXTENT };
	return blob;
}

void content_add_file_extent(struct content *content, struct inode *inode,
			     const struct file_extent *extent)
{
	const size_t nr = content->nr_file_extents;
	assert(content->phase == CONTENT_OPEN);
	content->file_extents = mem_grow(content->file_extents, &content->file_extents_capacity,
					 nr + 1, sizeof(*content->file_extents));
	if (!inode->nr)
		inode->first_extent = nr;
	assert(inode->first_extent + inode->nr == nr);
	content->file_extents[nr] = *extent;
	content->nr_file_extents++;
	inode->nr++;
}

void content_use_seed(struct blob *blob, u64 logical, u32 offset, u32 extent_bytes)
{
	assert(blob->place == BLOB_EXTENT);
	blob->place = BLOB_ON_SEED;
	blob->logical = logical;
	blob->extent_offset_sectors = u16_from_u64(offset / BTRFS_SECTORSIZE);
	blob->extent_sectors = u16_from_u64(extent_bytes / BTRFS_SECTORSIZE);
}

int content_read_stored(const struct content *content, const struct blob *blob, u8 *buf, u32 bytes)
{
	const u32 kept = (u32)min_u64(bytes, blob->stored_bytes - blob->store_padding);
	struct spool *store =
		blob->place == BLOB_INLINE ? content->small_spool : content->stores[blob->store_nr];
	assert(bytes <= blob->stored_bytes && blob->place != BLOB_PACKED);
	memset(buf + kept, 0, bytes - kept);
	return spool_read(store, blob->store_off, buf, kept);
}

int content_unpack(const struct content *content, const struct blob *blob, u8 *data)
{
	u8 *stored = blob->compression ? xmalloc(blob->stored_bytes) : data;
	size_t n = blob->ram_bytes;
	int err = content_read_stored(content, blob, stored, blob->stored_bytes);
	if (!err && blob->compression) {
		n = codec_of_type(blob->compression)
			    ->decompress(NULL, stored, blob->stored_bytes, data, n);
		if (!n)
			err = fail(-EIO, "the spool in '%s' returns damaged data",
				   content->spool_dir);
		memset(data + n, 0, blob->ram_bytes - n);
	}
	if (stored != data)
		xfree(stored);
	return err;
}

void content_copy_extents(struct content *content, struct inode *inode, bool share)
{
	const u64 first = inode->first_extent;
	const u32 nr = inode->nr;
	inode->nr = 0;
	for (u32 i = 0; i < nr; i++) {
		struct file_extent extent = content->file_extents[first + i];
		const struct blob blob = *content_blob(content, &extent);
		if (!share || blob.place == BLOB_INLINE) {
			struct blob *copy = content_add_blob(content);
			*copy = blob;
			extent.blob = u32_from_u64((u64)(copy - content->blobs));
		}
		content_add_file_extent(content, inode, &extent);
	}
}

/* All blobs of a file were stored in one way. */
bool content_is_stored_as(const struct content *content, const struct inode *inode,
			  const struct storage *storage)
{
	const struct blob *b = content->is_mixed
				       ? content_blob(content, content_file_extents(content, inode))
				       : content->blobs;
	return b->without_sums == storage->without_sums &&
	       b->codec_id == codec_choice_id(&storage->codec);
}

static bool blobs_equal(const struct blob *x, const struct blob *y)
{
	return x == y || (x->place == y->place && x->stored_bytes == y->stored_bytes &&
			  x->ram_bytes == y->ram_bytes && x->compression == y->compression &&
			  memcmp(x->hash, y->hash, sizeof(x->hash)) == 0);
}

static bool extents_equal(const struct content *content, const struct inode *a,
			  const struct inode *b)
{
	const struct file_extent *x = content_file_extents(content, a);
	const struct file_extent *y = content_file_extents(content, b);
	for (u32 i = 0; i < a->nr; i++, x++, y++)
		if (x->file_off != y->file_off ||
		    !blobs_equal(content_blob(content, x), content_blob(content, y)))
			return false;
	return true;
}

/* A walk over a file's data, sector by sector, that does not depend on their storage. */
struct sectors {
	const struct content *content;
	const struct inode *inode;
	u32 next_extent;
	u8 *data; /* of the file extent before it */
	u64 file_off;
	u32 at, bytes; /* in data */
};

/* Go to the next sector; at the end 0 with @found false; or a negative errno after printing. */
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
	const struct file_extent *e = content_file_extents(s->content, s->inode) + s->next_extent++;
	const struct blob *blob = content_blob(s->content, e);
	xfree(s->data);
	s->data = xzalloc(align_up(blob->ram_bytes, BTRFS_SECTORSIZE));
	s->file_off = e->file_off;
	s->at = 0;
	s->bytes = blob->ram_bytes;
	return content_unpack(s->content, blob, s->data);
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
	const struct blob *x = content_blob(content, content_file_extents(content, a));
	const struct blob *y = content_blob(content, content_file_extents(content, b));
	if (blobs_stored_alike(x, y)) {
		*equal = a->nr == b->nr && extents_equal(content, a, b);
		return 0;
	}
	struct sectors of_a = { .content = content, .inode = a };
	struct sectors of_b = { .content = content, .inode = b };
	int err = sectors_equal(&of_a, &of_b, equal);
	xfree(of_a.data);
	xfree(of_b.data);
	return err;
}
