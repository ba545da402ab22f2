/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_acl.h"
#include "export_member.h"

#include "base/mem.h"
#include "disk/device_number.h"
#include "read/data_stream.h"
#include "tar/tar_writer.h"

#include <sys/stat.h>

struct tar_export {
	const struct export_options *options;
	struct export_members *members;
	struct file_reader *file;
	struct data_stream *stream;
	struct tar_writer *writer; /* to the stream */
	struct tar_xattr *xattrs;
	size_t xattrs_capacity;
	struct export_acl acl_access, acl_default;
};

/* ---- what a member says ------------------------------------------------------------ */

static enum tar_type type_of_mode(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return TAR_DIRECTORY;
	case S_IFLNK:
		return TAR_SYMLINK;
	case S_IFCHR:
		return TAR_CHAR;
	case S_IFBLK:
		return TAR_BLOCK;
	case S_IFIFO:
		return TAR_FIFO;
	default:
		return TAR_FILE;
	}
}

static bool is_xattr(const struct tar_xattr *x, const char *name)
{
	return x->name_len == strlen(name) && !memcmp(x->name, name, x->name_len);
}

/* Properties of btrfs say how to store a file, and are none of its content. */
static bool is_btrfs_property(const char *name, size_t len)
{
	static const char prefix[] = "btrfs.";
	return len >= sizeof(prefix) - 1 && !memcmp(name, prefix, sizeof(prefix) - 1);
}

/* Programs that know ACLs want them as text; the xattr says the same to all others. */
static void set_acls(struct tar_export *x, struct tar_member *m)
{
	x->acl_access.len = x->acl_default.len = 0;
	for (size_t i = 0; i < m->nr_xattrs; i++) {
		const struct tar_xattr *a = &m->xattrs[i];
		if (is_xattr(a, "system.posix_acl_access"))
			export_acl_text(&x->acl_access, a->value, a->value_len);
		else if (is_xattr(a, "system.posix_acl_default"))
			export_acl_text(&x->acl_default, a->value, a->value_len);
	}
	m->acl_access = x->acl_access.bytes;
	m->acl_access_len = x->acl_access.len;
	m->acl_default = x->acl_default.bytes;
	m->acl_default_len = x->acl_default.len;
}

static void set_xattrs(struct tar_export *x, const struct disk_inode *inode, struct tar_member *m)
{
	x->xattrs = mem_grow(x->xattrs, &x->xattrs_capacity, inode->nr_xattrs, sizeof(*x->xattrs));
	m->xattrs = x->xattrs;
	for (size_t i = 0; i < inode->nr_xattrs; i++) {
		const struct disk_xattr *xattr = &inode->xattrs[i];
		const char *name = disk_inode_xattr_name(inode, i);
		if (is_btrfs_property(name, xattr->name_len))
			continue;
		x->xattrs[m->nr_xattrs++] = (struct tar_xattr){
			.name = name,
			.name_len = xattr->name_len,
			.value = disk_inode_xattr_value(inode, i),
			.value_len = xattr->value_len,
		};
	}
}

/* What belongs to the inode: another name of it does not say it again. */
static void set_inode_attributes(struct tar_export *x, const struct disk_inode *inode,
				 struct tar_member *m, struct tar_times *times)
{
	m->flags = (u32)inode->flags;
	set_xattrs(x, inode, m);
	set_acls(x, m);
	if (S_ISREG(inode->mode))
		m->size = inode->size;
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) {
		m->dev_major = device_major(inode->rdev);
		m->dev_minor = device_minor(inode->rdev);
	}
	if (x->options->keep_times) {
		*times = (struct tar_times){ inode->atime, inode->ctime, inode->otime };
		m->times = times;
	}
}

/* ---- data -------------------------------------------------------------------------- */

/* Count the runs of data of the open file; @is_sparse: there are holes between or behind them. */
static int count_runs(struct tar_export *x, u64 size, struct tar_map *map, bool *is_sparse)
{
	u64 offset, bytes, end = 0;
	int more;
	*map = (struct tar_map){ 0 };
	*is_sparse = false;
	while ((more = file_reader_next_run(x->file, &offset, &bytes)) > 0) {
		*is_sparse |= offset != end;
		tar_map_add(map, offset, bytes);
		end = offset + bytes;
	}
	if (end < size) {
		*is_sparse = true;
		tar_map_add(map, size, 0);
	}
	return more;
}

static int write_map(struct tar_export *x, u64 size)
{
	u64 offset, bytes, end = 0;
	int more, err = 0;
	file_reader_rewind(x->file);
	while (!err && (more = file_reader_next_run(x->file, &offset, &bytes))) {
		err = more < 0 ? more : tar_writer_place(x->writer, offset, bytes);
		end = offset + bytes;
	}
	return err || end == size ? err : tar_writer_place(x->writer, size, 0);
}

static int write_file_data(struct tar_export *x)
{
	u64 bytes;
	file_reader_rewind(x->file);
	int err = data_stream_runs(x->stream, x->file, &bytes);
	return err ? err : tar_writer_passed(x->writer, bytes);
}

static int write_file(struct tar_export *x, const struct export_member *member,
		      struct tar_member *m)
{
	struct tar_map map;
	bool is_sparse = false;
	file_reader_open(x->file, &member->tree, member->inode);
	int err = count_runs(x, m->size, &map, &is_sparse);
	m->map = is_sparse ? &map : NULL;
	if (!err)
		err = tar_writer_member(x->writer, m);
	m->map = NULL;
	if (!err && is_sparse)
		err = write_map(x, m->size);
	return err ? err : write_file_data(x);
}

/* ---- members ----------------------------------------------------------------------- */

static int write_member(struct tar_export *x, const struct export_member *member)
{
	const struct disk_inode *inode = member->inode;
	struct tar_times times;
	struct tar_member m = {
		.type = member->is_hard_link ? TAR_HARD_LINK : type_of_mode(inode->mode),
		.path = member->path,
		.path_len = member->path_len,
		.link = member->link,
		.link_len = member->link_len,
		.mode = inode->mode & 07777,
		.uid = inode->uid,
		.gid = inode->gid,
		.mtime = inode->mtime,
	};
	if (!member->is_hard_link)
		set_inode_attributes(x, inode, &m, &times);
	return m.type == TAR_FILE ? write_file(x, member, &m) : tar_writer_member(x->writer, &m);
}

static int put_into_stream(void *stream, const void *bytes, size_t len)
{
	return data_stream_bytes(stream, bytes, len);
}

int export_tar(struct filesystem *fs, const struct export_options *options, int fd,
	       const char *name)
{
	struct tar_export x = {
		.options = options,
		.members = export_members_new(fs, options),
		.stream = data_stream_new(fs, fd, name, options->threads),
	};
	struct export_member member;
	int r;
	x.writer = tar_writer_new(put_into_stream, x.stream);
	x.file = export_members_file(x.members);
	while ((r = export_members_next(x.members, &member)) > 0) {
		r = write_member(&x, &member);
		if (r)
			break;
	}
	if (!r)
		r = tar_writer_finish(x.writer);
	if (!r)
		r = data_stream_flush(x.stream);
	data_stream_free(x.stream);
	export_members_free(x.members);
	tar_writer_free(x.writer);
	xfree(x.xattrs);
	export_acl_release(&x.acl_access);
	export_acl_release(&x.acl_default);
	return r;
}
