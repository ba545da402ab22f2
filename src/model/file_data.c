/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cutting: the caller's bytes are copied once, into their piece, which the pipeline takes over.
 */
#include "model/file_data.h"

#include "collector.h"
#include "model/file_hash.h"
#include "pipeline.h"

/* Memory of a piece before a hole: a file extent, and what sorting it takes; measured. */
#define CUT_PIECE_BYTES 120u

struct file_data {
	struct file_data_options options;
	struct content *content;
	struct piece_rules rules;
	struct dedupe dedupe;
	struct collector *collector;
	struct pipeline *pipeline;

	struct inode *inode;    /* of the file being cut */
	struct storage storage; /* of that file */
	struct file_hash *hash; /* of that file, or NULL */
	struct piece *open; /* its piece being filled, in the filling batch; NULL between pieces */
	u32 nr_closed;      /* pieces of this file before the open one */
	u64 nr_cut_pieces;  /* pieces of all files that a hole ended */
};

static u64 open_end(const struct piece *p)
{
	return p->file_off + p->bytes;
}

static void open_piece(struct file_data *data, u64 file_off)
{
	struct batch *b = pipeline_batch(data->pipeline);
	struct piece *p = &b->pieces[b->nr];
	*p = (struct piece){
		.inode = data->inode,
		.storage = data->storage,
		.file_off = align_down(file_off, BTRFS_SECTORSIZE),
		.in = b->in + b->in_bytes,
	};
	data->open = p;
}

/* Fill the open piece with zeros up to file offset @end. */
static void zero_fill(struct piece *p, u64 end)
{
	u32 n = u32_from_u64(end - open_end(p));
	memset(p->in + p->bytes, 0, n);
	p->bytes += n;
}

/* Whether the sector at @off of a closed piece holds nothing but zeros. */
static bool is_zero_sector(const struct piece *p, u32 off)
{
	static const u8 zeros[BTRFS_SECTORSIZE];
	return !memcmp(p->in + off, zeros, BTRFS_SECTORSIZE);
}

/* The part of a piece from @start to @end, whole sectors. */
static struct piece part_of(const struct piece *p, u32 start, u32 end)
{
	struct piece part = *p;
	part.file_off += start;
	part.in += start;
	part.bytes = (u32)min_u64(end, p->bytes) - start;
	part.padded = end - start;
	part.may_pack = p->may_pack && end == p->padded;
	part.origin.offset += start;
	part.origin_bytes =
		p->origin_bytes > start ? (u32)min_u64(part.bytes, p->origin_bytes - start) : 0;
	return part;
}

/* Replace the closed piece, the last one of the batch, by its parts between sectors of zeros;
 * returns how many parts end at a hole. */
static u32 cut_holes(struct batch *b)
{
	const u32 nr = b->nr;
	const struct piece whole = b->pieces[b->nr];
	u32 start = 0; /* of the part that has no sector of zeros */
	for (u32 at = 0; at < whole.padded; at += BTRFS_SECTORSIZE) {
		if (!is_zero_sector(&whole, at))
			continue;
		if (at > start)
			b->pieces[b->nr++] = part_of(&whole, start, at);
		start = at + BTRFS_SECTORSIZE;
	}
	const u32 ended = b->nr - nr;
	if (whole.padded > start)
		b->pieces[b->nr++] = part_of(&whole, start, whole.padded);
	return ended;
}

/* Fill the last sector of a closed piece with zeros, if they may be needed; returns the bytes that
 * the piece takes in its batch. */
static u32 pad(const struct file_data *data, const struct piece *p)
{
	if (piece_fits_inline(&data->rules, p) && !data->options.detect_holes)
		return u32_from_u64(align_up(p->bytes, 8));
	memset(p->in + p->bytes, 0, p->padded - p->bytes);
	return p->padded;
}

static int close_piece(struct file_data *data)
{
	struct batch *b = pipeline_batch(data->pipeline);
	struct piece *p = data->open;
	p->padded = u32_from_u64(align_up(p->bytes, BTRFS_SECTORSIZE));
	b->in_bytes += pad(data, p);
	if (data->options.detect_holes)
		data->nr_cut_pieces += cut_holes(b);
	else
		b->nr++;
	data->nr_closed++;
	data->open = NULL;
	return pipeline_push(data->pipeline);
}

u64 file_data_bytes(const struct file_data *data)
{
	return data->nr_cut_pieces * CUT_PIECE_BYTES;
}

struct content *file_data_content(struct file_data *data)
{
	return data->content;
}

void file_data_begin(struct file_data *data, struct inode *inode, struct storage storage)
{
	assert(!data->open && !inode->nr);
	data->inode = inode;
	data->storage = storage;
	if (data->options.hash_files && !inode->hash)
		data->hash = file_hash_new(inode->size);
	data->nr_closed = 0;
}

/* Note the origin of @p's bytes, while the archive holds them without a gap from the first on. */
static void track_origin(struct piece *p, const struct origin *origin, u64 skipped, u32 bytes)
{
	if (!origin || p->origin_bytes != p->bytes)
		return;
	if (!p->bytes)
		p->origin = (struct origin){ origin->store_nr, origin->offset + skipped };
	if (p->origin.store_nr == origin->store_nr &&
	    p->origin.offset + p->bytes == origin->offset + skipped)
		p->origin_bytes += bytes;
}

int file_data_write(struct file_data *data, u64 file_off, const void *buf, size_t bytes,
		    const struct origin *origin)
{
	const u8 *from = buf;
	if (data->hash)
		file_hash_add(data->hash, file_off, buf, bytes);
	while (bytes) {
		u64 sector_end = data->open ? align_up(open_end(data->open), BTRFS_SECTORSIZE) : 0;
		if (data->open && file_off > sector_end) {
			zero_fill(data->open, sector_end);
			data->nr_cut_pieces++;
			int err = close_piece(data);
			if (err)
				return err;
		}
		if (!data->open)
			open_piece(data, file_off);
		struct piece *p = data->open;
		zero_fill(p, file_off);
		u64 limit = align_down(p->file_off, PIECE_BYTES) + PIECE_BYTES;
		u32 n = u32_from_u64(min_u64(bytes, limit - file_off));
		track_origin(p, origin, (u64)(from - (const u8 *)buf), n);
		memcpy(p->in + p->bytes, from, n);
		p->bytes += n;
		file_off += n;
		from += n;
		bytes -= n;
		if (file_off == limit) {
			int err = close_piece(data);
			if (err)
				return err;
		}
	}
	return 0;
}

/*
 * The bytes are needed before the threads get the piece: a hash runs over a whole file in order,
 * and holes decide how many pieces there are. So these two options read on the caller's thread.
 */
static int look_at(struct file_data *data, struct piece *p)
{
	piece_read(p);
	if (p->error)
		return spool_read_failed(data->content->stores[p->origin.store_nr],
					 p->origin.offset, p->error);
	if (data->hash)
		file_hash_add(data->hash, p->file_off, p->in, p->bytes);
	return 0;
}

int file_data_refer(struct file_data *data, struct origin origin, u64 bytes)
{
	const struct spool *archive = data->content->stores[origin.store_nr];
	int err = 0;
	for (u64 done = 0; !err && done < bytes;) {
		open_piece(data, done);
		struct piece *p = data->open;
		p->bytes = p->origin_bytes = (u32)min_u64(bytes - done, PIECE_BYTES);
		p->origin = (struct origin){ origin.store_nr, origin.offset + done };
		p->unread = archive;
		done += p->bytes;
		if (data->hash || data->options.detect_holes)
			err = look_at(data, p);
		if (!err && p->bytes == PIECE_BYTES)
			err = close_piece(data);
	}
	return err;
}

int file_data_end(struct file_data *data)
{
	struct inode *inode = data->inode;
	u64 size = inode->size;
	if (data->hash) {
		u8 *hash = arena_alloc_unaligned(&data->content->hashes, FILE_HASH_BYTES);
		file_hash_finish(data->hash, hash);
		data->hash = NULL;
		inode->hash = hash;
	}
	if (!data->open)
		return 0;
	struct piece *p = data->open;
	zero_fill(p, min_u64(size, align_up(open_end(p), BTRFS_SECTORSIZE)));
	p->may_inline = data->nr_closed == 0 && p->bytes == size &&
			size <= data->options.max_inline && size <= BTRFS_SECTORSIZE &&
			!data->storage.without_sums;
	p->may_pack = open_end(p) == size && p->bytes < data->options.pack_bytes &&
		      data->storage.codec.codec;
	return close_piece(data);
}

int file_data_add_pack(struct file_data *data, const struct codec_choice *codec, const u32 *tails,
		       u32 nr)
{
	struct batch *b = pipeline_batch(data->pipeline);
	struct piece *p = &b->pieces[b->nr];
	struct pack *pack = xzalloc(sizeof(*pack));
	int err = 0;
	assert(!data->open && nr <= PIECE_SECTORS);
	pack->nr = nr;
	memcpy(pack->tails, tails, nr * sizeof(*tails));
	*p = (struct piece){
		.pack = pack,
		.storage = { .codec = *codec },
		.in = b->in + b->in_bytes,
	};
	for (u32 i = 0; i < nr && !err; i++) {
		const struct blob *tail = &data->content->blobs[tails[i]];
		const u32 padded = u32_from_u64(align_up(tail->ram_bytes, BTRFS_SECTORSIZE));
		assert(p->padded + padded <= PIECE_BYTES);
		err = content_unpack(data->content, tail, p->in + p->padded);
		memset(p->in + p->padded + tail->ram_bytes, 0, padded - tail->ram_bytes);
		p->bytes = p->padded + tail->ram_bytes;
		p->padded += padded;
	}
	b->nr++;
	b->in_bytes += p->padded;
	return err ? err : pipeline_push(data->pipeline);
}

int file_data_flush(struct file_data *data)
{
	return pipeline_flush(data->pipeline);
}

/* ---- life ----------------------------------------------------------------------------- */

struct file_data *file_data_new(const struct file_data_options *options, struct content *content)
{
	struct file_data *data = xzalloc(sizeof(*data));
	data->options = *options;
	data->content = content;
	content->copies_share_blobs = options->dedupe;
	dedupe_init(&data->dedupe);
	data->rules = (struct piece_rules){
		.csum = options->csum,
		.sum_bytes = checksum_size(options->csum),
		.nodesize = options->nodesize,
		.verity = options->verity,
		.dedupe = options->dedupe ? &data->dedupe : NULL,
		.small = options->pack_bytes,
	};
	data->collector = collector_new(&data->rules, content);
	data->pipeline = pipeline_new(&data->rules, options->threads, collect, data->collector);
	return data;
}

void file_data_free(struct file_data *data)
{
	if (!data)
		return;
	pipeline_free(data->pipeline);
	collector_free(data->collector);
	dedupe_release(&data->dedupe);
	file_hash_free(data->hash);
	xfree(data);
}
