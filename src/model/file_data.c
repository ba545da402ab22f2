/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pipeline. The caller's thread cuts file data into pieces and gathers them
 * in batches (one large piece, or many small files); workers compress and
 * checksum whole batches; the caller's thread takes the results up, oldest
 * batch first, and appends them to the content. When all batches are under way it
 * does not wait but works on one itself, so N threads keep N CPUs busy.
 *
 * The mutex guards only the states of batches; no lock is held over work.
 */
#include "model/file_data.h"
#include "codec_contexts.h"

#include "model/file_hash.h"

#include <pthread.h>

#define PIECE_BYTES BTRFS_MAX_COMPRESSED
#define BATCH_BYTES (2 * PIECE_BYTES) /* a batch below one piece's size has room for another */
#define BATCH_PIECES (PIECE_BYTES / BTRFS_SECTORSIZE)
#define BATCHES_PER_THREAD 3
/* A batch that may take one piece more can get a full one, with a hole at every other sector. */
#define BATCH_PIECES_MAX (BATCH_PIECES + PIECE_BYTES / BTRFS_SECTORSIZE / 2)

/*
 * The largest uncompressed extent. Relocation moves an extent as a unit, so a small
 * sprout must find room for one when the seed is removed.
 */
#define MAX_PLAIN_EXTENT (1u << 20)

/* A stretch of one file that is stored as a unit. */
struct piece {
	struct inode *inode;
	struct storage storage;
	u64 file_off;
	u32 bytes;       /* of file data */
	u32 padded;      /* bytes rounded up to whole sectors, the rest zero */
	bool may_inline; /* it is the whole of a small file */
	u8 *in;          /* padded bytes in the batch */
	struct origin origin;
	u32 origin_bytes; /* from the piece's beginning that lie at its origin */
	/* results */
	const u8 *stored; /* in, or compressed bytes in the batch */
	u32 stored_bytes;
	u8 *sums;
	u8 hash[16];
	u8 compression;
	bool is_inline;
};

enum batch_state {
	BATCH_FILLING,
	BATCH_QUEUED,
	BATCH_WORKING,
	BATCH_DONE
};

struct batch {
	enum batch_state state;
	u32 nr;
	u32 in_bytes;
	struct piece pieces[BATCH_PIECES_MAX];
	u8 *in;   /* BATCH_BYTES */
	u8 *out;  /* BATCH_BYTES: what is compressed is smaller than its input */
	u8 *sums; /* of all stored sectors */
};

struct file_data {
	struct file_data_options options;
	struct content *content;
	u32 sum_bytes;

	struct inode *inode;    /* of the file being cut */
	struct storage storage; /* likewise */
	struct file_hash *hash; /* of that file, or NULL */
	struct piece *open; /* its piece being filled, in the filling batch; NULL between pieces */
	u32 nr_closed;      /* pieces of this file before the open one */

	struct batch *batches; /* a ring: [oldest, filling) are under way */
	unsigned nr_batches;
	unsigned oldest;
	unsigned filling;
	struct codec_contexts contexts; /* of the caller's thread */

	pthread_mutex_t mutex;
	pthread_cond_t work_queued;
	pthread_cond_t work_done;
	unsigned next_work; /* the first queued batch of the ring */
	bool stopping;
	pthread_t *workers;
	unsigned nr_workers;
};

/* ---- work on a batch: any thread ------------------------------------------------ */

static void store_inline(const struct file_data *fd, void *context, struct piece *p, u8 *out)
{
	const struct codec *codec = p->storage.codec.codec;
	u32 limit = btrfs_max_inline_stored(fd->options.nodesize);
	u32 most = p->bytes - 1 < limit ? p->bytes - 1 : limit;
	size_t n = codec && most ? codec->compress(context, p->in, p->bytes, out, most) : 0;
	if (n) {
		p->is_inline = true;
		p->compression = u8_from_u64(codec->type);
		p->stored = out;
		p->stored_bytes = (u32)n;
	} else if (p->bytes < BTRFS_SECTORSIZE && p->bytes <= limit) {
		p->is_inline = true;
		p->stored = p->in;
		p->stored_bytes = p->bytes;
	}
}

static void store_extent(void *context, struct piece *p, u8 *out)
{
	const struct codec *codec = p->storage.codec.codec;
	u32 most = p->padded - BTRFS_SECTORSIZE; /* else it saves no sector */
	size_t n = 0;
	if (codec && most)
		n = codec->compress(context, p->in, p->bytes, out, most);
	p->stored = p->in;
	p->stored_bytes = p->padded;
	if (n) {
		p->compression = u8_from_u64(codec->type);
		p->stored = out;
		p->stored_bytes = u32_from_u64(align_up(n, BTRFS_SECTORSIZE));
		memset(out + n, 0, p->stored_bytes - n);
	}
}

static void work_on_batch(const struct file_data *fd, struct codec_contexts *contexts,
			  struct batch *b)
{
	u8 *out = b->out, *sums = b->sums;
	for (u32 i = 0; i < b->nr; i++) {
		struct piece *p = &b->pieces[i];
		void *context = codec_contexts_get(contexts, &p->storage.codec);
		if (p->may_inline)
			store_inline(fd, context, p, out);
		if (!p->is_inline) {
			store_extent(context, p, out);
			p->sums = sums;
			if (!p->storage.without_sums) {
				u32 sectors = p->stored_bytes / BTRFS_SECTORSIZE;
				checksum_sectors(fd->options.csum, p->stored, sectors, sums);
				sums += sectors * fd->sum_bytes;
			}
		}
		if (p->stored == out)
			out += p->stored_bytes;
		hash128(p->stored, p->stored_bytes, p->hash);
	}
}

static void set_state(struct file_data *fd, struct batch *b, enum batch_state state)
{
	pthread_mutex_lock(&fd->mutex);
	b->state = state;
	pthread_mutex_unlock(&fd->mutex);
}

/* The next queued batch, or NULL. Call with the mutex held. */
static struct batch *take_work(struct file_data *fd)
{
	struct batch *b = &fd->batches[fd->next_work];
	if (b->state != BATCH_QUEUED)
		return NULL;
	b->state = BATCH_WORKING;
	fd->next_work = (fd->next_work + 1) % fd->nr_batches;
	return b;
}

static void *worker(void *arg)
{
	struct file_data *fd = arg;
	struct codec_contexts contexts = { .nr = 0 };

	pthread_mutex_lock(&fd->mutex);
	while (!fd->stopping) {
		struct batch *b = take_work(fd);
		if (!b) {
			pthread_cond_wait(&fd->work_queued, &fd->mutex);
			continue;
		}
		pthread_mutex_unlock(&fd->mutex);
		work_on_batch(fd, &contexts, b);
		pthread_mutex_lock(&fd->mutex);
		b->state = BATCH_DONE;
		pthread_cond_signal(&fd->work_done);
	}
	pthread_mutex_unlock(&fd->mutex);
	codec_contexts_release(&contexts);
	return NULL;
}

/* ---- taking results up: the caller's thread -------------------------------------- */

/* A plain piece that continues the file's last extent makes it longer: one item less. */
static struct extent *extent_to_continue(const struct file_data *fd, const struct piece *p)
{
	const struct content *c = fd->content;
	const struct inode *inode = p->inode;
	if (!inode->nr || p->compression)
		return NULL;
	assert(inode->first_extent + inode->nr == c->nr_extents);
	struct extent *last = &c->extents[c->nr_extents - 1];
	if (last->compression || last->is_inline ||
	    last->file_off + last->ram_bytes != p->file_off ||
	    last->stored_bytes + p->stored_bytes > MAX_PLAIN_EXTENT)
		return NULL;
	return last;
}

/* Whether all of a plain piece can be found again in the archive, but for zeros at its end. */
static bool is_in_archive(const struct file_data *fd, const struct piece *p)
{
	const struct origin *o = &p->origin;
	return o->source != CONTENT_SPOOL && !p->compression && p->origin_bytes == p->bytes &&
	       o->offset + p->bytes <= spool_size(fd->content->sources[o->source]);
}

/* Move an extent's bytes from the archive to the spool. */
static int bring_into_spool(struct content *c, struct extent *e)
{
	u8 *bytes = xmalloc(e->stored_bytes);
	u64 spool_off = spool_size(c->sources[CONTENT_SPOOL]);
	int err = content_read(c, e, bytes);
	if (!err)
		err = spool_append(c->sources[CONTENT_SPOOL], bytes, e->stored_bytes);
	xfree(bytes);
	e->source = CONTENT_SPOOL;
	e->spool_off = spool_off;
	e->padding = 0;
	return err;
}

static int spool_piece(struct file_data *fd, const struct piece *p)
{
	return spool_append(fd->content->sources[CONTENT_SPOOL], p->stored, p->stored_bytes);
}

static int continue_extent(struct file_data *fd, struct extent *e, const struct piece *p)
{
	int err = 0;
	if (is_in_archive(fd, p) && e->source == p->origin.source && !e->padding &&
	    e->spool_off + e->stored_bytes == p->origin.offset) {
		e->padding = u16_from_u64(p->padded - p->bytes);
	} else {
		if (e->source != CONTENT_SPOOL)
			err = bring_into_spool(fd->content, e);
		if (!err)
			err = spool_piece(fd, p);
	}
	u8 both[2 * sizeof(e->hash)];
	memcpy(both, e->hash, sizeof(e->hash));
	memcpy(both + sizeof(e->hash), p->hash, sizeof(p->hash));
	hash128(both, sizeof(both), e->hash);
	e->stored_bytes += p->stored_bytes;
	e->ram_bytes += p->padded;
	return err;
}

static int add_extent(struct file_data *fd, const struct piece *p)
{
	struct content *c = fd->content;
	bool in_archive = is_in_archive(fd, p);
	struct inode *inode = p->inode;
	c->extents =
		mem_grow(c->extents, &c->extents_capacity, c->nr_extents + 1, sizeof(*c->extents));
	struct extent *e = &c->extents[c->nr_extents];
	*e = (struct extent){
		.file_off = p->file_off,
		.sums_off = spool_size(c->aux),
		.stored_bytes = p->stored_bytes,
		.ram_bytes = p->is_inline ? p->bytes : p->padded,
		.compression = p->compression,
		.is_inline = p->is_inline,
		.without_sums = p->storage.without_sums,
		.codec_id = codec_choice_id(&p->storage.codec),
	};
	memcpy(e->hash, p->hash, sizeof(e->hash));
	if (!inode->nr)
		inode->first_extent = c->nr_extents;
	inode->nr++;
	c->nr_extents++;
	if (p->is_inline) {
		e->spool_off = spool_size(c->aux);
		return spool_append(c->aux, p->stored, p->stored_bytes);
	}
	if (in_archive) {
		e->source = p->origin.source;
		e->spool_off = p->origin.offset;
		e->padding = u16_from_u64(p->padded - p->bytes);
		return 0;
	}
	e->spool_off = spool_size(c->sources[CONTENT_SPOOL]);
	return spool_piece(fd, p);
}

static int take_up_piece(struct file_data *fd, const struct piece *p)
{
	struct extent *last = extent_to_continue(fd, p);
	int err = last ? continue_extent(fd, last, p) : add_extent(fd, p);
	if (!err && !p->is_inline && !p->storage.without_sums)
		err = spool_append(fd->content->aux, p->sums,
				   (size_t)(p->stored_bytes / BTRFS_SECTORSIZE) * fd->sum_bytes);
	return err;
}

static int take_up_oldest(struct file_data *fd)
{
	struct batch *b = &fd->batches[fd->oldest];
	int err = 0;
	for (u32 i = 0; i < b->nr && !err; i++)
		err = take_up_piece(fd, &b->pieces[i]);
	b->nr = 0;
	b->in_bytes = 0;
	set_state(fd, b, BATCH_FILLING);
	fd->oldest = (fd->oldest + 1) % fd->nr_batches;
	return err;
}

/* Make the oldest batch done: by waiting, or by working where work is left. */
static void finish_oldest(struct file_data *fd)
{
	pthread_mutex_lock(&fd->mutex);
	while (fd->batches[fd->oldest].state != BATCH_DONE) {
		struct batch *b = take_work(fd);
		if (!b) {
			pthread_cond_wait(&fd->work_done, &fd->mutex);
			continue;
		}
		pthread_mutex_unlock(&fd->mutex);
		work_on_batch(fd, &fd->contexts, b);
		pthread_mutex_lock(&fd->mutex);
		b->state = BATCH_DONE;
	}
	pthread_mutex_unlock(&fd->mutex);
}

/* Queue the filling batch and find another to fill. */
static int submit(struct file_data *fd)
{
	set_state(fd, &fd->batches[fd->filling], BATCH_QUEUED);
	pthread_cond_signal(&fd->work_queued);
	fd->filling = (fd->filling + 1) % fd->nr_batches;
	if (fd->filling != fd->oldest)
		return 0;
	finish_oldest(fd);
	return take_up_oldest(fd);
}

int file_data_flush(struct file_data *fd)
{
	int err = fd->batches[fd->filling].nr ? submit(fd) : 0;
	while (!err && fd->oldest != fd->filling) {
		finish_oldest(fd);
		err = take_up_oldest(fd);
	}
	return err;
}

/* ---- cutting ------------------------------------------------------------------------ */

static u64 open_end(const struct piece *p)
{
	return p->file_off + p->bytes;
}

static void open_piece(struct file_data *fd, u64 file_off)
{
	struct batch *b = &fd->batches[fd->filling];
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
	part.origin.offset += start;
	part.origin_bytes =
		p->origin_bytes > start ? (u32)min_u64(part.bytes, p->origin_bytes - start) : 0;
	return part;
}

/* Replace the closed piece behind the batch's others by what is left of it without zero sectors. */
static void cut_holes(struct batch *b)
{
	const struct piece whole = b->pieces[b->nr];
	u32 start = 0; /* of the run of sectors that are not zero */
	for (u32 at = 0; at < whole.padded; at += BTRFS_SECTORSIZE) {
		if (!is_zero_sector(&whole, at))
			continue;
		if (at > start)
			b->pieces[b->nr++] = part_of(&whole, start, at);
		start = at + BTRFS_SECTORSIZE;
	}
	if (whole.padded > start)
		b->pieces[b->nr++] = part_of(&whole, start, whole.padded);
}

static int close_piece(struct file_data *fd)
{
	struct batch *b = &fd->batches[fd->filling];
	struct piece *p = fd->open;
	p->padded = u32_from_u64(align_up(p->bytes, BTRFS_SECTORSIZE));
	memset(p->in + p->bytes, 0, p->padded - p->bytes);
	b->in_bytes += p->padded;
	if (fd->options.detect_holes)
		cut_holes(b);
	else
		b->nr++;
	fd->nr_closed++;
	fd->open = NULL;
	if (b->nr < BATCH_PIECES && b->in_bytes < PIECE_BYTES)
		return 0;
	return submit(fd);
}

u16 file_data_add_archive(struct file_data *fd, int archive_fd, const char *name)
{
	return content_add_archive(fd->content, archive_fd, name);
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
	return close_piece(fd);
}

/* ---- life ----------------------------------------------------------------------------- */

static void start_workers(struct file_data *fd)
{
	fd->workers = xzalloc(fd->options.threads * sizeof(*fd->workers));
	while (fd->nr_workers + 1 < fd->options.threads) {
		/* Fewer threads than wished for are no error: the caller works too. */
		if (pthread_create(&fd->workers[fd->nr_workers], NULL, worker, fd) != 0)
			break;
		fd->nr_workers++;
	}
}

struct file_data *file_data_new(const struct file_data_options *options, struct content *content)
{
	struct file_data *fd = xzalloc(sizeof(*fd));
	fd->options = *options;
	fd->content = content;
	fd->sum_bytes = checksum_size(options->csum);
	fd->nr_batches = options->threads == 1 ? 2 : options->threads * BATCHES_PER_THREAD;
	fd->batches = xzalloc(fd->nr_batches * sizeof(*fd->batches));
	for (unsigned i = 0; i < fd->nr_batches; i++) {
		struct batch *b = &fd->batches[i];
		b->in = xaligned(BATCH_BYTES);
		b->out = xaligned(BATCH_BYTES);
		b->sums = xmalloc(BATCH_BYTES / BTRFS_SECTORSIZE * BTRFS_CSUM_SIZE);
	}
	pthread_mutex_init(&fd->mutex, NULL);
	pthread_cond_init(&fd->work_queued, NULL);
	pthread_cond_init(&fd->work_done, NULL);
	start_workers(fd);
	return fd;
}

void file_data_free(struct file_data *fd)
{
	if (!fd)
		return;
	pthread_mutex_lock(&fd->mutex);
	fd->stopping = true;
	pthread_cond_broadcast(&fd->work_queued);
	pthread_mutex_unlock(&fd->mutex);
	for (unsigned i = 0; i < fd->nr_workers; i++)
		pthread_join(fd->workers[i], NULL);
	pthread_mutex_destroy(&fd->mutex);
	pthread_cond_destroy(&fd->work_queued);
	pthread_cond_destroy(&fd->work_done);
	codec_contexts_release(&fd->contexts);
	for (unsigned i = 0; i < fd->nr_batches; i++) {
		xfree(fd->batches[i].in);
		xfree(fd->batches[i].out);
		xfree(fd->batches[i].sums);
	}
	xfree(fd->batches);
	xfree(fd->workers);
	file_hash_free(fd->hash);
	xfree(fd);
}
