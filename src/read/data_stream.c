/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/data_stream.h"
#include "file_load.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/work_ring.h"

#include <pthread.h>

/* A batch is full when one of these has no room for what comes next. */
#define BATCH_BYTES (256u << 10)
#define BATCH_LOADS 512u
#define BATCH_EXTRA_BYTES (64u << 10)
#define EXTRA_ALIGNMENT 8u

#define BATCHES_PER_THREAD 4

/* A load, and where its bytes belong. */
struct batch_load {
	struct data_load load;
	u32 at;           /* in load_batch.bytes */
	const char *name; /* what messages begin with, or NULL */
	bool is_bad;      /* the bytes are not there: data_load_bring() tells why */
};

/* One slot of the ring of work. */
struct load_batch {
	u8 *bytes; /* as they are written, when all loads have brought theirs */
	u32 used;
	u8 *extra; /* names, and the loads' sums, inline bytes and hashes */
	u32 extra_used;
	const char *name; /* of the last load */
	u32 nr;
	struct batch_load loads[BATCH_LOADS];
};

struct data_stream {
	struct filesystem *fs;
	int fd;
	const char *name;
	int err;         /* the first one */
	pthread_t owner; /* the others only say that memory has run out */
	bool is_collecting;
	struct data_loader *loader; /* of loads that are bad */
	struct work_ring *ring;
	struct load_batch *batches; /* by slot */
	u32 nr_batches;
};

/* ---- the calls of the ring ----------------------------------------------------------- */

static void *thread_loader_new(void *context)
{
	const struct data_stream *s = context;
	return data_loader_new(s->fs);
}

static void thread_loader_free(void *thread)
{
	data_loader_free(thread);
}

static void load_batch(void *context, void *thread, u32 slot)
{
	struct data_stream *s = context;
	struct load_batch *b = &s->batches[slot];
	for (u32 i = 0; i < b->nr; i++) {
		struct batch_load *l = &b->loads[i];
		u8 *room = b->bytes + l->at;
		const u8 *found = data_load_try(thread, &l->load, room);
		l->is_bad = !found;
		if (found && found != room)
			memcpy(room, found, l->load.bytes);
	}
}

/* Bring what is bad, with all messages that this causes. */
static int mend_batch(struct data_stream *s, const struct load_batch *b)
{
	int err = 0;
	for (u32 i = 0; !err && i < b->nr; i++) {
		const struct batch_load *l = &b->loads[i];
		const u8 *found = NULL;
		if (!l->is_bad)
			continue;
		diag_set_context(l->name);
		err = data_load_bring(s->loader, &l->load, &found);
		if (!err)
			memcpy(b->bytes + l->at, found, l->load.bytes);
	}
	return err;
}

static int write_batch(const struct data_stream *s, const struct load_batch *b)
{
	diag_set_context(NULL);
	int err = io_write_full(s->fd, b->bytes, b->used);
	return err ? fail(err, "cannot write %s: %s", s->name, strerror(-err)) : 0;
}

static int collect_loads(void *context, u32 slot)
{
	struct data_stream *s = context;
	struct load_batch *b = &s->batches[slot];
	const char *outer = diag_context();
	s->is_collecting = true;
	s->err = mend_batch(s, b);
	if (!s->err)
		s->err = write_batch(s, b);
	s->is_collecting = false;
	diag_set_context(outer);
	b->used = b->extra_used = b->nr = 0;
	b->name = NULL;
	return s->err;
}

static const struct work_ring_calls stream_calls = {
	.thread_new = thread_loader_new,
	.thread_free = thread_loader_free,
	.work = load_batch,
	.collect = collect_loads,
};

/* ---- filling ------------------------------------------------------------------------- */

/* A batch gets its memory when it is first filled: few bytes need few batches. */
static struct load_batch *filling(struct data_stream *s)
{
	struct load_batch *b = &s->batches[work_ring_slot(s->ring)];
	if (!b->bytes) {
		b->bytes = xaligned(BATCH_BYTES);
		b->extra = xmalloc(BATCH_EXTRA_BYTES);
	}
	return b;
}

static u32 room_of(struct data_stream *s)
{
	return BATCH_BYTES - filling(s)->used;
}

int data_stream_flush(struct data_stream *s)
{
	if (!s->err && filling(s)->used)
		s->err = work_ring_submit(s->ring);
	if (!s->err)
		s->err = work_ring_flush(s->ring);
	return s->err;
}

/* What comes before a message is written before; and nothing comes behind an error. */
static bool before_message(void *context)
{
	struct data_stream *s = context;
	return s->is_collecting || !pthread_equal(s->owner, pthread_self()) ||
	       !data_stream_flush(s);
}

/* @bytes: NULL stands for zeros */
static int put_literal(struct data_stream *s, const u8 *bytes, u64 len)
{
	while (!s->err && len) {
		struct load_batch *b = filling(s);
		const size_t n = min_u64(len, BATCH_BYTES - b->used);
		if (bytes)
			memcpy(b->bytes + b->used, bytes, n);
		else
			memset(b->bytes + b->used, 0, n);
		b->used += (u32)n;
		bytes = bytes ? bytes + n : NULL;
		len -= n;
		if (b->used == BATCH_BYTES)
			s->err = work_ring_submit(s->ring);
	}
	return s->err;
}

int data_stream_bytes(struct data_stream *s, const void *bytes, size_t len)
{
	return put_literal(s, bytes, len);
}

/* What is kept begins aligned, as memory of malloc() does. */
static size_t extra_room(size_t len)
{
	return align_up(len, EXTRA_ALIGNMENT);
}

static const void *keep_extra(struct load_batch *b, const void *bytes, size_t len)
{
	u8 *at = b->extra + b->extra_used;
	memcpy(at, bytes, len);
	b->extra_used += (u32)extra_room(len);
	return at;
}

static void add_load(const struct data_stream *s, struct load_batch *b,
		     const struct data_load *load)
{
	const char *name = diag_context();
	struct batch_load *l = &b->loads[b->nr++];
	*l = (struct batch_load){ .load = *load, .at = b->used };
	b->used += load->bytes;
	if (load->extra)
		l->load.extra = keep_extra(b, load->extra, data_load_extra_bytes(s->loader, load));
	if (load->hashes)
		l->load.hashes = keep_extra(b, load->hashes,
					    expected_hashes_bytes(load->hashes, load->bytes));
	if (name && (!b->name || strcmp(name, b->name)))
		b->name = keep_extra(b, name, strlen(name) + 1);
	l->name = name ? b->name : NULL;
}

static int put_load(struct data_stream *s, const struct data_load *load)
{
	const struct load_batch *b = filling(s);
	const char *name = diag_context();
	const size_t extra =
		extra_room(data_load_extra_bytes(s->loader, load)) +
		extra_room(load->hashes ? expected_hashes_bytes(load->hashes, load->bytes) : 0) +
		extra_room(name ? strlen(name) + 1 : 0);
	assert(load->bytes <= BATCH_BYTES && extra <= BATCH_EXTRA_BYTES);
	if (b->nr == BATCH_LOADS || load->bytes > BATCH_BYTES - b->used ||
	    extra > BATCH_EXTRA_BYTES - b->extra_used)
		s->err = work_ring_submit(s->ring);
	if (!s->err)
		add_load(s, filling(s), load);
	return s->err;
}

/* The next data of the file. Returns 1, 0 at its end, or an error. */
static int plan_load(struct data_stream *s, struct file_reader *file, u64 *offset,
		     struct data_load *load)
{
	if (!s->err && room_of(s) < BTRFS_SECTORSIZE)
		s->err = work_ring_submit(s->ring);
	if (s->err)
		return s->err;
	return file_reader_next_load(file, align_down(room_of(s), BTRFS_SECTORSIZE), offset, load);
}

int data_stream_runs(struct data_stream *s, struct file_reader *file, u64 *bytes)
{
	struct data_load load = { .bytes = 0 };
	u64 offset;
	int more, err = 0;
	*bytes = 0;
	while (!err && (more = plan_load(s, file, &offset, &load))) {
		if (more < 0)
			return more;
		err = put_load(s, &load);
		*bytes += load.bytes;
	}
	return err;
}

int data_stream_whole(struct data_stream *s, struct file_reader *file, u64 size)
{
	struct data_load load = { .bytes = 0 };
	u64 offset = 0, done = 0;
	int more, err = 0;
	while (!err && (more = plan_load(s, file, &offset, &load))) {
		if (more < 0)
			return more;
		err = put_literal(s, NULL, offset - done);
		if (!err)
			err = put_load(s, &load);
		done = offset + load.bytes;
	}
	return err ? err : put_literal(s, NULL, size - done);
}

/* ---- life ---------------------------------------------------------------------------- */

struct data_stream *data_stream_new(struct filesystem *fs, int fd, const char *name, u32 threads)
{
	struct data_stream *s = xzalloc(sizeof(*s));
	s->fs = fs;
	s->fd = fd;
	s->name = name;
	s->owner = pthread_self();
	s->loader = data_loader_new(fs);
	s->nr_batches = threads == 1 ? 1 : threads * BATCHES_PER_THREAD;
	s->batches = xzalloc(s->nr_batches * sizeof(*s->batches));
	s->ring = work_ring_new(&stream_calls, s, s->nr_batches, threads);
	diag_set_before(before_message, s);
	return s;
}

void data_stream_free(struct data_stream *s)
{
	if (!s)
		return;
	diag_set_before(NULL, NULL);
	work_ring_free(s->ring);
	data_loader_free(s->loader);
	for (u32 i = 0; i < s->nr_batches; i++) {
		xfree(s->batches[i].bytes);
		xfree(s->batches[i].extra);
	}
	xfree(s->batches);
	xfree(s);
}
