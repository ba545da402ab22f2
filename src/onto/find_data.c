/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data that the seed has already. Its files are cut into pieces as the model cuts files: whole
 * compressed extents, and parts of plain ones that end at multiples of 128 KiB of a file. Pieces are
 * found by the checksums of their sectors, and then compared.
 */
#include "stack_private.h"

#include "base/diag.h"
#include "base/mem.h"
#include "disk/checksum.h"
#include "read/subvolume.h"

#include <stdlib.h>

#define PIECE_BYTES BTRFS_MAX_COMPRESSED
#define PIECE_SUMS_BYTES (PIECE_BYTES / BTRFS_SECTORSIZE * BTRFS_CSUM_SIZE)

/* Pieces with the same checksums that are compared with a blob: more are somebody's malice. */
#define MOST_COMPARED 8

struct seed_piece {
	u64 key; /* of its checksums */
	u64 logical;
	u32 bytes;
	u32 offset, extent_bytes; /* of its extent */
	u32 ram_bytes;            /* of it, if compressed */
	u8 compression;
};

struct data_finder {
	struct stack *stack;
	u32 sum_bytes;
	struct seed_piece *pieces; /* by key, then by address */
	size_t nr, capacity;
	size_t nr_sorted; /* when they were sorted last */
	u8 *sums;         /* PIECE_SUMS_BYTES */
	u8 *blob_sums;
	u8 *data, *blob_data; /* PIECE_BYTES */
	struct data_tally seed, image, found;
};

/* ---- the seed's pieces ------------------------------------------------------------- */

/* The sums of one item from @logical on; 0 if it has none there. */
static u32 take_sums(const struct data_finder *f, const struct stack_tree *tree, u64 logical,
		     u32 sectors, u8 *out)
{
	const struct raw_tree *raw = &tree->raw;
	for (u32 i = raw_tree_nr_items(raw); i-- > 0;) {
		const struct btrfs_key key = raw_tree_key(raw, i);
		u32 bytes;
		const u8 *item = raw_tree_item(raw, i, &bytes);
		const u64 nr = bytes / f->sum_bytes;
		if (key.type != BTRFS_EXTENT_CSUM_KEY || key.offset > logical)
			continue;
		const u64 skip = (logical - key.offset) / BTRFS_SECTORSIZE;
		if (skip >= nr)
			return 0;
		const u32 take = (u32)min_u64(nr - skip, sectors);
		memcpy(out, item + skip * f->sum_bytes, (size_t)take * f->sum_bytes);
		return take;
	}
	return 0;
}

/* The sums of @bytes of data. Returns 1, 0 if the seed lacks any, or a negative errno after printing. */
static int find_sums(struct data_finder *f, u64 logical, u32 bytes, u8 *out)
{
	struct stack_tree *tree;
	int err = stack_trees_find(f->stack, BTRFS_CSUM_TREE_OBJECTID, &tree);
	if (err || !tree->exists)
		return err;
	for (u32 sectors = bytes / BTRFS_SECTORSIZE, n; sectors; sectors -= n) {
		const struct btrfs_key key = { BTRFS_EXTENT_CSUM_OBJECTID, BTRFS_EXTENT_CSUM_KEY,
					       logical };
		err = raw_tree_load(&tree->raw, raw_tree_find(&tree->raw, &key));
		if (err)
			return err;
		n = take_sums(f, tree, logical, sectors, out);
		if (!n)
			return 0;
		logical += (u64)n * BTRFS_SECTORSIZE;
		out += (size_t)n * f->sum_bytes;
	}
	return 1;
}

static u64 key_of_sums(const struct data_finder *f, const u8 *sums, u32 bytes)
{
	return keyed_hash64(bytes, sums, (size_t)(bytes / BTRFS_SECTORSIZE) * f->sum_bytes);
}

static int add_piece(struct data_finder *f, const struct seed_piece *piece)
{
	const struct seed_piece *last = f->nr ? &f->pieces[f->nr - 1] : NULL;
	/* Files that share a pack follow each other. */
	if (last && last->logical == piece->logical && last->bytes == piece->bytes &&
	    last->compression == piece->compression)
		return 0;
	int found = find_sums(f, piece->logical, piece->bytes, f->sums);
	if (found < 0)
		return found;
	data_tally_add(&f->seed, piece->compression, !found, piece->bytes);
	if (!found)
		return 0;
	f->pieces = mem_grow(f->pieces, &f->capacity, f->nr + 1, sizeof(*f->pieces));
	f->pieces[f->nr] = *piece;
	f->pieces[f->nr++].key = key_of_sums(f, f->sums, piece->bytes);
	return 0;
}

static int add_plain_pieces(struct data_finder *f, const struct btrfs_file_extent_item *item,
			    u64 file_off)
{
	const u64 skip = from_le64(item->offset), bytes = from_le64(item->num_bytes);
	struct seed_piece piece = {
		.logical = from_le64(item->disk_bytenr),
		.bytes = (u32)from_le64(item->disk_num_bytes),
		.extent_bytes = (u32)from_le64(item->disk_num_bytes),
	};
	int err = piece.bytes <= PIECE_BYTES ? add_piece(f, &piece) : 0; /* it may be a pack */
	for (u64 done = 0; done < bytes && !err; done += piece.bytes) {
		const u64 end = align_down(file_off + done, PIECE_BYTES) + PIECE_BYTES;
		piece.bytes = (u32)min_u64(end - (file_off + done), bytes - done);
		piece.offset = (u32)(skip + done);
		piece.logical = from_le64(item->disk_bytenr) + piece.offset;
		err = add_piece(f, &piece);
	}
	return err;
}

static bool may_be_shared(const struct btrfs_file_extent_item *item, u64 file_off)
{
	const u64 all = from_le64(item->disk_bytenr) | from_le64(item->disk_num_bytes) |
			from_le64(item->offset) | from_le64(item->num_bytes) | file_off;
	const u64 bytes = from_le64(item->disk_num_bytes);
	u64 end;
	if (all % BTRFS_SECTORSIZE || !bytes || bytes > CONTENT_SEED_EXTENT_MAX ||
	    file_off > INT64_MAX)
		return false;
	if (item->head.compression)
		return item->head.compression <= BTRFS_COMPRESS_ZSTD && bytes <= PIECE_BYTES &&
		       from_le64(item->head.ram_bytes) <= PIECE_BYTES;
	return !add_overflows(from_le64(item->offset), from_le64(item->num_bytes), &end) &&
	       end <= bytes;
}

/* What is strange is not shared. */
static int add_file_extent(struct data_finder *f, u64 file_off, const void *bytes, u32 nr)
{
	const struct btrfs_file_extent_item *item = bytes;
	if (nr != sizeof(*item) || item->head.type != BTRFS_FILE_EXTENT_REG ||
	    item->head.encryption || from_le16(item->head.other_encoding) ||
	    !from_le64(item->disk_bytenr) || !may_be_shared(item, file_off))
		return 0;
	if (!item->head.compression)
		return add_plain_pieces(f, item, file_off);
	const struct seed_piece piece = {
		.logical = from_le64(item->disk_bytenr),
		.bytes = (u32)from_le64(item->disk_num_bytes),
		.extent_bytes = (u32)from_le64(item->disk_num_bytes),
		.ram_bytes = (u32)from_le64(item->head.ram_bytes),
		.compression = item->head.compression,
	};
	return add_piece(f, &piece);
}

static int add_tree_pieces(struct data_finder *f, u64 id)
{
	struct stack_tree *tree;
	int err = stack_trees_find(f->stack, id, &tree);
	for (size_t leaf = 0; !err && tree->exists && leaf < tree->raw.nr_leaves; leaf++) {
		err = raw_tree_load(&tree->raw, leaf);
		for (u32 i = 0; !err && i < raw_tree_nr_items(&tree->raw); i++) {
			const struct btrfs_key key = raw_tree_key(&tree->raw, i);
			u32 bytes;
			const void *item = raw_tree_item(&tree->raw, i, &bytes);
			if (key.type == BTRFS_EXTENT_DATA_KEY)
				err = add_file_extent(f, key.offset, item, bytes);
		}
	}
	return err;
}

static int compare_pieces(const void *a, const void *b)
{
	const struct seed_piece *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->logical != y->logical)
		return x->logical < y->logical ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->compression < y->compression ? -1 : x->compression > y->compression;
}

/* Snapshots have the same pieces again: memory is for different ones. */
static void sort_pieces(struct data_finder *f)
{
	size_t nr = 0;
	if (f->nr)
		qsort(f->pieces, f->nr, sizeof(*f->pieces), compare_pieces);
	for (size_t i = 0; i < f->nr; i++)
		if (!nr || compare_pieces(&f->pieces[nr - 1], &f->pieces[i]))
			f->pieces[nr++] = f->pieces[i];
	f->nr = f->nr_sorted = nr;
}

static int add_all_pieces(struct data_finder *f)
{
	u64 id = 0;
	int more = 1, err = 0;
	while (!err && (more = subvolume_next(f->stack->seed.fs, &id)) > 0) {
		err = add_tree_pieces(f, id);
		if (f->nr / 2 > f->nr_sorted)
			sort_pieces(f);
	}
	sort_pieces(f);
	return more < 0 ? more : err;
}

/* ---- blobs ------------------------------------------------------------------------- */

static size_t first_piece(const struct data_finder *f, u64 key)
{
	size_t low = 0, high = f->nr;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (f->pieces[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether a piece may stand for a blob. Returns 1, 0, or a negative errno after printing. */
static int is_same_data(struct data_finder *f, const struct seed_piece *p, const struct blob *b)
{
	const u32 sums = b->stored_bytes / BTRFS_SECTORSIZE * f->sum_bytes;
	if (p->bytes != b->stored_bytes || p->compression != b->compression ||
	    (p->compression && p->ram_bytes != b->ram_bytes))
		return 0;
	int found = find_sums(f, p->logical, p->bytes, f->sums);
	if (found <= 0)
		return found;
	return !memcmp(f->sums, f->blob_sums, sums) &&
	       filesystem_read_data(f->stack->seed.fs, p->logical, f->data, p->bytes) &&
	       !memcmp(f->data, f->blob_data, p->bytes);
}

static int find_blob(struct data_finder *f, const struct content *content, struct blob *b)
{
	const u32 sums = b->stored_bytes / BTRFS_SECTORSIZE * f->sum_bytes;
	int err = spool_read(content->small_spool, b->sums_off, f->blob_sums, sums);
	if (err)
		return err;
	const u64 key = key_of_sums(f, f->blob_sums, b->stored_bytes);
	const size_t first = first_piece(f, key);
	if (first == f->nr)
		return 0;
	assert(f->pieces);
	if (f->pieces[first].key != key)
		return 0;
	err = content_read_stored(content, b, f->blob_data, b->stored_bytes);
	int equal = 0;
	for (size_t i = first;
	     !err && !equal && i < f->nr && i < first + MOST_COMPARED && f->pieces[i].key == key;
	     i++) {
		const struct seed_piece *p = &f->pieces[i];
		equal = is_same_data(f, p, b);
		if (equal < 0)
			err = equal;
		else if (equal)
			content_use_seed(b, p->logical, p->offset, p->extent_bytes);
	}
	return err;
}

static int find_blobs(struct data_finder *f, struct content *content)
{
	int err = 0;
	for (size_t i = 0; i < content->nr_blobs && !err; i++) {
		struct blob *b = &content->blobs[i];
		if (b->place != BLOB_EXTENT)
			continue;
		data_tally_add(&f->image, b->compression, b->without_sums, b->stored_bytes);
		if (!b->without_sums)
			err = find_blob(f, content, b);
		if (b->place == BLOB_ON_SEED)
			data_tally_add(&f->found, b->compression, false, b->stored_bytes);
	}
	return err;
}

int stack_find_data(struct stack *stack, struct content *content)
{
	struct data_finder f = {
		.stack = stack,
		.sum_bytes =
			checksum_size((enum btrfs_csum_type)from_le16(stack->seed.super.csum_type)),
		.sums = xmalloc(PIECE_SUMS_BYTES),
		.blob_sums = xmalloc(PIECE_SUMS_BYTES),
		.data = xmalloc(PIECE_BYTES),
		.blob_data = xmalloc(PIECE_BYTES),
	};
	int err = add_all_pieces(&f);
	if (!err)
		err = find_blobs(&f, content);
	if (!err)
		data_tally_judge(&f.seed, &f.image, &f.found);
	xfree(f.pieces);
	xfree(f.sums);
	xfree(f.blob_sums);
	xfree(f.data);
	xfree(f.blob_data);
	return err;
}
