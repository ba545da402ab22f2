/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tar/tar_writer.h"
#include "pax_records.h"

#include "base/mem.h"

#include <stdio.h>

#define BLOCK_BYTES 512u

/* POSIX.1-2001, ustar interchange format. */
struct ustar_header {
	char name[USTAR_NAME_BYTES];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char chksum[8];
	char typeflag;
	char linkname[USTAR_NAME_BYTES];
	char magic[6];
	char version[2];
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155];
	char padding[12];
};
static_assert(sizeof(struct ustar_header) == BLOCK_BYTES, "ustar_header");

/* A sparse file has such a name for readers that do not know it is one; GNU tar has its process id
 * where the 0 is. */
#define SPARSE_DIR "GNUSparseFile.0/"
#define RECORDS_DIR "PaxHeaders/"

struct tar_writer {
	tar_sink_fn *sink;
	void *context;
	struct pax_records records;
	u64 position;    /* bytes of the archive so far */
	u64 left;        /* bytes of data that the member still needs */
	u64 places_left; /* places of its map */
};

struct tar_writer *tar_writer_new(tar_sink_fn *sink, void *context)
{
	struct tar_writer *w = xzalloc(sizeof(*w));
	w->sink = sink;
	w->context = context;
	return w;
}

void tar_writer_free(struct tar_writer *w)
{
	if (!w)
		return;
	pax_records_release(&w->records);
	xfree(w);
}

/* ---- bytes ------------------------------------------------------------------------- */

static int write_bytes(struct tar_writer *w, const void *bytes, size_t len)
{
	w->position += len;
	return len ? w->sink(w->context, bytes, len) : 0;
}

/* Zeros up to the end of a block. */
static int pad_block(struct tar_writer *w)
{
	static const u8 zeros[BLOCK_BYTES];
	return write_bytes(w, zeros, align_up(w->position, BLOCK_BYTES) - w->position);
}

/* ---- headers ----------------------------------------------------------------------- */

/* Octal digits with a NUL behind; what does not fit is in a pax record, and 0 here. */
static void set_octal(char *field, size_t bytes, u64 value)
{
	char text[32];
	const int digits = (int)bytes - 1;
	const u64 limit = 1ull << 3 * digits;
	snprintf(text, sizeof(text), "%0*llo", digits,
		 (unsigned long long)(value < limit ? value : 0));
	memcpy(field, text, bytes);
}

/* @name: NULL if @len is 0 */
static void set_name(char field[USTAR_NAME_BYTES], const char *dir, const char *name, size_t len)
{
	const size_t dir_len = strlen(dir);
	memcpy(field, dir, dir_len);
	if (len)
		memcpy(field + dir_len, name, min_u64(len, USTAR_NAME_BYTES - dir_len));
}

static int write_header(struct tar_writer *w, struct ustar_header *h)
{
	const u8 *bytes = (const u8 *)h;
	u32 sum = 0;
	memcpy(h->magic, "ustar", sizeof(h->magic));
	memcpy(h->version, "00", sizeof(h->version));
	memset(h->chksum, ' ', sizeof(h->chksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	set_octal(h->chksum, sizeof(h->chksum) - 1, sum);
	return write_bytes(w, h, sizeof(*h));
}

/* The extended header in front of a member that has records. */
static int write_records(struct tar_writer *w, const struct tar_member *m)
{
	struct ustar_header h = { .typeflag = 'x' };
	if (!w->records.len)
		return 0;
	set_name(h.name, RECORDS_DIR, m->path, m->path_len);
	set_octal(h.mode, sizeof(h.mode), 0644);
	set_octal(h.uid, sizeof(h.uid), 0);
	set_octal(h.gid, sizeof(h.gid), 0);
	set_octal(h.size, sizeof(h.size), w->records.len);
	set_octal(h.mtime, sizeof(h.mtime), 0);
	int err = write_header(w, &h);
	if (!err)
		err = write_bytes(w, w->records.bytes, w->records.len);
	return err ? err : pad_block(w);
}

static int write_member_header(struct tar_writer *w, const struct tar_member *m, u64 stored)
{
	struct ustar_header h = { .typeflag = (char)m->type };
	set_name(h.name, m->map ? SPARSE_DIR : "", m->path, m->path_len);
	set_name(h.linkname, "", m->link, m->link_len);
	set_octal(h.mode, sizeof(h.mode), m->mode);
	set_octal(h.uid, sizeof(h.uid), m->uid);
	set_octal(h.gid, sizeof(h.gid), m->gid);
	set_octal(h.size, sizeof(h.size), stored);
	set_octal(h.mtime, sizeof(h.mtime), m->mtime.sec < 0 ? 0 : (u64)m->mtime.sec);
	set_octal(h.devmajor, sizeof(h.devmajor), m->dev_major);
	set_octal(h.devminor, sizeof(h.devminor), m->dev_minor);
	return write_header(w, &h);
}

/* ---- sparse files ------------------------------------------------------------------ */

static u64 line_bytes(u64 number)
{
	u64 bytes = 2; /* a digit and the newline */
	while (number /= 10)
		bytes++;
	return bytes;
}

void tar_map_add(struct tar_map *map, u64 offset, u64 bytes)
{
	map->nr++;
	map->text_bytes += line_bytes(offset) + line_bytes(bytes);
	map->data_bytes += bytes;
}

static int write_line(struct tar_writer *w, u64 number)
{
	char line[32];
	const int len = snprintf(line, sizeof(line), "%llu\n", (unsigned long long)number);
	return write_bytes(w, line, (size_t)len);
}

int tar_writer_place(struct tar_writer *w, u64 offset, u64 bytes)
{
	assert(w->places_left);
	w->places_left--;
	int err = write_line(w, offset);
	if (!err)
		err = write_line(w, bytes);
	return err || w->places_left ? err : pad_block(w);
}

/* ---- members ----------------------------------------------------------------------- */

int tar_writer_member(struct tar_writer *w, const struct tar_member *m)
{
	u64 stored = m->type == TAR_FILE ? m->size : 0;
	assert(!w->left && !w->places_left);
	w->left = stored;
	if (m->map) {
		w->left = m->map->data_bytes;
		w->places_left = m->map->nr;
		stored = w->left +
			 align_up(line_bytes(m->map->nr) + m->map->text_bytes, BLOCK_BYTES);
	}
	pax_records_fill(&w->records, m, stored);
	int err = write_records(w, m);
	if (!err)
		err = write_member_header(w, m, stored);
	return err || !m->map ? err : write_line(w, m->map->nr);
}

int tar_writer_data(struct tar_writer *w, const void *data, size_t bytes)
{
	int err = w->sink(w->context, data, bytes);
	return err ? err : tar_writer_passed(w, bytes);
}

int tar_writer_passed(struct tar_writer *w, u64 bytes)
{
	assert(!w->places_left && bytes <= w->left);
	w->left -= bytes;
	w->position += bytes;
	return w->left ? 0 : pad_block(w);
}

int tar_writer_finish(struct tar_writer *w)
{
	static const u8 end[2 * BLOCK_BYTES];
	assert(!w->left && !w->places_left);
	return write_bytes(w, end, sizeof(end));
}
