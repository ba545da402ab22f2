/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conductor: plan (sizes, addresses), identify, write. */
#include "image/image.h"

#include "base/diag.h"
#include "disk/checksum.h"
#include "emit.h"
#include "identity.h"
#include "sizing.h"
#include "superblock.h"
#include "trees.h"

#include <pthread.h>
#include <unistd.h>

struct image {
	struct blueprint bp;
};

int image_plan(const struct image_options *options, const struct tree *tree,
	       struct content *content, struct image **image)
{
	struct image *img = xzalloc(sizeof(*img));
	struct blueprint *bp = &img->bp;
	bp->options = *options;
	bp->tree = tree;
	bp->content = content;
	int err = sizing_settle(bp);
	if (err) {
		image_free(img);
		return err;
	}
	*image = img;
	return 0;
}

void image_free(struct image *image)
{
	if (!image)
		return;
	blueprint_release(&image->bp);
	xfree(image);
}

u64 image_bytes(const struct image *image)
{
	return image->bp.total_bytes;
}

const u8 *image_fsid(const struct image *image)
{
	return image->bp.ids.block.fsid;
}

/* ---- writing ------------------------------------------------------------------------------ */

struct writing {
	const struct blueprint *bp;
	const struct image_output *output;
	struct emit *emit;
	struct spool *blocks; /* DUP: all tree blocks, to be written twice */
};

static int put_block(void *context, u64 logical, u8 *block)
{
	struct writing *w = context;
	u32 nodesize = w->bp->options.nodesize;
	seal_block(w->bp->options.csum, block, nodesize);
	if (w->blocks)
		return spool_append(w->blocks, block, nodesize);
	int err = emit_at(w->emit, logical);
	return err ? err : emit_bytes(w->emit, block, nodesize);
}

/* With DUP each chunk is followed by its copy: go through the spooled blocks chunk by chunk. */
static int write_both_copies(struct writing *w)
{
	const struct layout *layout = &w->bp->layout;
	u64 offset = 0;
	for (size_t i = 0; i <= layout->nr_metadata; i++) {
		const struct chunk *chunk = &layout->chunks[i];
		for (u32 copy = 0; copy < chunk_copies(chunk); copy++) {
			int err = emit_at(w->emit, chunk->logical + copy * chunk->length);
			if (!err)
				err = emit_spool(w->emit, w->blocks, offset, chunk->used);
			if (err)
				return err;
		}
		offset += chunk->used;
	}
	return 0;
}

static int write_trees(struct writing *w)
{
	struct block_sink sink = { .put = put_block, .context = w };
	if (!w->bp->options.dup)
		return trees_write(w->bp, &sink);
	int err = spool_new(w->bp->content->spool_dir, &w->blocks);
	if (!err)
		err = trees_write(w->bp, &sink);
	if (!err)
		err = spool_flush(w->blocks);
	if (!err)
		err = write_both_copies(w);
	spool_free(w->blocks);
	return err;
}

/* A stretch of stored bytes that lie in a row both in their source and in the image. */
struct stretch {
	u64 logical;
	u16 store_nr;
	u64 spool_off;
	u64 bytes;
};

static int write_stretch(const struct writing *w, const struct stretch *s)
{
	if (!s->bytes)
		return 0;
	int err = emit_at(w->emit, s->logical);
	struct spool *source = w->bp->content->stores[s->store_nr];
	return err ? err : emit_spool(w->emit, source, s->spool_off, s->bytes);
}

/* Where the first DATA chunk is; the end if there is none. */
static u64 data_begin(const struct blueprint *bp)
{
	const struct layout *layout = &bp->layout;
	size_t first = 1 + layout->nr_metadata;
	return first < layout->nr_chunks ? layout->chunks[first].logical : layout->end;
}

/* The data of blobs [@first, @end). */
static int write_blobs(const struct writing *w, size_t first, size_t end)
{
	const struct content *content = w->bp->content;
	struct stretch s = { .bytes = 0 };
	for (size_t i = first; i < end; i++) {
		const struct blob *b = &content->blobs[i];
		if (b->place != BLOB_EXTENT)
			continue;
		if (s.logical + s.bytes != b->logical || s.store_nr != b->store_nr ||
		    s.spool_off + s.bytes != b->spool_off) {
			int err = write_stretch(w, &s);
			if (err)
				return err;
			s = (struct stretch){ b->logical, b->store_nr, b->spool_off, 0 };
		}
		/* Padding breaks the row: emit fills it with zeros. */
		s.bytes += b->stored_bytes - b->store_padding;
	}
	return write_stretch(w, &s);
}

/* ---- data first ----------------------------------------------------------------------------- */

#define PART_BYTES (64u << 20)

/* Blobs in a row of the image, up to the next part's. */
struct part {
	size_t first_blob;
	u64 logical;     /* where they begin */
	u64 spool_bytes; /* of the data spool, that this part and those before it need */
};

struct parts {
	struct part *list;
	size_t nr, capacity;
};

static struct parts cut_parts(const struct content *content)
{
	struct parts parts = { NULL, 0, 0 };
	struct part *part = NULL;
	for (size_t i = 0; i < content->nr_blobs; i++) {
		const struct blob *b = &content->blobs[i];
		if (b->place != BLOB_EXTENT)
			continue;
		if (!part || b->logical - part->logical >= PART_BYTES) {
			u64 needed = part ? part->spool_bytes : 0;
			parts.list = mem_grow(parts.list, &parts.capacity, parts.nr + 1,
					      sizeof(*parts.list));
			part = &parts.list[parts.nr++];
			*part = (struct part){ i, b->logical, needed };
		}
		if (b->store_nr == CONTENT_DATA_SPOOL)
			part->spool_bytes =
				max_u64(part->spool_bytes, b->spool_off + b->stored_bytes);
	}
	return parts;
}

/*
 * From the last part to the first, and the spool is cut off behind what is still needed: where
 * files arrived in order, the image gets the memory and the room on disk that the spool had.
 */
static int write_data_backward(const struct writing *w)
{
	const struct content *content = w->bp->content;
	struct parts parts = cut_parts(content);
	size_t end_blob = content->nr_blobs;
	u64 end = w->bp->total_bytes;
	int err = 0;
	while (parts.nr && !err) {
		const struct part *part = &parts.list[--parts.nr];
		spool_cut(content->stores[CONTENT_DATA_SPOOL], part->spool_bytes);
		err = emit_seek(w->emit, part->logical);
		if (!err)
			err = write_blobs(w, part->first_blob, end_blob);
		if (!err)
			err = emit_at(w->emit, end);
		end_blob = part->first_blob;
		end = part->logical;
	}
	xfree(parts.list);
	return err ? err : emit_seek(w->emit, 0);
}

static u32 make_supers(const struct blueprint *bp, struct btrfs_super_block *supers)
{
	static const u64 places[BTRFS_SUPER_MIRROR_MAX] = { BTRFS_SUPER_INFO_OFFSET,
							    BTRFS_SUPER_MIRROR_1,
							    BTRFS_SUPER_MIRROR_2 };
	u32 nr = 0;
	for (; nr < BTRFS_SUPER_MIRROR_MAX; nr++) {
		if (places[nr] + BTRFS_SUPER_INFO_SIZE > bp->total_bytes)
			break;
		superblock_fill(bp, &supers[nr]);
		supers[nr].bytenr = to_le64(places[nr]);
		seal_block(bp->options.csum, &supers[nr], sizeof(supers[nr]));
	}
	return nr;
}

bool image_tree_bytes(const struct image *image, u32 index, struct image_tree_bytes *tree)
{
	const struct blueprint *bp = &image->bp;
	const struct tree_kind *kind = NULL;
	u64 block_bytes = (u64)bp->options.nodesize * (bp->options.dup ? 2 : 1);
	u32 nr_kinds = 0;
	/* Trees of a kind lie in a row. */
	for (u32 i = 0; i < bp->nr_trees && nr_kinds <= index + 1; i++) {
		const struct planned_tree *planned = &bp->trees[i];
		if (planned->kind != kind) {
			kind = planned->kind;
			if (nr_kinds++ == index)
				*tree = (struct image_tree_bytes){ .name = kind->name };
		}
		if (nr_kinds == index + 1)
			tree->bytes += planned->shape.total * block_bytes;
	}
	return nr_kinds > index;
}

struct identifying {
	struct blueprint *bp;
	int err;
};

static void *run_identify(void *context)
{
	struct identifying *identifying = context;
	identifying->err = identify(identifying->bp);
	return NULL;
}

/* The data do not depend on the ids: another thread may derive those meanwhile. */
static int write_data_first(struct writing *w, struct blueprint *bp)
{
	struct identifying identifying = { bp, 0 };
	pthread_t thread;
	bool threaded = w->output->threads > 1 && !identify_may_refuse(bp) &&
			!pthread_create(&thread, NULL, run_identify, &identifying);
	int err = threaded ? 0 : identify(bp);
	if (!err) {
		w->emit = emit_new(w->output, NULL, 0);
		err = write_data_backward(w);
		emit_free(w->emit);
	}
	if (threaded)
		pthread_join(thread, NULL);
	return err ? err : identifying.err;
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* Leave the data as they are, but for the superblock copies among them. */
static int pass_data(const struct writing *w)
{
	int err = emit_at(w->emit, data_begin(w->bp));
	return err ? err : emit_skip(w->emit, w->bp->total_bytes);
}

/* Trees and superblock copies; the data too, unless they are there already. */
static int write_image(struct writing *w, bool has_data)
{
	struct btrfs_super_block supers[BTRFS_SUPER_MIRROR_MAX];
	const struct blueprint *bp = w->bp;
	w->emit = emit_new(w->output, supers, make_supers(bp, supers));
	int err = write_trees(w);
	if (!err)
		err = has_data ? pass_data(w) : write_blobs(w, 0, bp->content->nr_blobs);
	if (!err)
		err = emit_finish(w->emit, bp->total_bytes);
	emit_free(w->emit);
	return err;
}

/*
 * Where order does not matter, and all that can fail besides the output has been tried: with
 * DUP the trees pass through a spool, which may be full.
 */
static bool may_write_data_first(const struct blueprint *bp, const struct image_output *output)
{
	return output->seekable && !output->digest && data_begin(bp) < bp->layout.end &&
	       !bp->options.dup;
}

int image_write(struct image *image, const struct image_output *output)
{
	struct blueprint *bp = &image->bp;
	struct writing w = { .bp = bp, .output = output };
	bool data_first = may_write_data_first(bp, output);
	/* A full spool must show before the first byte is out. */
	int err = content_flush(bp->content);
	if (!err)
		err = data_first ? write_data_first(&w, bp) : identify(bp);
	return err ? err : write_image(&w, data_first);
}
