/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/emit.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"
#include "disk/checksum.h"

#include <unistd.h>

#define BUFFER_BYTES (256u << 10)
#define KERNEL_COPY_BYTES (256u << 10) /* less goes through the buffer, with its neighbours */
#define KERNEL_COPY_MOST (64u << 20)   /* in one call, so that the progress can be shown */

struct emit {
	struct image_output output;
	u64 position; /* of the next byte; all before it is written or buffered */
	u8 *buffer;
	size_t buffered;
	const struct btrfs_super_block *supers;
	u32 nr_supers, next_super;
};

struct emit *emit_new(const struct image_output *output, const struct btrfs_super_block *supers,
		      u32 nr_supers)
{
	struct emit *e = xzalloc(sizeof(*e));
	e->output = *output;
	e->supers = supers;
	e->nr_supers = nr_supers;
	e->buffer = xaligned(BUFFER_BYTES);
	return e;
}

void emit_free(struct emit *e)
{
	if (!e)
		return;
	xfree(e->buffer);
	xfree(e);
}

static int write_failed(const struct emit *e, int err)
{
	errno = -err;
	return fail_errno("cannot write %s at byte %llu",
			  e->output.name ? e->output.name : "the image",
			  (unsigned long long)(e->position - e->buffered));
}

/* Count written bytes; @data may be NULL if there is no digest. */
static void account(struct emit *e, const void *data, u64 bytes)
{
	if (e->output.digest && data)
		sha256_add(e->output.digest, data, bytes);
	if (e->output.written)
		*e->output.written += bytes;
}

static int emit_flush(struct emit *e)
{
	int err = io_write_full(e->output.fd, e->buffer, e->buffered);
	if (err)
		return write_failed(e, err);
	account(e, e->buffer, e->buffered);
	e->buffered = 0;
	return 0;
}

int emit_bytes(struct emit *e, const void *data, size_t bytes)
{
	const u8 *from = data;
	while (bytes) {
		size_t n = min_u64(bytes, BUFFER_BYTES - e->buffered);
		memcpy(e->buffer + e->buffered, from, n);
		e->buffered += n;
		e->position += n;
		from += n;
		bytes -= n;
		if (e->buffered == BUFFER_BYTES) {
			int err = emit_flush(e);
			if (err)
				return err;
		}
	}
	return 0;
}

static const u8 zeros[64 << 10];

/* Leave a hole. */
static int skip_zeros(struct emit *e, u64 bytes)
{
	int err = emit_flush(e);
	if (err)
		return err;
	if (lseek(e->output.fd, (off_t)bytes, SEEK_CUR) < 0)
		return write_failed(e, -errno);
	e->position += bytes;
	while (e->output.digest && bytes) {
		size_t n = min_u64(bytes, sizeof(zeros));
		account(e, zeros, n);
		bytes -= n;
	}
	account(e, NULL, bytes);
	return 0;
}

static int emit_zeros(struct emit *e, u64 bytes)
{
	if (e->output.sparse && bytes >= BTRFS_SECTORSIZE)
		return skip_zeros(e, bytes);
	while (bytes) {
		size_t n = min_u64(bytes, sizeof(zeros));
		int err = emit_bytes(e, zeros, n);
		if (err)
			return err;
		bytes -= n;
	}
	return 0;
}

/* The next superblock copy, if it begins before @position; else NULL. */
static const struct btrfs_super_block *next_super(struct emit *e, u64 position)
{
	if (e->next_super == e->nr_supers || from_le64(e->supers[e->next_super].bytenr) >= position)
		return NULL;
	return &e->supers[e->next_super++];
}

static int fill_up_to(struct emit *e, u64 position)
{
	assert(e->position <= position);
	return emit_zeros(e, position - e->position);
}

/* Reach @position by @move, and write the superblock copies on the way. */
static int advance(struct emit *e, u64 position, int (*move)(struct emit *e, u64 position))
{
	const struct btrfs_super_block *super;
	int err = 0;
	while (!err && (super = next_super(e, position))) {
		err = move(e, from_le64(super->bytenr));
		if (!err)
			err = emit_bytes(e, super, sizeof(*super));
	}
	return err ? err : move(e, position);
}

int emit_at(struct emit *e, u64 position)
{
	return advance(e, position, fill_up_to);
}

int emit_seek(struct emit *e, u64 position)
{
	int err = emit_flush(e);
	if (!err && lseek(e->output.fd, (off_t)position - (off_t)e->position, SEEK_CUR) < 0)
		err = write_failed(e, -errno);
	e->position = position;
	return err;
}

int emit_skip(struct emit *e, u64 position)
{
	return advance(e, position, emit_seek);
}

/* For short ranges, and for all data if there is a digest. */
static int emit_buffered(struct emit *e, struct spool *spool, u64 offset, u64 bytes)
{
	int err = 0;
	while (!err && bytes) {
		size_t n = min_u64(bytes, BUFFER_BYTES - e->buffered);
		err = spool_read(spool, offset, e->buffer + e->buffered, n);
		if (err)
			return err;
		e->buffered += n;
		e->position += n;
		offset += n;
		bytes -= n;
		if (e->buffered == BUFFER_BYTES)
			err = emit_flush(e);
	}
	return err;
}

int emit_spool(struct emit *e, struct spool *spool, u64 offset, u64 bytes)
{
	if (bytes < KERNEL_COPY_BYTES || e->output.digest)
		return emit_buffered(e, spool, offset, bytes);
	int err = emit_flush(e);
	while (!err && bytes) {
		u64 n = min_u64(bytes, KERNEL_COPY_MOST);
		bool write_error;
		err = spool_copy(spool, offset, n, e->output.fd, &write_error);
		if (err)
			return write_error ? write_failed(e, err) : err;
		account(e, NULL, n);
		e->position += n;
		offset += n;
		bytes -= n;
	}
	return err;
}

int emit_finish(struct emit *e, u64 total_bytes)
{
	int err = emit_at(e, total_bytes);
	if (!err)
		err = emit_flush(e);
	/* A hole at the end does not make a file longer. */
	if (!err && e->output.sparse && ftruncate(e->output.fd, (off_t)total_bytes) < 0)
		err = write_failed(e, -errno);
	return err;
}
