/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tails are sorted so that similar ones share a pack: by codec, then by the suffix of the file's
 * name, then by the order of the tree. Packs are filled in that order. A tail that does not fit any
 * more waits for the next pack, and smaller tails up to LOOK_AHEAD behind it fill the rest.
 */
#include "model/pack_tails.h"

#include "base/mem.h"

#include <stdlib.h>

struct tail {
	u32 blob;
	u32 order; /* in the tree: makes the sort order total */
	const struct dentry *name;
	u8 codec_id;
	bool is_packed;
};

struct tails {
	struct tail *list;
	size_t nr, capacity;
};

/* ---- all tails ------------------------------------------------------------------------ */

static void add_tail(struct tails *tails, const struct inode *inode, u32 blob, u8 codec_id)
{
	tails->list = mem_grow(tails->list, &tails->capacity, tails->nr + 1, sizeof(*tails->list));
	tails->list[tails->nr] = (struct tail){
		.blob = blob,
		.order = u32_from_u64(tails->nr),
		.name = inode->names,
		.codec_id = codec_id,
	};
	tails->nr++;
}

/* Only the last piece of a file can be a tail. Files with equal tails share a blob: add it once. */
static void gather_tails(struct content *content, const struct tree *tree, struct tails *tails)
{
	u64 nr_inodes;
	const struct inode *const *inodes = tree_inodes(tree, &nr_inodes);
	bool *met = xzalloc(content->nr_blobs + 1);
	for (u64 i = 0; i < nr_inodes; i++) {
		if (!inode_is_file(inodes[i]) || !inodes[i]->nr)
			continue;
		const u32 blob = content_file_extents(content, inodes[i])[inodes[i]->nr - 1].blob;
		if (content->blobs[blob].place != BLOB_TAIL || met[blob])
			continue;
		met[blob] = true;
		add_tail(tails, inodes[i], blob, content->blobs[blob].codec_id);
	}
	xfree(met);
}

/* ---- their order --------------------------------------------------------------------- */

/* The bytes after the last dot of a name; a leading dot does not count. */
static size_t suffix_of(const struct dentry *d, const char **suffix)
{
	for (size_t i = d->name_len; i > 1; i--) {
		if (d->name[i - 1] != '.')
			continue;
		*suffix = d->name + i;
		return d->name_len - i;
	}
	*suffix = d->name;
	return 0;
}

static int compare_suffixes(const struct dentry *x, const struct dentry *y)
{
	const char *a, *b;
	const size_t a_len = suffix_of(x, &a), b_len = suffix_of(y, &b);
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_tails(const void *a, const void *b)
{
	const struct tail *x = a, *y = b;
	int order = x->codec_id - y->codec_id;
	if (!order)
		order = compare_suffixes(x->name, y->name);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* ---- packs ------------------------------------------------------------------------------ */

static u32 padded_bytes(const struct content *content, const struct tail *tail)
{
	return u32_from_u64(align_up(content->blobs[tail->blob].ram_bytes, BTRFS_SECTORSIZE));
}

/* Tails from which one pack is filled, its first one included. */
#define LOOK_AHEAD 64

/* Fill a pack with tails from @first on that fit into it; returns how many. */
static u32 fill_pack(const struct content *content, const struct tails *tails, size_t first,
		     u32 pack_bytes, u32 *blobs)
{
	u32 room = pack_bytes, nr = 0;
	for (size_t i = first; i < tails->nr && i < first + LOOK_AHEAD && room; i++) {
		struct tail *tail = &tails->list[i];
		if (tail->codec_id != tails->list[first].codec_id)
			break;
		if (tail->is_packed || padded_bytes(content, tail) > room)
			continue;
		tail->is_packed = true;
		blobs[nr++] = tail->blob;
		room -= padded_bytes(content, tail);
	}
	return nr;
}

int pack_tails(struct file_data *data, struct content *content, const struct tree *tree,
	       u32 pack_bytes)
{
	struct tails tails = { .nr = 0 };
	int err = 0;
	gather_tails(content, tree, &tails);
	if (tails.nr)
		qsort(tails.list, tails.nr, sizeof(*tails.list), compare_tails);
	for (size_t i = 0; i < tails.nr && !err; i++) {
		const struct codec_choice codec = codec_from_id(tails.list[i].codec_id);
		u32 blobs[PACK_MAX_BYTES / BTRFS_SECTORSIZE];
		if (!tails.list[i].is_packed)
			err = file_data_add_pack(data, &codec, blobs,
						 fill_pack(content, &tails, i, pack_bytes, blobs));
	}
	xfree(tails.list);
	return err ? err : file_data_flush(data);
}
