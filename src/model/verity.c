/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files are taken in the order of the tree, when their paths and their data are final. The threads
 * have hashed their blocks (block_hashes.h). What they did not foresee is hashed here, from the
 * stored bytes: a file's final path asks for another algorithm, or another file with the same data
 * did.
 */
#include "model/verity.h"

#include "block_hashes.h"
#include "disk/checksum.h"
#include "disk/merkle.h"
#include "tree_private.h"

/* What is kept in memory of a file. */
struct record {
	u64 spool_off; /* the blocks of the tree, as merkle.c hands them over; then the signature */
	u16 signature_bytes;
	u8 algorithm;
	u8 signature_hash[16]; /* hash128(); zeros without a signature */
	u8 root_hash[];        /* fsverity_hash_bytes() */
};

struct verity {
	struct fsverity_params params;
	struct spool *spool;
	struct arena arena;
	const struct record **records; /* by index in tree_inodes(); NULL: none */
	u64 nr_files, nr_signed;
};

struct building {
	const struct tree *tree;
	struct content *content;
	const struct verity_options *options;
	struct verity *verity;
	u64 tree_bytes; /* of all files so far */
	u8 *data;       /* BTRFS_MAX_COMPRESSED, once a blob is read again */
	u8 hashes[BLOCK_HASHES_MAX_BYTES];
};

/* ---- a file ---------------------------------------------------------------------------- */

static int keep_block(void *context, u64 nr, const u8 block[FSVERITY_BLOCK])
{
	struct verity *v = context;
	(void)nr;
	return spool_append(v->spool, block, FSVERITY_BLOCK);
}

/* Set b->hashes to those of the @nr blocks of a blob. */
static int hash_blob(struct building *b, u32 blob, const struct fsverity_params *params, u32 nr)
{
	struct block_hashes *known = b->content->block_hashes;
	const struct blob *stored = &b->content->blobs[blob];
	int found = block_hashes_get(known, blob, params->algorithm, b->hashes, nr);
	if (found)
		return found < 0 ? found : 0;
	if (!b->data)
		b->data = xmalloc(BTRFS_MAX_COMPRESSED);
	int err = content_unpack(b->content, stored, b->data);
	if (err)
		return err;
	fsverity_hash_data(params, b->data, stored->ram_bytes - stored->ram_padding, b->hashes);
	return block_hashes_add(known, blob, params->algorithm, b->hashes, nr);
}

/* Add the blocks of the file from file extent to file extent; holes are zeros. */
static int add_file_blocks(struct building *b, const struct inode *inode,
			   const struct fsverity_params *params, u64 nr_blocks,
			   struct merkle *merkle)
{
	const struct file_extent *e = content_file_extents(b->content, inode);
	u64 at = 0;
	int err = 0;
	for (u32 i = 0; i < inode->nr && !err; i++, e++) {
		const u64 begin = e->file_off / FSVERITY_BLOCK;
		err = merkle_add_zeros(merkle, begin - at);
		if (!err)
			err = hash_blob(b, e->blob, params, e->nr_sectors);
		if (!err)
			err = merkle_add(merkle, b->hashes, e->nr_sectors);
		at = begin + e->nr_sectors;
	}
	return err ? err : merkle_add_zeros(merkle, nr_blocks - at);
}

static int check_size(struct building *b, const struct inode *inode,
		      enum fsverity_algorithm algorithm, struct merkle_shape *shape)
{
	char q[QUOTE_BYTES];
	const u64 limit = b->options->max_tree_bytes;
	if (!merkle_shape(algorithm, inode->size, shape))
		return dentry_fail(-EFBIG, inode->names,
				   "a file of %llu bytes, too large for fs-verity with %s",
				   (unsigned long long)inode->size, fsverity_name(algorithm));
	b->tree_bytes += shape->total * FSVERITY_BLOCK;
	if (!limit || b->tree_bytes <= limit)
		return 0;
	return fail_hint(-EFBIG, HINT_INPUT_BYTES,
			 "%s: with its Merkle tree there are %llu bytes of them, %llu are allowed",
			 quote_dentry(q, inode->names), (unsigned long long)b->tree_bytes,
			 (unsigned long long)limit);
}

static int add_signature(struct building *b, const struct inode *inode, struct record *record)
{
	const struct verity_options *options = b->options;
	struct fsverity_params params = options->params;
	char text[FSVERITY_TEXT_BYTES];
	if (!options->sign)
		return 0;
	params.algorithm = (enum fsverity_algorithm)record->algorithm;
	const struct fsverity_descriptor d =
		fsverity_descriptor(&params, inode->size, record->root_hash, 0);
	fsverity_text(&d, text);
	const struct verity_signature signature = options->sign(options->context, text);
	if (!signature.bytes)
		return 0;
	record->signature_bytes = u16_from_u64(signature.nr);
	b->verity->nr_signed++;
	hash128(signature.bytes, signature.nr, record->signature_hash);
	return spool_append(b->verity->spool, signature.bytes, signature.nr);
}

static int build_file(struct building *b, u64 index, const struct inode *inode,
		      enum fsverity_algorithm algorithm)
{
	struct verity *v = b->verity;
	struct merkle_shape shape;
	int err = check_size(b, inode, algorithm, &shape);
	if (err)
		return err;
	struct record *record =
		arena_alloc(&v->arena, sizeof(*record) + fsverity_hash_bytes(algorithm));
	record->algorithm = (u8)algorithm;
	record->spool_off = spool_size(v->spool);
	struct fsverity_params params = b->options->params;
	params.algorithm = algorithm;
	struct merkle *merkle = merkle_new(&params, &shape, keep_block, v);
	err = add_file_blocks(b, inode, &params, shape.nr_data_blocks, merkle);
	if (!err)
		err = merkle_finish(merkle, record->root_hash);
	merkle_free(merkle);
	if (!err)
		err = add_signature(b, inode, record);
	v->records[index] = record;
	v->nr_files++;
	return err;
}

/* ---- all files --------------------------------------------------------------------------- */

static int build_all(struct building *b)
{
	u64 nr_inodes;
	const struct inode *const *inodes = tree_inodes(b->tree, &nr_inodes);
	b->verity->records = xzalloc(nr_inodes * sizeof(struct record *));
	int err = spool_new(b->content->spool_dir, &b->verity->spool);
	for (u64 i = 0; i < nr_inodes && !err; i++)
		if (b->tree->verity[i])
			err = build_file(b, i, inodes[i],
					 (enum fsverity_algorithm)b->tree->verity[i]);
	return err ? err : spool_flush(b->verity->spool);
}

int verity_build(const struct tree *tree, struct content *content,
		 const struct verity_options *options)
{
	assert(tree->phase == TREE_FINISHED && content->phase == CONTENT_OPEN);
	if (!tree->verity)
		return 0;
	struct building b = { .tree = tree, .content = content, .options = options };
	content->verity = b.verity = xzalloc(sizeof(*b.verity));
	b.verity->params = options->params;
	int err = build_all(&b);
	xfree(b.data);
	block_hashes_free(content->block_hashes);
	content->block_hashes = NULL;
	return err;
}

void verity_free(struct verity *verity)
{
	if (!verity)
		return;
	spool_free(verity->spool);
	arena_free(&verity->arena);
	xfree(verity->records);
	xfree(verity);
}

/* ---- afterwards ---------------------------------------------------------------------------- */

bool verity_find(const struct verity *verity, const struct tree *tree, const struct inode *inode,
		 struct verity_file *file)
{
	struct merkle_shape shape;
	if (!verity)
		return false;
	const struct record *record = verity->records[tree_inode_index(tree, inode)];
	if (!record)
		return false;
	struct fsverity_params params = verity->params;
	params.algorithm = (enum fsverity_algorithm)record->algorithm;
	(void)merkle_shape(params.algorithm, inode->size, &shape);
	*file = (struct verity_file){
		.descriptor = fsverity_descriptor(&params, inode->size, record->root_hash,
						  record->signature_bytes),
		.tree_bytes = merkle_used_bytes(&shape),
		.spool_off = record->spool_off,
		.signature_hash = record->signature_hash,
	};
	return true;
}

int verity_read_descriptor(const struct verity *verity, const struct verity_file *file, u32 off,
			   void *buf, u32 bytes)
{
	const u32 head = (u32)sizeof(file->descriptor);
	u8 *to = buf;
	if (off < head) {
		const u32 n = (u32)min_u64(bytes, head - off);
		to = mempcpy(to, (const u8 *)&file->descriptor + off, n);
		off += n;
		bytes -= n;
	}
	return spool_read(verity->spool,
			  file->spool_off + align_up(file->tree_bytes, FSVERITY_BLOCK) + off - head,
			  to, bytes);
}

int verity_read_tree(const struct verity *verity, const struct verity_file *file, u64 off,
		     void *buf, u32 bytes)
{
	const u64 size = from_le64(file->descriptor.data_size);
	struct merkle_shape shape;
	assert(off % FSVERITY_BLOCK + bytes <= FSVERITY_BLOCK);
	(void)merkle_shape((enum fsverity_algorithm)file->descriptor.hash_algorithm, size, &shape);
	const u64 place = merkle_place(&shape, off / FSVERITY_BLOCK);
	return spool_read(verity->spool,
			  file->spool_off + place * FSVERITY_BLOCK + off % FSVERITY_BLOCK, buf,
			  bytes);
}

u64 verity_nr_files(const struct verity *verity)
{
	return verity ? verity->nr_files : 0;
}

u64 verity_nr_signed(const struct verity *verity)
{
	return verity ? verity->nr_signed : 0;
}
