/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cutting: the caller's bytes are copied once, into the piece they belong to, and leave
 * through the pipeline.
 */
#include "model/file_data.h"

#include "model/file_hash.h"
#include "pipeline.h"
#include "take_up.h"

/* File extents and what sorting them takes: measured. */
#define STRETCH_BYTES 120u

struct file_data {
	struct file_data_options options;
	struct content *content;
	struct piece_rules rules;
	struct dedupe dedupe;
	struct taker *taker;
	struct pipeline *pipeline;

	struct inode *inode;    /* of the file being cut */
	struct storage storage; /* likewise */
	struct file_hash *hash; /* of that file, or NULL */
	struct piece *open; /* its piece being filled, in the filling batch; NULL between pieces */
	u32 nr_closed;      /* pieces of this file before the open one */
	u64 nr_stretches;   /* pieces of all files that a hole ended */
};

static u64 open_end(const struct piece *p)
{
	return p->file_off + p->bytes;
}

static void open_piece(struct file_data *fd, u64 file_off)
{
	struct batch *b = pipeline_batch(fd->pipeline);
	struct piece *p = &b->pieces[b->nr];
	*p = (struct piece){
		.inode = fd->inode,
		.storage = fd->storage,
		.file_off = align_down(file_off, BTRFS_SECTORSIZE),
		.in = b->in + b->in_bytes,
	};
	fd->open = p;
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

/* Replace the closed piece behind the batch's others by what is left of it without zero sectors;
 * returns how many holes end a part of it. */
static u32 cut_holes(struct batch *b)
{
	const u32 nr = b->nr;
	const struct piece whole = b->pieces[b->nr];
	u32 start = 0; /* of the run of sectors that are not zero */
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

/* Fill the last sector of a closed piece with zeros, if they may be needed; returns how many bytes
 * the piece takes. */
static u32 pad(const struct file_data *fd, const struct piece *p)
{
	if (piece_fits_inline(&fd->rules, p) && !fd->options.detect_holes)
		return u32_from_u64(align_up(p->bytes, 8));
	memset(p->in + p->bytes, 0, p->padded - p->bytes);
	return p->padded;
}

static int close_piece(struct file_data *fd)
{
	struct batch *b = pipeline_batch(fd->pipeline);
	struct piece *p = fd->open;
	p->padded = u32_from_u64(align_up(p->bytes, BTRFS_SECTORSIZE));
	b->in_bytes += pad(fd, p);
	if (fd->options.detect_holes)
		fd->nr_stretches += cut_holes(b);
	else
		b->nr++;
	fd->nr_closed++;
	fd->open = NULL;
	return pipeline_push(fd->pipeline);
}

u16 file_data_add_archive(struct file_data *fd, int archive_fd, const char *name)
{
	return content_add_archive(fd->content, archive_fd, name);
}

u64 file_data_bytes(const struct file_data *fd)
{
	return fd->nr_stretches * STRETCH_BYTES;
}

struct content *file_data_content(struct file_data *fd)
{
	return fd->content;
}

void file_data_begin(struct file_data *fd, struct inode *inode, struct storage storage)
{
	assert(!fd->open && !inode->nr);
	fd->inode = inode;
	fd->storage = storage;
	if (fd->options.hash_files && !inode->hash)
		fd->hash = file_hash_new(inode->size);
	fd->nr_closed = 0;
}

/* Note where @p's bytes can be found, as long as they lie there in a row from its first on. */
static void track_origin(struct piece *p, const struct origin *origin, u64 skipped, u32 bytes)
{
	if (!origin || p->origin_bytes != p->bytes)
		return;
	if (!p->bytes)
		p->origin = (struct origin){ origin->source, origin->offset + skipped };
	if (p->origin.source == origin->source &&
	    p->origin.offset + p->bytes == origin->offset + skipped)
		p->origin_bytes += bytes;
}

int file_data_write(struct file_data *fd, u64 file_off, const void *data, size_t bytes,
		    const struct origin *origin)
{
	const u8 *from = data;
	if (fd->hash)
		file_hash_add(fd->hash, file_off, data, bytes);
	while (bytes) {
		u64 sector_end = fd->open ? align_up(open_end(fd->open), BTRFS_SECTORSIZE) : 0;
		if (fd->open && file_off > sector_end) {
			zero_fill(fd->open, sector_end);
			fd->nr_stretches++;
			int err = close_piece(fd);
			if (err)
				return err;
		}
		if (!fd->open)
			open_piece(fd, file_off);
		struct piece *p = fd->open;
		zero_fill(p, file_off);
		u64 limit = align_down(p->file_off, PIECE_BYTES) + PIECE_BYTES;
		u32 n = u32_from_u64(min_u64(bytes, limit - file_off));
		track_origin(p, origin, (u64)(from - (const u8 *)data), n);
		memcpy(p->in + p->bytes, from, n);
		p->bytes += n;
		file_off += n;
		from += n;
		bytes -= n;
		if (file_off == limit) {
			int err = close_piece(fd);
			if (err)
				return err;
		}
	}
	return 0;
}

/* Here the bytes are wanted before the threads get the piece. */
static int look_at(struct file_data *fd, struct piece *p)
{
	piece_read(p);
	if (p->unread)
		return spool_read_failed(p->unread, p->origin.offset, p->error);
	if (fd->hash)
		file_hash_add(fd->hash, p->file_off, p->in, p->bytes);
	return 0;
}

int file_data_refer(struct file_data *fd, struct origin origin, u64 bytes)
{
	const struct spool *archive = fd->content->sources[origin.source];
	int err = 0;
	for (u64 done = 0; !err && done < bytes;) {
		open_piece(fd, done);
		struct piece *p = fd->open;
		p->bytes = p->origin_bytes = (u32)min_u64(bytes - done, PIECE_BYTES);
		p->origin = (struct origin){ origin.source, origin.offset + done };
		p->unread = archive;
		done += p->bytes;
		if (fd->hash || fd->options.detect_holes)
			err = look_at(fd, p);
		if (!err && p->bytes == PIECE_BYTES)
			err = close_piece(fd);
	}
	return err;
}

int file_data_end(struct file_data *fd)
{
	struct inode *inode = fd->inode;
	u64 size = inode->size;
	if (fd->hash) {
		u8 *hash = arena_alloc_unaligned(&fd->content->hashes, FILE_HASH_BYTES);
		file_hash_finish(fd->hash, hash);
		fd->hash = NULL;
		inode->hash = hash;
	}
	if (!fd->open)
		return 0;
	struct piece *p = fd->open;
	zero_fill(p, min_u64(size, align_up(open_end(p), BTRFS_SECTORSIZE)));
	p->may_inline = fd->nr_closed == 0 && p->bytes == size && size <= fd->options.max_inline &&
			size <= BTRFS_SECTORSIZE && !fd->storage.without_sums;
	p->may_pack =
		open_end(p) == size && p->bytes < fd->options.pack_bytes && fd->storage.codec.codec;
	return close_piece(fd);
}

int file_data_add_pack(struct file_data *fd, const struct codec_choice *codec, const u32 *tails,
		       u32 nr)
{
	struct batch *b = pipeline_batch(fd->pipeline);
	struct piece *p = &b->pieces[b->nr];
	struct pack *pack = xzalloc(sizeof(*pack));
	int err = 0;
	assert(!fd->open && nr <= PIECE_SECTORS);
	pack->nr = nr;
	memcpy(pack->tails, tails, nr * sizeof(*tails));
	*p = (struct piece){
		.pack = pack,
		.storage = { .codec = *codec },
		.in = b->in + b->in_bytes,
	};
	for (u32 i = 0; i < nr && !err; i++) {
		const struct blob *tail = &fd->content->blobs[tails[i]];
		const u32 padded = u32_from_u64(align_up(tail->ram_bytes, BTRFS_SECTORSIZE));
		assert(p->padded + padded <= PIECE_BYTES);
		err = content_unpack(fd->content, tail, p->in + p->padded);
		memset(p->in + p->padded + tail->ram_bytes, 0, padded - tail->ram_bytes);
		p->bytes = p->padded + tail->ram_bytes;
		p->padded += padded;
	}
	b->nr++;
	b->in_bytes += p->padded;
	return err ? err : pipeline_push(fd->pipeline);
}

int file_data_flush(struct file_data *fd)
{
	return pipeline_flush(fd->pipeline);
}

/* ---- life ----------------------------------------------------------------------------- */

struct file_data *file_data_new(const struct file_data_options *options, struct content *content)
{
	struct file_data *fd = xzalloc(sizeof(*fd));
	fd->options = *options;
	fd->content = content;
	content->copies_share = options->dedupe;
	dedupe_init(&fd->dedupe);
	fd->rules = (struct piece_rules){
		.csum = options->csum,
		.sum_bytes = checksum_size(options->csum),
		.nodesize = options->nodesize,
		.dedupe = options->dedupe ? &fd->dedupe : NULL,
		.small = options->pack_bytes,
	};
	fd->taker = taker_new(&fd->rules, content);
	fd->pipeline = pipeline_new(&fd->rules, options->threads, take_up, fd->taker);
	return fd;
}

void file_data_free(struct file_data *fd)
{
	if (!fd)
		return;
	pipeline_free(fd->pipeline);
	taker_free(fd->taker);
	dedupe_release(&fd->dedupe);
	file_hash_free(fd->hash);
	xfree(fd);
}
