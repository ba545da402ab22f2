/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop over members. A parser reads the headers of one, the tree gets the
 * member, and file_data its data.
 */
#include "input/reader.h"
#include "cpio_links.h"
#include "cpio_parser.h"
#include "detect.h"
#include "member_attributes.h"
#include "member_data.h"
#include "stream.h"
#include "tar_parser.h"

#include "base/diag.h"

#include <errno.h>

struct reader {
	struct stream *stream;
	const struct reader_options *options;
	struct tree *tree;
	struct file_data *file_data;
	struct reader_counts *counts;
	_Atomic u64 *input_bytes;        /* that were read of the archive, or are left to workers */
	struct tar_parser *tar_parser;   /* this */
	struct cpio_parser *cpio_parser; /* or this */
	struct cpio_links *links;        /* cpio: of the current archive */
	u16 store_nr;                    /* of the content: the archive, if data can stay there */
	bool is_incomplete; /* of the current member, if it is left out: see member.h */
};

static int next_member(struct reader *r, u64 offset, struct member *m)
{
	return r->tar_parser ? tar_parser_next(r->tar_parser, offset, m)
			     : cpio_parser_next(r->cpio_parser, offset, m);
}

/* Read the data of @m into @inode. */
static int read_data(struct reader *r, const struct member *m, struct inode *inode)
{
	inode->size = m->size;
	file_data_begin(r->file_data, inode, tree_storage(r->tree, inode));
	int err = member_data_read(r->stream, m, r->store_nr, r->file_data);
	return err ? err : file_data_end(r->file_data);
}

static int place_link(struct reader *r, const struct member *m, struct text target)
{
	const bool has_data = m->data_bytes > 0;
	struct xattr *xattrs = NULL;
	struct inode *donor;
	u32 mode = m->mode;
	int err = member_xattrs(m, r->options, tree_arena(r->tree), &xattrs, &mode);
	if (!err)
		err = tree_add_link(r->tree, m->path.bytes, m->path.len, target.bytes, target.len,
				    xattrs, has_data ? &donor : NULL);
	if (err || !has_data)
		return err;
	return read_data(r, m, donor);
}

static int place_member(struct reader *r, struct member *m)
{
	struct attributes attr;
	struct inode_times times;
	struct inode *inode;
	struct text target;
	if (m->unsupported || tree_has_filter(r->tree)) {
		const int is_out = tree_leaves_out(r->tree, m->path.bytes, m->path.len);
		if (is_out < 0 || (is_out && m->unsupported))
			return is_out < 0 ? is_out : 0;
		r->is_incomplete = false;
		m->is_incomplete = is_out ? &r->is_incomplete : NULL;
	}
	if (m->unsupported)
		return member_unsupported(m, r->options, "%s: not supported", m->unsupported);
	if (m->is_hard_link)
		return place_link(r, m, m->link);
	if (m->nlink > 1 && !S_ISDIR(m->mode) && !S_ISLNK(m->mode) &&
	    cpio_links_find(r->links, m, &target))
		return place_link(r, m, target);
	int err = member_attributes(m, r->options, r->tree, &attr, &times);
	if (!err)
		err = tree_add(r->tree, m->path.bytes, m->path.len, &attr, &inode);
	if (err || !S_ISREG(m->mode))
		return err;
	return read_data(r, m, inode);
}

/* Members that take much memory each would not be stopped by their number. */
int reader_check_memory(const struct reader_options *options, u64 more, const struct tree *tree,
			const struct file_data *file_data, const char *path, size_t path_len)
{
	const u64 limit = options->max_memory;
	char quoted[QUOTE_BYTES];
	if (!limit || tree_bytes(tree) + file_data_bytes(file_data) + more <= limit)
		return 0;
	return fail_hint(-E2BIG, HINT_ENTRIES,
			 "%s: with it names, link targets, attributes and holes take more than the "
			 "%llu bytes of memory that are allowed",
			 quote(quoted, path, path_len), (unsigned long long)limit);
}

static enum member_kind kind_of(const struct member *m)
{
	if (m->unsupported)
		return MEMBER_SKIPPED;
	if (m->is_hard_link)
		return MEMBER_HARD_LINK;
	switch (m->mode & S_IFMT) {
	case S_IFDIR:
		return MEMBER_DIRECTORY;
	case S_IFLNK:
		return MEMBER_SYMLINK;
	case S_IFCHR:
	case S_IFBLK:
		return MEMBER_DEVICE;
	case S_IFIFO:
		return MEMBER_FIFO;
	case S_IFSOCK:
		return MEMBER_SOCKET;
	default:
		return MEMBER_FILE;
	}
}

/* One archive, from @*offset to behind its end marker. */
static int read_archive(struct reader *r, u64 *offset)
{
	struct member m;
	int err;
	r->links = r->cpio_parser ? cpio_links_new() : NULL;
	while (!(err = next_member(r, *offset, &m))) {
		err = place_member(r, &m);
		if (!err)
			err = reader_check_memory(r->options, cpio_links_bytes(r->links), r->tree,
						  r->file_data, m.path.bytes, m.path.len);
		if (err)
			break;
		*r->input_bytes += stream_unread(r->stream, m.end);
		err = member_data_skip(r->stream, &m);
		if (err)
			break;
		*offset = m.end;
		r->counts->members++;
		r->counts->kinds[kind_of(&m)]++;
	}
	cpio_links_free(r->links);
	*offset = m.end;
	return err < 0 ? err : 0;
}

/* Behind a cpio trailer: 1 if another archive begins at @*offset, 0 at the end, or an errno. */
static int find_cpio(struct reader *r, u64 *offset)
{
	const u8 *p;
	size_t len;
	const int more = detect_next_part(r->stream, offset, &p, &len);
	if (more <= 0 || magic_is_cpio(p, len))
		return more;
	return fail(-EINVAL, "%s: the bytes behind the cpio trailer, at %llu, are no cpio archive",
		    stream_name(r->stream), (unsigned long long)*offset);
}

static int read_all(struct reader *r)
{
	enum input_format format;
	u64 offset;
	const u8 *p;
	int err = detect_format(r->stream, &format, &offset);
	if (err)
		return err;
	if (r->options->allow_missing_end)
		stream_allow_missing_end(r->stream);
	if (format != FORMAT_CPIO)
		stream_join_parts(r->stream);
	if (format == FORMAT_TAR_END && stream_peek(r->stream, offset, 1, &p) > 0) {
		if (!r->options->ignore_zeros)
			return fail_hint(-EINVAL, HINT_ZEROS,
					 "%s: an end marker is first, a tar follows at byte %llu",
					 stream_name(r->stream), (unsigned long long)offset);
		format = FORMAT_TAR;
	}
	if (format == FORMAT_TAR) {
		r->tar_parser = tar_parser_new(r->stream, r->options);
		err = read_archive(r, &offset);
	}
	if (format != FORMAT_CPIO)
		return err ? err : stream_drain(r->stream, offset);
	r->cpio_parser = cpio_parser_new(r->stream);
	do {
		err = read_archive(r, &offset);
		if (!err)
			err = find_cpio(r, &offset);
	} while (err > 0);
	return err;
}

int reader_run(const struct reader_input *input, const struct reader_options *options,
	       struct tree *tree, struct file_data *file_data, struct reader_counts *counts)
{
	_Atomic u64 ignored = 0;
	_Atomic u64 *input_bytes = input->is_known ? &ignored : &counts->input_bytes;
	struct reader r = {
		.stream = stream_new(input, options->max_bytes, counts->plain_bytes, input_bytes),
		.store_nr =
			content_add_archive(file_data_content(file_data), input->fd, input->name),
		.input_bytes = input_bytes,
		.options = options,
		.tree = tree,
		.file_data = file_data,
		.counts = counts,
	};
	int err = read_all(&r);
	tar_parser_free(r.tar_parser);
	cpio_parser_free(r.cpio_parser);
	counts->plain_bytes += stream_bytes(r.stream);
	stream_close(r.stream);
	return err;
}
