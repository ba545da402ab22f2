/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <unistd.h>

#define BUFFER_BYTES (1u << 20)

struct emit {
	int fd;
	bool sparse;
	u64 position; /* behind what is written and buffered */
	u8 *buffer;
	size_t buffered;
	const struct btrfs_super_block *supers;
	u32 nr_supers, next_super;
};

struct emit *emit_new(int fd, bool sparse, const struct btrfs_super_block *supers, u32 nr_supers)
{
	struct emit *e = xzalloc(sizeof(*e));
	e->fd = fd;
	e->sparse = sparse;
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
	return fail_errno("cannot write the image at byte %llu",
			  (unsigned long long)(e->position - e->buffered));
}

static int flush(struct emit *e)
{
	int err = io_write_full(e->fd, e->buffer, e->buffered);
	if (err)
		return write_failed(e, err);
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
			int err = flush(e);
			if (err)
				return err;
		}
	}
	return 0;
}

static int emit_zeros(struct emit *e, u64 bytes)
{
	static const u8 zeros[BTRFS_SECTORSIZE];
	if (e->sparse && bytes >= BTRFS_SECTORSIZE) {
		int err = flush(e);
		if (err)
			return err;
		if (lseek(e->fd, (off_t)bytes, SEEK_CUR) < 0)
			return write_failed(e, -errno);
		e->position += bytes;
		return 0;
	}
	while (bytes) {
		size_t n = min_u64(bytes, sizeof(zeros));
		int err = emit_bytes(e, zeros, n);
		if (err)
			return err;
		bytes -= n;
	}
	return 0;
}

int emit_at(struct emit *e, u64 position)
{
	while (e->next_super < e->nr_supers) {
		const struct btrfs_super_block *super = &e->supers[e->next_super];
		u64 at = from_le64(super->bytenr);
		if (at >= position)
			break;
		e->next_super++;
		assert(e->position <= at);
		int err = emit_zeros(e, at - e->position);
		if (!err)
			err = emit_bytes(e, super, sizeof(*super));
		if (err)
			return err;
	}
	assert(e->position <= position);
	return emit_zeros(e, position - e->position);
}

int emit_spool(struct emit *e, struct spool *spool, u64 offset, u64 bytes)
{
	if (bytes < BUFFER_BYTES - e->buffered) {
		int err = spool_read(spool, offset, e->buffer + e->buffered, bytes);
		e->buffered += err ? 0 : bytes;
		e->position += err ? 0 : bytes;
		return err;
	}
	int err = flush(e);
	if (err)
		return err;
	bool write_error;
	err = spool_copy(spool, offset, bytes, e->fd, &write_error);
	if (err)
		return write_error ? write_failed(e, err) : err;
	e->position += bytes;
	return 0;
}

int emit_finish(struct emit *e, u64 total_bytes)
{
	int err = emit_at(e, total_bytes);
	if (!err)
		err = flush(e);
	/* A hole at the end is there only when the file is as long. */
	if (!err && e->sparse && ftruncate(e->fd, (off_t)total_bytes) < 0)
		err = write_failed(e, -errno);
	return err;
}
