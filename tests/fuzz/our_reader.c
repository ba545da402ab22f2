/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's readers of tar and cpio, up to the data of each member. */
#include "found.h"

#include "../../src/input/cpio_links.h"
#include "../../src/input/cpio_parser.h"
#include "../../src/input/member_data.h"
#include "../../src/input/number.h"
#include "../../src/input/tar_header.h"
#include "../../src/input/tar_parser.h"

struct ours {
	const struct fuzz_archive *input;
	struct reader_options options;
	struct stream *stream;
	struct content *content;
	struct file_data *file_data;
	u16 store_nr;
	enum input_format format;
	u64 offset; /* of the archive, behind zeros */
	struct tar_parser *tar_parser;
	struct cpio_parser *cpio_parser;
	struct cpio_links *links;
	struct found_list *list;
	bool has_globals;
};

/* Find the header proper of the member whose headers begin at @offset. */
static void find_header(struct ours *o, u64 offset, struct found *f)
{
	bool is_special = false;
	while (offset + TAR_BLOCK <= o->input->size) {
		const struct tar_header *h = (const struct tar_header *)(o->input->data + offset);
		s64 size = 0;
		o->has_globals |= h->type == 'g';
		f->has_globals = o->has_globals;
		f->has_long_path |= h->type == 'L';
		f->has_long_link |= h->type == 'K';
		f->follows_label |= h->type == 'V' && is_special;
		is_special |= h->type && strchr("xXLKA", h->type);
		if (!h->type || !strchr("xXgLKAV", h->type)) {
			f->header = (const u8 *)h;
			return;
		}
		if (h->type != 'V' &&
		    (!number_tar_field(h->size, sizeof(h->size), &size) || size < 0))
			return;
		offset += TAR_BLOCK + align_up((u64)size, TAR_BLOCK);
	}
}

static void note_member(struct ours *o, const struct member *m, struct found *f)
{
	*f = (struct found){
		.path = found_text(o->list, m->path),
		.is_hard_link = m->is_hard_link,
		.is_left_out = m->unsupported != NULL,
		.mode = m->mode,
		.size = m->size,
		.uid = m->uid,
		.gid = m->gid,
		.dev = m->dev,
		.ino = m->ino,
		.nlink = m->nlink,
		.dev_major = m->dev_major,
		.dev_minor = m->dev_minor,
		.times = { m->mtime, m->atime, m->ctime, m->birthtime },
		.records = found_text(o->list, m->records),
		.has_acl = m->acl_access.len || m->acl_default.len || m->acl_nfs4.len ||
			   m->acl_solaris.len,
	};
	if (m->is_hard_link || S_ISLNK(m->mode))
		f->link = found_text(o->list, m->link);
	if (o->tar_parser)
		find_header(o, m->begin, f);
	for (size_t i = 0; i < m->map.nr && m->is_sparse; i++)
		found_range(f, m->map.segments[i].offset, m->map.segments[i].bytes);
	if (!m->is_sparse)
		found_range(f, 0, m->data_bytes);
}

/* As the reader does: names of one inode are hard links to the first. */
static void note_cpio_link(struct ours *o, const struct member *m, struct found *f)
{
	struct text first;
	if (m->nlink > 1 && !S_ISDIR(m->mode) && !S_ISLNK(m->mode) &&
	    cpio_links_find(o->links, m, &first)) {
		f->is_hard_link = true;
		f->link = found_text(o->list, first);
	}
}

static int read_member(struct ours *o, struct member *m)
{
	struct found *f = found_add(o->list);
	int err = 0;
	note_member(o, m, f);
	if (o->links)
		note_cpio_link(o, m, f);
	f->inode = arena_alloc(&o->list->arena, sizeof(*f->inode));
	f->inode->size = m->size;
	if (f->is_left_out)
		return o->options.skip_unsupported ? 0 : -1;
	if (S_ISREG(m->mode) && (!f->is_hard_link || m->data_bytes)) {
		file_data_begin(o->file_data, f->inode, (struct storage){ .without_sums = true });
		err = member_data_read(o->stream, m, o->store_nr, o->file_data);
		if (!err)
			err = file_data_end(o->file_data);
	}
	return err;
}

/* One archive: what is behind its end is not read. */
static int read_archive(struct ours *o)
{
	struct member m;
	u64 offset;
	int err = detect_format(o->stream, &o->format, &offset);
	if (err || !stream_is_in_place(o->stream))
		return -1;
	o->offset = offset;
	const u8 *ignored;
	if (o->format == FORMAT_TAR_END) /* more behind it is refused, as in reader.c */
		return stream_peek(o->stream, offset, 1, &ignored) ? -1 : 0;
	if (o->format == FORMAT_TAR) {
		o->tar_parser = tar_parser_new(o->stream, &o->options);
	} else {
		o->cpio_parser = cpio_parser_new(o->stream);
		o->links = cpio_links_new();
	}
	for (;;) {
		err = o->tar_parser ? tar_parser_next(o->tar_parser, offset, &m)
				    : cpio_parser_next(o->cpio_parser, offset, &m);
		if (err)
			return err == 1 ? 0 : err;
		err = read_member(o, &m);
		if (!err)
			err = member_data_skip(o->stream, &m);
		if (err)
			return err;
		offset = m.end;
	}
}

/* The sectors of each file, from where the reader put them. */
static void digest_files(struct ours *o)
{
	static u8 data[BTRFS_MAX_COMPRESSED];
	for (size_t i = 0; i < o->list->nr; i++) {
		const struct inode *inode = o->list->members[i].inode;
		const struct file_extent *extents = content_file_extents(o->content, inode);
		for (u32 e = 0; e < inode->nr; e++) {
			const struct blob *b = content_blob(o->content, &extents[e]);
			must(!content_unpack(o->content, b, data) && !extents[e].blob_off);
			for (u32 s = 0; s < extents[e].nr_sectors; s++)
				found_sector(&o->list->members[i],
					     extents[e].file_off + (u64)s * BTRFS_SECTORSIZE,
					     data + (size_t)s * BTRFS_SECTORSIZE);
		}
	}
}

enum input_format our_read(const struct fuzz_archive *input, int fd, struct found_list *list,
			   u64 *offset)
{
	static const struct file_data_options data_options = { .nodesize = 16384, .threads = 1 };
	const struct reader_input source = { .fd = fd, .name = "fuzz", .bytes = UINT64_MAX };
	_Atomic u64 ignored = 0;
	struct ours o = { .input = input, .list = list };
	o.options.skip_unsupported = input->skip_unsupported;
	o.options.nodesize = data_options.nodesize;
	must(!content_new("/dev/shm", &o.content));
	o.file_data = file_data_new(&data_options, o.content);
	o.store_nr = content_add_archive(o.content, fd, source.name);
	o.stream = stream_new(&source, 0, 0, &ignored);
	list->is_accepted = !read_archive(&o);
	must(!file_data_flush(o.file_data));
	if (list->is_accepted)
		digest_files(&o);
	tar_parser_free(o.tar_parser);
	cpio_parser_free(o.cpio_parser);
	cpio_links_free(o.links);
	stream_close(o.stream);
	file_data_free(o.file_data);
	content_free(o.content);
	*offset = o.offset;
	return o.format;
}
