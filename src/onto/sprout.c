/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ids, the superblock, and the order of output. The blocks are in memory: they are made once with
 * ids of zero, for the digest that ids follow from, and once more with the ids.
 */
#include "onto/sprout.h"
#include "grown_items.h"
#include "grown_trees.h"
#include "settle.h"

#include "base/diag.h"
#include "disk/checksum.h"
#include "disk/super_mirror.h"
#include "image/emit.h"

struct sprout {
	struct plan plan;
	u64 nr_system, nr_metadata; /* blocks */
	u8 *blocks;                 /* those of the chunk tree, then the others */
};

static enum btrfs_csum_type sum_type(const struct plan *p)
{
	return (enum btrfs_csum_type)from_le16(p->seed.super.csum_type);
}

/* ---- superblock -------------------------------------------------------------------- */

static u64 bytes_in_use(const struct plan *p)
{
	u64 bytes = from_le64(p->seed.super.bytes_used) - p->nr_dead * p->seed.nodesize;
	for (size_t i = 0; i < p->layout.nr_chunks; i++)
		bytes += p->layout.chunks[i].used;
	return bytes;
}

/* What is not set here is the seed's. */
static void fill_super(const struct plan *p, struct btrfs_super_block *sb)
{
	const struct grown_tree *root = plan_find_tree(p, BTRFS_ROOT_TREE_OBJECTID);
	const struct grown_tree *chunk = plan_find_tree(p, BTRFS_CHUNK_TREE_OBJECTID);
	const struct btrfs_super_block *seed = &p->seed.super;
	const struct layout_device device = plan_device(p);
	const le64 generation = to_le64(p->generation);
	*sb = *seed;
	memset(sb->csum, 0, sizeof(sb->csum));
	memcpy(sb->fsid, p->ids.block.fsid, sizeof(sb->fsid));
	sb->bytenr = to_le64(BTRFS_SUPER_INFO_OFFSET);
	sb->flags = to_le64(from_le64(seed->flags) & ~BTRFS_SUPER_FLAG_SEEDING);
	sb->generation = generation;
	sb->root = to_le64(plan_tree_root(p, root));
	sb->root_level = root->shape.level;
	sb->chunk_root = to_le64(plan_tree_root(p, chunk));
	sb->chunk_root_level = chunk->shape.level;
	sb->chunk_root_generation = generation;
	sb->total_bytes = to_le64(from_le64(seed->total_bytes) + p->options.image->size_bytes);
	sb->bytes_used = to_le64(bytes_in_use(p));
	sb->num_devices = to_le64((u64)p->seed.nr_devices + 1);
	sb->dev_item = chunk_item_device(&device, &p->layout);
	if (from_le64(seed->uuid_tree_generation) == from_le64(seed->generation))
		sb->uuid_tree_generation = generation;
	if (p->options.has_label)
		memcpy(sb->label, p->options.image->label, sizeof(sb->label));
	memset(sb->super_roots, 0, sizeof(sb->super_roots));
	memset(sb->sys_chunk_array, 0, sizeof(sb->sys_chunk_array));
	sb->sys_chunk_array_size =
		to_le32(chunk_item_array(&device, &p->layout, sb->sys_chunk_array));
}

static u32 seal_supers(const struct plan *p, struct btrfs_super_block *supers)
{
	const u32 nr_copies = btrfs_nr_supers(p->options.image->size_bytes);
	for (u32 nr = 0; nr < nr_copies; nr++) {
		fill_super(p, &supers[nr]);
		supers[nr].bytenr = to_le64(btrfs_sb_offset(nr));
		seal_block(sum_type(p), &supers[nr], sizeof(supers[nr]));
	}
	return nr_copies;
}

/* ---- blocks ------------------------------------------------------------------------ */

struct block_buffer {
	struct sprout *sprout;
	u8 *at;
};

static int buffer_block(void *context, u64 logical, u8 *block)
{
	struct block_buffer *b = context;
	const u32 nodesize = b->sprout->plan.seed.nodesize;
	(void)logical; /* blocks follow each other */
	memcpy(b->at, block, nodesize);
	b->at += nodesize;
	return 0;
}

static int make_blocks(struct sprout *s)
{
	struct block_buffer buffer = { s, s->blocks };
	const struct block_sink sink = { .put = buffer_block, .context = &buffer };
	for (u32 i = 0; i < s->plan.nr_trees; i++) {
		struct tree_shape shape;
		int err = grown_trees_produce(&s->plan, i, &sink, &shape);
		if (err)
			return err;
		assert(tree_writer_shape_equal(&shape, &s->plan.trees[i].shape));
	}
	return 0;
}

static void seal_blocks(struct sprout *s)
{
	const u32 nodesize = s->plan.seed.nodesize;
	for (u64 i = 0; i < s->nr_system + s->nr_metadata; i++)
		seal_block(sum_type(&s->plan), s->blocks + i * nodesize, nodesize);
}

/* ---- ids --------------------------------------------------------------------------- */

/*
 * From all that the sprout holds, with its own ids as zeros; that has the ids of the seed and the size.
 * The device's id follows from the filesystem's, too.
 */
static int choose_ids(struct sprout *s)
{
	struct plan *p = &s->plan;
	const struct image_options *options = p->options.image;
	struct btrfs_super_block sb;
	struct sha256 *sha = sha256_new();
	u8 digest[IMAGE_DIGEST_BYTES];
	const le64 layout_version = to_le64(LAYOUT_VERSION);
	fill_super(p, &sb);
	sha256_add(sha, &layout_version, sizeof(layout_version));
	sha256_add(sha, &sb, sizeof(sb));
	sha256_add(sha, s->blocks, (s->nr_system + s->nr_metadata) * p->seed.nodesize);
	sha256_add(sha, p->options.name, strlen(p->options.name));
	sha256_finish(sha, digest);
	int err = image_choose_fsid(options, "sprout", digest, p->ids.block.fsid);
	if (options->device_uuid_given)
		memcpy(p->ids.device_uuid, options->device_uuid, sizeof(p->ids.device_uuid));
	else
		sha256_role_uuid("sprout's device", (const char *)p->ids.block.fsid,
				 sizeof(p->ids.block.fsid), digest, p->ids.device_uuid);
	return err ? err : seed_check_ids(&p->seed, p->ids.block.fsid, p->ids.device_uuid);
}

/* ---- the interface ----------------------------------------------------------------- */

int sprout_plan(const struct sprout_options *options, const struct filesystem_device *seed,
		u32 nr_devices, struct sprout **sprout)
{
	struct sprout *s = xzalloc(sizeof(*s));
	int err = settle_plan(&s->plan, options, seed, nr_devices);
	if (err) {
		sprout_free(s);
		return err;
	}
	for (u32 i = 0; i < s->plan.nr_trees; i++) {
		const struct grown_tree *tree = &s->plan.trees[i];
		*(plan_is_system(tree) ? &s->nr_system : &s->nr_metadata) += tree->shape.total;
	}
	*sprout = s;
	return 0;
}

void sprout_free(struct sprout *s)
{
	if (!s)
		return;
	plan_release(&s->plan);
	xfree(s->blocks);
	xfree(s);
}

u64 sprout_bytes(const struct sprout *s)
{
	return s->plan.options.image->size_bytes;
}

u64 sprout_needed_bytes(const struct sprout *s)
{
	const u32 copies = s->plan.seed.dup ? 2 : 1;
	return (s->nr_system + s->nr_metadata) * s->plan.seed.nodesize * copies +
	       BTRFS_SUPER_MIRROR_MAX * BTRFS_SUPER_INFO_SIZE;
}

const u8 *sprout_fsid(const struct sprout *s)
{
	return s->plan.ids.block.fsid;
}

/* The blocks of each chunk, in each of its copies. */
static int write_chunks(const struct sprout *s, struct emit *emit)
{
	const struct plan *p = &s->plan;
	const struct layout_device device = plan_device(p);
	const u8 *at = s->blocks;
	for (size_t i = 0; i < p->layout.nr_chunks; i++) {
		const struct chunk *chunk = &p->layout.chunks[i];
		for (u32 copy = 0; copy < chunk_copies(chunk); copy++) {
			const u64 to = chunk_item_physical(&device, chunk, copy);
			int err = emit_at(emit, to);
			if (!err)
				err = emit_bytes(emit, at, chunk->used);
			if (err)
				return err;
		}
		at += chunk->used;
	}
	return 0;
}

int sprout_write(struct sprout *s, const struct image_output *output)
{
	struct btrfs_super_block supers[BTRFS_SUPER_MIRROR_MAX];
	const u64 bytes = (s->nr_system + s->nr_metadata) * s->plan.seed.nodesize;
	s->blocks = xmalloc(bytes);
	int err = make_blocks(s);
	if (!err)
		err = choose_ids(s);
	if (!err)
		err = make_blocks(s);
	if (!err)
		err = seed_check_unchanged(&s->plan.seed);
	if (err)
		return err;
	seal_blocks(s);
	struct emit *emit = emit_new(output, supers, seal_supers(&s->plan, supers));
	err = write_chunks(s, emit);
	if (!err)
		err = emit_finish(emit, sprout_bytes(s));
	emit_free(emit);
	return err ? err : seed_check_unchanged(&s->plan.seed);
}
