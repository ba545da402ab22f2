/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_manifest.h"
#include "manifest_writer.h"

#include "convert/link_table.h"
#include "model/file_hash.h"
#include "read/file_reader.h"
#include "read/walk.h"

/* What of a file follows from its data. */
struct file_sums {
	u8 hash[FILE_HASH_BYTES];
	bool has_verity;
	struct fsverity_descriptor verity;
};

struct manifest_export {
	const struct export_options *options;
	struct manifest_writer *writer;
	struct file_reader *file;
	struct link_table links;
	struct file_sums *sums; /* of files with several names, by link_path.nr - 1 */
	size_t sums_capacity;
	char *path;
	size_t path_capacity;
	struct manifest_xattr *xattrs;
	size_t xattrs_capacity;
};

/* Hash the file, whose fs-verity is verified meanwhile. */
static int sum_file(struct manifest_export *x, const struct walk_entry *e, struct file_sums *sums)
{
	struct file_hash *h = file_hash_new(e->inode->size);
	const u8 *data;
	u64 offset;
	size_t bytes;
	int more;
	file_reader_open(x->file, &e->tree, e->inode);
	while ((more = file_reader_next_data(x->file, &offset, &data, &bytes)) > 0)
		file_hash_add(h, offset, data, bytes);
	file_hash_finish(h, sums->hash);
	const struct fsverity_descriptor *verity = file_reader_verity(x->file);
	sums->has_verity = verity;
	if (verity)
		sums->verity = *verity;
	return more;
}

/* Set the content of a record, and the number of its group of links. */
static int set_content(struct manifest_export *x, const struct walk_entry *e,
		       struct manifest_record *r, struct file_sums *sums)
{
	const struct link_path *known = NULL;
	int err = 0;
	if (r->nlink > 1) {
		known = link_table_find(&x->links, e->tree.id, e->inode->ino, "", 0);
		r->link_group = known ? known->nr : x->links.nr;
		x->sums = mem_grow(x->sums, &x->sums_capacity, x->links.nr, sizeof(*x->sums));
	}
	if (S_ISREG(r->mode)) {
		err = known ? 0 : sum_file(x, e, sums);
		if (known)
			*sums = x->sums[known->nr - 1];
		else if (r->nlink > 1)
			x->sums[r->link_group - 1] = *sums;
		r->hash = sums->hash;
		r->verity = sums->has_verity ? &sums->verity : NULL;
	} else if (S_ISLNK(r->mode)) {
		size_t len;
		file_reader_open(x->file, &e->tree, e->inode);
		err = file_reader_link(x->file, &r->target, &len);
	}
	return err;
}

static void set_record_path(struct manifest_export *x, const struct walk_entry *e,
			    struct manifest_record *r)
{
	x->path = mem_grow(x->path, &x->path_capacity, 2 + e->path_len, 1);
	memcpy(x->path, "./", 2);
	memcpy(x->path + 2, e->path, e->path_len);
	r->path = x->path;
	r->path_len = e->path_len ? 2 + e->path_len : 1;
}

static void set_record_xattrs(struct manifest_export *x, const struct disk_inode *inode,
			      struct manifest_record *r)
{
	x->xattrs = mem_grow(x->xattrs, &x->xattrs_capacity, inode->nr_xattrs, sizeof(*x->xattrs));
	for (size_t i = 0; i < inode->nr_xattrs; i++)
		x->xattrs[i] = (struct manifest_xattr){
			.name = disk_inode_xattr_name(inode, i),
			.name_len = inode->xattrs[i].name_len,
			.value = (const char *)disk_inode_xattr_value(inode, i),
			.value_len = inode->xattrs[i].value_len,
		};
	r->xattrs = x->xattrs;
	r->nr_xattrs = inode->nr_xattrs;
}

static int put_record(struct manifest_export *x, const struct walk_entry *e)
{
	const struct disk_inode *inode = e->inode;
	const struct manifest_times times = { inode->atime, inode->ctime, inode->otime };
	struct file_sums sums;
	struct manifest_record r = {
		.mode = inode->mode,
		.uid = inode->uid,
		.gid = inode->gid,
		.mtime = inode->mtime,
		.times = x->options->keep_times ? &times : NULL,
		.size = inode->size,
		.rdev = inode->rdev,
		.nlink = S_ISDIR(inode->mode) ? 1 : inode->nlink,
		.flags = (u32)inode->flags,
	};
	set_record_path(x, e, &r);
	set_record_xattrs(x, inode, &r);
	int err = set_content(x, e, &r, &sums);
	if (!err)
		manifest_writer_put(x->writer, &r);
	return err;
}

int export_manifest(struct filesystem *fs, const struct export_options *options, int fd,
		    const char *name, u8 digest[MANIFEST_DIGEST_BYTES])
{
	struct manifest_export x = {
		.options = options,
		.writer = manifest_writer_new(fd, name),
		.file = file_reader_new(fs),
	};
	struct walker *walk = walk_new(fs, options->subvolume);
	struct walk_entry e = { 0 };
	int more = 0;
	walk_sort(walk);
	int err = walk_begin(walk, "");
	while (!err && (more = walk_next(walk, &e)) > 0)
		err = put_record(&x, &e);
	walk_free(walk);
	file_reader_free(x.file);
	link_table_release(&x.links);
	xfree(x.sums);
	xfree(x.path);
	xfree(x.xattrs);
	const int written = manifest_writer_finish(x.writer, digest);
	return err ? err : more ? more : written;
}
