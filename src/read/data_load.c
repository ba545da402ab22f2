/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "data_load.h"
#include "filesystem_private.h"

#include "base/diag.h"
#include "base/mem.h"
#include "disk/checksum.h"
#include "disk/codec.h"

struct data_loader *data_loader_new(const struct filesystem *fs)
{
	struct data_loader *l = xzalloc(sizeof(*l));
	l->csum = fs->blocks.csum;
	l->sum_bytes = checksum_size(l->csum);
	l->stored = xmalloc(BTRFS_MAX_COMPRESSED);
	l->plain = xmalloc(BTRFS_MAX_COMPRESSED);
	return l;
}

void data_loader_free(struct data_loader *l)
{
	if (!l)
		return;
	for (const struct codec *const *codec = codec_table; *codec; codec++)
		if (l->unpackers[(*codec)->type])
			(*codec)->unpacker_free(l->unpackers[(*codec)->type]);
	xfree(l->stored);
	xfree(l->plain);
	xfree(l);
}

static u32 sectors_of(const struct data_load *load)
{
	return load->stored_bytes / BTRFS_SECTORSIZE;
}

size_t data_load_extra_bytes(const struct data_loader *l, const struct data_load *load)
{
	if (load->is_inline)
		return load->stored_bytes;
	return load->is_summed ? (size_t)sectors_of(load) * l->sum_bytes : 0;
}

static bool is_compressed(const struct data_load *load)
{
	return load->compression != BTRFS_COMPRESS_NONE;
}

/* ---- stored bytes ------------------------------------------------------------------ */

/* Read all from one copy: the first that can be read. Returns as chunk_read(). */
static int read_first_copy(const struct data_load *load, u8 *to)
{
	int err = 0;
	for (u32 copy = 0; copy < load->chunk->nr_copies; copy++) {
		err = chunk_read(load->chunk, load->logical, load->stored_bytes, copy, to);
		if (!err)
			return 0;
	}
	return err;
}

static bool sector_is_good(const struct data_loader *l, const struct data_load *load, u32 sector,
			   const u8 *data)
{
	u8 found[BTRFS_CSUM_SIZE];
	checksum(l->csum, data, BTRFS_SECTORSIZE, found);
	return !memcmp(found, load->extra + (size_t)sector * l->sum_bytes, l->sum_bytes);
}

/* Take one sector from a copy behind the first. */
static int repair_sector(const struct data_loader *l, const struct data_load *load, u32 sector,
			 u8 *data)
{
	const u64 logical = load->logical + (u64)sector * BTRFS_SECTORSIZE;
	for (u32 copy = 1; copy < load->chunk->nr_copies; copy++) {
		if (chunk_read(load->chunk, logical, BTRFS_SECTORSIZE, copy, data) ||
		    !sector_is_good(l, load, sector, data))
			continue;
		warning("data at %llu: the first copy is bad; copy %u is used",
			(unsigned long long)logical, copy + 1);
		return 0;
	}
	return fail(-EIO, "data at %llu: the checksum is wrong%s", (unsigned long long)logical,
		    load->chunk->nr_copies > 1 ? " in all copies" : "");
}

/* @is_trial: nothing is printed or repaired. */
static int read_load(const struct data_loader *l, const struct data_load *load, bool is_trial,
		     u8 *to)
{
	int err = read_first_copy(load, to);
	if (err && !is_trial)
		return fail(err, "data at %llu: %s", (unsigned long long)load->logical,
			    chunk_read_reason(err));
	for (u32 i = 0; !err && load->is_summed && i < sectors_of(load); i++) {
		u8 *sector = to + (size_t)i * BTRFS_SECTORSIZE;
		if (!sector_is_good(l, load, i, sector))
			err = is_trial ? -EIO : repair_sector(l, load, i, sector);
	}
	return err;
}

/* ---- plain bytes ------------------------------------------------------------------- */

/* Zeros follow what is unpacked, up to plain_bytes. */
static int unpack_load(struct data_loader *l, const struct data_load *load, const u8 *stored,
		       bool is_trial, u8 *to)
{
	const struct codec *codec = codec_of_type(load->compression);
	void **unpacker = &l->unpackers[codec->type];
	if (!*unpacker && codec->unpacker_new)
		*unpacker = codec->unpacker_new();
	const size_t n =
		codec->decompress(*unpacker, stored, load->stored_bytes, to, load->plain_bytes);
	if (!n)
		return is_trial ? -EIO
				: item_fail(&load->place, "the compressed data (%s) are damaged",
					    codec->name);
	memset(to + n, 0, load->plain_bytes - n);
	return 0;
}

/* All plain bytes to @to. */
static int load_to(struct data_loader *l, const struct data_load *load, bool is_trial, u8 *to)
{
	u8 *room = is_compressed(load) ? l->stored : to;
	int err = load->is_inline ? 0 : read_load(l, load, is_trial, room);
	if (err)
		return err;
	if (is_compressed(load))
		return unpack_load(l, load, load->is_inline ? load->extra : room, is_trial, to);
	if (load->is_inline)
		memcpy(to, load->extra, load->stored_bytes);
	return 0;
}

/* Packed files share an extent, often with the one before. */
static bool has_extent(const struct data_loader *l, const struct data_load *load)
{
	const struct data_load *e = &l->extent;
	return l->has_extent && !load->is_inline && e->logical == load->logical &&
	       e->is_summed == load->is_summed && e->stored_bytes == load->stored_bytes &&
	       e->plain_bytes == load->plain_bytes && e->compression == load->compression;
}

/* As load_to(), to l->plain, where a whole compressed extent stays for the next load. */
static int load_plain(struct data_loader *l, const struct data_load *load, bool is_trial)
{
	if (has_extent(l, load))
		return 0;
	l->has_extent = false;
	int err = load_to(l, load, is_trial, l->plain);
	l->has_extent = !err && is_compressed(load) && !load->is_inline;
	l->extent = *load;
	return err;
}

const u8 *data_load_try(struct data_loader *l, const struct data_load *load, u8 *room)
{
	const bool is_whole = load->bytes == load->plain_bytes;
	const u8 *found = is_whole ? room : l->plain + load->skip;
	u64 wrong;
	if (is_whole ? load_to(l, load, true, room) : load_plain(l, load, true))
		return NULL;
	if (load->hashes && !expected_hashes_verify(load->hashes, found, load->bytes, &wrong))
		return NULL;
	return found;
}

int data_load_bring(struct data_loader *l, const struct data_load *load, const u8 **bytes)
{
	u64 wrong;
	*bytes = l->plain + load->skip;
	int err = load_plain(l, load, false);
	if (!err && load->hashes &&
	    !expected_hashes_verify(load->hashes, *bytes, load->bytes, &wrong))
		err = wrong_block_fail(wrong);
	return err;
}
