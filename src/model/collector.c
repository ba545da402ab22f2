/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A piece that equals a stored one gets a file extent only, no blob. Workers look for its key in
 * the dedupe table beforehand, so that they need not compress duplicates. Their result depends on
 * their speed; the decision here does not.
 */
#include "collector.h"

#include "block_hashes.h"

struct collector {
	const struct piece_rules *rules;
	struct content *content;
	u8 *data; /* PIECE_BYTES: the data of a blob that may be equal */
	/* for pieces with a known key that are no duplicates */
	struct codec_contexts contexts;
	u8 *out; /* PIECE_BYTES */
	u8 *sums;
	u8 *hashes;
};

struct collector *collector_new(const struct piece_rules *rules, struct content *content)
{
	struct collector *t = xzalloc(sizeof(*t));
	t->rules = rules;
	t->content = content;
	t->data = xaligned(PIECE_BYTES);
	t->out = xaligned(PIECE_BYTES);
	t->sums = xmalloc(PIECE_SECTORS * BTRFS_CSUM_SIZE);
	t->hashes = xmalloc(BLOCK_HASHES_MAX_BYTES);
	return t;
}

void collector_free(struct collector *t)
{
	if (!t)
		return;
	codec_contexts_release(&t->contexts);
	xfree(t->data);
	xfree(t->out);
	xfree(t->sums);
	xfree(t->hashes);
	xfree(t);
}

/* ---- equal pieces ----------------------------------------------------------------- */

static int is_equal(struct collector *t, const struct piece *p, const struct blob *b, bool *equal)
{
	*equal = b->codec_id == codec_choice_id(&p->storage.codec) &&
		 b->without_sums == p->storage.without_sums &&
		 (b->place == BLOB_TAIL) == p->may_pack &&
		 b->ram_bytes - b->ram_padding == p->bytes;
	if (!*equal)
		return 0;
	int err = content_unpack(t->content, b, t->data);
	*equal = !err && !memcmp(t->data, p->in, p->bytes);
	return err;
}

/* The blob that a piece equals, or NO_BLOB. */
static int find_equal(struct collector *t, const struct piece *p, u32 *blob)
{
	bool equal = false;
	int err = 0;
	*blob = NO_BLOB;
	if (!t->rules->dedupe || p->pack)
		return 0;
	for (size_t at = 0; !err && !equal;) {
		*blob = dedupe_next(t->rules->dedupe, p->key, &at);
		if (*blob == NO_BLOB)
			break;
		err = is_equal(t, p, &t->content->blobs[*blob], &equal);
	}
	return err;
}

/* ---- new blobs ------------------------------------------------------------------------- */

/* Whether the archive holds all bytes of a plain piece, except the zeros that pad it. */
static bool is_in_archive(const struct collector *t, const struct piece *p)
{
	const struct origin *o = &p->origin;
	return o->store_nr != CONTENT_DATA_SPOOL && p->stored == p->in &&
	       p->origin_bytes == p->bytes &&
	       o->offset + p->bytes <= spool_size(t->content->stores[o->store_nr]);
}

static int place_bytes(struct collector *t, const struct piece *p, struct blob *b)
{
	struct spool *spool = p->place == BLOB_INLINE ? t->content->small_spool
						      : t->content->stores[CONTENT_DATA_SPOOL];
	if (p->place != BLOB_INLINE && is_in_archive(t, p)) {
		b->store_nr = p->origin.store_nr;
		b->store_off = p->origin.offset;
		b->store_padding = u16_from_u64(p->stored_bytes - p->bytes);
		return 0;
	}
	b->store_off = spool_size(spool);
	return spool_append(spool, p->stored, p->stored_bytes);
}

static int add_blob(struct collector *t, const struct piece *p, u32 *index)
{
	const u32 ram_bytes = p->place == BLOB_EXTENT ? p->padded : p->bytes;
	struct blob *b = content_add_blob(t->content);
	*b = (struct blob){
		.stored_bytes = p->stored_bytes,
		.ram_bytes = ram_bytes,
		.ram_padding = u16_from_u64(ram_bytes - p->bytes),
		.codec_id = codec_choice_id(&p->storage.codec),
		.compression = p->compression,
		.place = (u8)p->place,
		.without_sums = p->storage.without_sums,
	};
	memcpy(b->hash, p->hash, sizeof(b->hash));
	if (!blobs_stored_alike(b, t->content->blobs))
		t->content->is_mixed = true;
	*index = u32_from_u64((u64)(b - t->content->blobs));
	int err = place_bytes(t, p, b);
	if (!err && p->sums) {
		b->sums_off = spool_size(t->content->small_spool);
		err = spool_append(t->content->small_spool, p->sums, piece_sums_bytes(t->rules, p));
	}
	return err;
}

static int store_piece(struct collector *t, struct piece *p, u32 *blob)
{
	const struct piece_room room = { t->out, t->sums, t->hashes };
	if (p->seen_key) /* the worker did not compress it, but it is no duplicate */
		piece_store(t->rules, &t->contexts, p, &room);
	int err = add_blob(t, p, blob);
	if (!err && p->hashes)
		err = block_hashes_add(t->content->block_hashes, *blob, p->storage.verity,
				       p->hashes, piece_nr_blocks(p));
	if (!err && t->rules->dedupe && p->place != BLOB_INLINE && !p->pack)
		dedupe_add(t->rules->dedupe, p->key, *blob);
	return err;
}

/* The data of the tails are in @blob now, a pack. */
static void set_packed(struct collector *t, const struct pack *pack, u32 blob)
{
	u32 sector = 0;
	for (u32 i = 0; i < pack->nr; i++) {
		struct blob *tail = &t->content->blobs[pack->tails[i]];
		assert(tail->place == BLOB_TAIL);
		tail->place = BLOB_PACKED;
		tail->pack = blob;
		tail->pack_sector = u8_from_u64(sector);
		sector += u32_from_u64(align_up(tail->ram_bytes, BTRFS_SECTORSIZE)) /
			  BTRFS_SECTORSIZE;
	}
}

int collect(void *context, struct piece *p)
{
	struct collector *t = context;
	u32 blob = NO_BLOB;
	if (p->error)
		return spool_read_failed(t->content->stores[p->origin.store_nr], p->origin.offset,
					 p->error);
	int err = p->place == BLOB_INLINE ? 0 : find_equal(t, p, &blob);
	if (!err && blob == NO_BLOB)
		err = store_piece(t, p, &blob);
	if (err)
		return err;
	if (p->pack) {
		set_packed(t, p->pack, blob);
		return 0;
	}
	const struct file_extent extent = {
		.file_off = p->file_off,
		.blob = blob,
		.nr_sectors = u16_from_u64(p->padded / BTRFS_SECTORSIZE),
	};
	content_add_file_extent(t->content, p->inode, &extent);
	return 0;
}
