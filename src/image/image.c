/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conductor: plan (sizes, addresses), identify, write. */
#include "image/image.h"

#include "disk/super_mirror.h"

#include "identity.h"
#include "sizing.h"
#include "superblock.h"
#include "trees.h"
#include "write.h"

#include <pthread.h>

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
	int err = sizing_settle(bp, content);
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

u64 image_needed_bytes(const struct image *image)
{
	const struct layout *layout = &image->bp.layout;
	u64 bytes = (u64)btrfs_nr_supers(image->bp.total_bytes) * BTRFS_SUPER_INFO_SIZE;
	for (size_t i = 0; i < layout->nr_chunks; i++)
		bytes += layout->chunks[i].used * chunk_copies(&layout->chunks[i]);
	return bytes;
}

const u8 *image_fsid(const struct image *image)
{
	return image->bp.ids.block.fsid;
}

bool image_tree_bytes(const struct image *image, u32 index, struct image_tree_bytes *tree)
{
	const struct blueprint *bp = &image->bp;
	const struct tree_kind *kind = NULL;
	u64 block_bytes = (u64)bp->options.nodesize * (bp->options.dup ? 2 : 1);
	u32 nr_kinds = 0;
	/* Trees of a kind follow each other. */
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

/* Data does not depend on ids: another thread may derive them meanwhile. */
static int write_data_and_identify(struct blueprint *bp, const struct image_output *output)
{
	struct identifying identifying = { bp, 0 };
	pthread_t thread;
	bool threaded = output->threads > 1 && !identify_may_refuse(bp) &&
			!pthread_create(&thread, NULL, run_identify, &identifying);
	int err = threaded ? 0 : identify(bp);
	if (!err)
		err = write_backward(bp, output);
	if (threaded)
		pthread_join(thread, NULL);
	return err ? err : identifying.err;
}

/* From the first byte to the last; @has_data: the data is there already. */
static int write_forward(const struct blueprint *bp, const struct image_output *output,
			 bool has_data)
{
	struct btrfs_super_block supers[BTRFS_SUPER_MIRROR_MAX];
	struct emit *emit = emit_new(output, supers, superblock_copies(bp, supers));
	int err = write_trees(emit, bp);
	if (!err)
		err = has_data ? write_around_data(emit, bp)
			       : write_data(emit, bp, 0, bp->content->nr_blobs);
	if (!err)
		err = emit_finish(emit, bp->total_bytes);
	emit_free(emit);
	return err;
}

int image_write(struct image *image, const struct image_output *output)
{
	struct blueprint *bp = &image->bp;
	bool data_first = write_may_be_backward(bp, output);
	/* A full spool must show before the first byte is out. */
	int err = content_flush(bp->content);
	if (!err)
		err = data_first ? write_data_and_identify(bp, output) : identify(bp);
	return err ? err : write_forward(bp, output, data_first);
}
