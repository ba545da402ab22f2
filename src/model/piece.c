/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work on a piece. How it is stored depends on its own bytes, its place in its file and
 * its storage alone.
 */
#include "piece.h"

#include "disk/checksum.h"

static void set_stored(struct piece *p, enum blob_place place, const u8 *stored, u32 bytes)
{
	p->place = place;
	p->stored = stored;
	p->stored_bytes = bytes;
}

static bool store_inline(const struct piece_rules *rules, void *context, struct piece *p, u8 *out)
{
	const struct codec *codec = p->storage.codec.codec;
	u32 limit = btrfs_max_inline_stored(rules->nodesize);
	u32 most = p->bytes - 1 < limit ? p->bytes - 1 : limit;
	size_t n = codec && most ? codec->compress(context, p->in, p->bytes, out, most) : 0;
	if (n) {
		p->compression = u8_from_u64(codec->type);
		set_stored(p, BLOB_INLINE, out, (u32)n);
	} else if (p->bytes < BTRFS_SECTORSIZE && p->bytes <= limit) {
		set_stored(p, BLOB_INLINE, p->in, p->bytes);
	}
	return p->place == BLOB_INLINE;
}

static void store_extent(void *context, struct piece *p, u8 *out)
{
	const struct codec *codec = p->storage.codec.codec;
	u32 most = p->padded - BTRFS_SECTORSIZE; /* else it saves no sector */
	size_t n = 0;
	if (codec && most)
		n = codec->compress(context, p->in, p->bytes, out, most);
	if (!n) {
		set_stored(p, BLOB_EXTENT, p->in, p->padded);
		return;
	}
	p->compression = u8_from_u64(codec->type);
	set_stored(p, BLOB_EXTENT, out, u32_from_u64(align_up(n, BTRFS_SECTORSIZE)));
	memset(out + n, 0, p->stored_bytes - n);
}

static void add_sums(const struct piece_rules *rules, struct piece *p, u8 *sums)
{
	if (p->storage.without_sums)
		return;
	p->sums = sums;
	checksum_sectors(rules->csum, p->stored, p->stored_bytes / BTRFS_SECTORSIZE, sums);
}

void piece_store(const struct piece_rules *rules, struct codec_contexts *contexts, struct piece *p,
		 u8 *out, u8 *sums)
{
	if (p->may_pack) {
		set_stored(p, BLOB_TAIL, p->in, p->bytes);
	} else {
		store_extent(codec_contexts_get(contexts, &p->storage.codec), p, out);
		add_sums(rules, p, sums);
	}
	hash128(p->stored, p->stored_bytes, p->hash);
}

/* Pieces that are stored in different ways are different pieces. */
static u32 variant(const struct piece *p)
{
	return (u32)codec_choice_id(&p->storage.codec) << 2 | (u32)p->storage.without_sums << 1 |
	       p->may_pack;
}

void piece_work(const struct piece_rules *rules, struct codec_contexts *contexts, struct piece *p,
		u8 *out, u8 *sums)
{
	if (p->may_inline &&
	    store_inline(rules, codec_contexts_get(contexts, &p->storage.codec), p, out)) {
		hash128(p->stored, p->stored_bytes, p->hash);
		return;
	}
	if (rules->dedupe && !p->pack) {
		p->key = dedupe_key(rules->dedupe, variant(p), p->in, p->bytes);
		p->is_known = dedupe_has(rules->dedupe, p->key);
	}
	if (!p->is_known)
		piece_store(rules, contexts, p, out, sums);
}
