/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "import.h"
#include "export_member.h"

#include "base/mem.h"
#include "disk/inode_flags.h"

#include <stdio.h>

struct import {
	struct filesystem *fs;
	const char *name; /* of the image, printable */
	const struct convert_options *options;
	struct tree *tree;
	struct file_data *data;
	struct reader_counts *counts;
	/* of the subvolume that is read: */
	const char *at; /* the path of its root in the tree */
	struct export_members *members;
};

/* ---- members ----------------------------------------------------------------------- */

/* @path: "./a", of a member; the result is terminated, release with xfree() */
static char *path_in_tree(const struct import *im, const char *path, size_t len)
{
	const size_t at_len = strlen(im->at);
	char *whole = xmalloc(at_len + 1 + len + 1);
	snprintf(whole, at_len + 1 + len + 1, "%s/%.*s", im->at, (int)len, path);
	return whole;
}

/* Those that archives can have, too. The kernel sets others by itself. */
static u32 known_flags(u64 flags)
{
	return inode_flags_named((u32)flags) | ((u32)flags & BTRFS_INODE_NODATASUM);
}

static struct attributes attributes_of(const struct import *im, const struct export_member *m,
				       struct inode_times *times)
{
	const struct disk_inode *inode = m->inode;
	struct attributes attr = {
		.mode = inode->mode,
		.uid = inode->uid,
		.gid = inode->gid,
		.flags = known_flags(inode->flags),
		.rdev = inode->rdev,
		.mtime = inode->mtime,
		.target = m->link,
		.target_len = m->link_len,
	};
	for (size_t i = 0; i < inode->nr_xattrs; i++)
		xattr_add(tree_arena(im->tree), &attr.xattrs, disk_inode_xattr_name(inode, i),
			  inode->xattrs[i].name_len, disk_inode_xattr_value(inode, i),
			  inode->xattrs[i].value_len);
	*times = (struct inode_times){ inode->atime, inode->ctime, inode->otime };
	if (im->options->reader.keep_times)
		attr.times = times;
	return attr;
}

static int count_bytes(const struct import *im, size_t bytes)
{
	const u64 limit = im->options->reader.max_bytes;
	im->counts->plain_bytes += bytes;
	im->counts->input_bytes += bytes;
	if (!limit || im->counts->plain_bytes <= limit)
		return 0;
	return fail_hint(-EFBIG, HINT_INPUT_BYTES,
			 "with it files have more than the %llu bytes that are allowed",
			 (unsigned long long)limit);
}

static int read_data(const struct import *im, const struct export_member *m, struct inode *inode)
{
	struct file_reader *file = export_members_file(im->members);
	u64 offset;
	const u8 *bytes;
	size_t nr;
	int more, err = 0;
	inode->size = m->inode->size;
	file_data_begin(im->data, inode, tree_storage(im->tree, inode));
	file_reader_open(file, &m->tree, m->inode);
	while (!err && (more = file_reader_next_data(file, &offset, &bytes, &nr))) {
		err = more < 0 ? more : count_bytes(im, nr);
		if (!err)
			err = file_data_write(im->data, offset, bytes, nr, NULL);
	}
	return err ? err : file_data_end(im->data);
}

/* @inode: result, if it is a file: it takes the data */
static int import_inode(const struct import *im, const struct export_member *m, const char *path,
			struct inode **inode)
{
	struct inode_times times;
	struct inode *added;
	const struct attributes attr = attributes_of(im, m, &times);
	const int err = tree_add(im->tree, path, strlen(path), &attr, &added);
	if (!err && S_ISREG(attr.mode))
		*inode = added;
	return err;
}

static int import_link(const struct import *im, const struct export_member *m, const char *path)
{
	char *target = path_in_tree(im, m->link, m->link_len);
	const int err =
		tree_add_link(im->tree, path, strlen(path), target, strlen(target), NULL, NULL);
	xfree(target);
	return err;
}

/* Not even root changes it, and receivers do not change flags. */
static void warn_of_flags(const struct export_member *m)
{
	char quoted[QUOTE_BYTES];
	if (m->inode->flags & (BTRFS_INODE_IMMUTABLE | BTRFS_INODE_APPEND))
		warning_of_kind(quote(quoted, m->path, m->path_len),
				"immutable or append-only: a receiver refuses to change it");
}

/* All but data. Messages about the tree have the path already. */
static int enter_tree(const struct import *im, const struct export_member *m, struct inode **inode)
{
	const char *context = diag_context();
	char *path = path_in_tree(im, m->path, m->path_len);
	diag_set_context(NULL);
	warn_of_flags(m);
	int err = m->is_hard_link ? import_link(im, m, path) : import_inode(im, m, path, inode);
	if (!err && m->inode->ino == WALK_EMPTY_INO)
		tree_note_subvol(im->tree, path);
	if (!err)
		err = reader_check_memory(&im->options->reader, 0, im->tree, im->data, path,
					  strlen(path));
	diag_set_context(context);
	xfree(path);
	return err;
}

static int import_member(const struct import *im, const struct export_member *m)
{
	struct inode *inode = NULL;
	im->counts->members++;
	if (m->inode->flags & BTRFS_INODE_RO_VERITY)
		return fail(-ENOTSUP, "it has fs-verity, which a send stream cannot change");
	const int err = enter_tree(im, m, &inode);
	return err || !inode ? err : read_data(im, m, inode);
}

/* ---- subvolumes -------------------------------------------------------------------- */

static bool is_uuid(const u8 uuid[BTRFS_UUID_SIZE])
{
	static const u8 none[BTRFS_UUID_SIZE];
	return memcmp(uuid, none, sizeof(none));
}

/* A receiver looks for the uuid that the kernel's send would name. */
static int know_subvolume(const struct import *im, u64 id)
{
	const bool is_given = !*im->at && im->options->send.parent_uuid_given;
	struct subvolume s;
	int err = subvolume_open(im->fs, id, &s);
	if (err)
		return err;
	if (!is_uuid(s.uuid) && !is_uuid(s.received_uuid) && !is_given)
		return fail_hint(-EINVAL, HINT_PARENT_UUID,
				 "%s: subvolume %llu has no uuid, by which receivers find it",
				 im->name, (unsigned long long)id);
	tree_know_subvol(im->tree, im->at, is_uuid(s.received_uuid) ? s.received_uuid : s.uuid,
			 s.ctransid);
	return 0;
}

/* Let subvolume @id be what is at @at in the tree. */
static int import_subvolume(struct import *im, u64 id, const char *at)
{
	const struct export_options exact = { .subvolume = id, .threads = 1, .is_exact = true };
	struct export_member member;
	im->at = at;
	int r = know_subvolume(im, id);
	if (r)
		return r;
	im->members = export_members_new(im->fs, &exact);
	while ((r = export_members_next(im->members, &member)) > 0) {
		r = import_member(im, &member);
		if (r)
			break;
	}
	export_members_free(im->members);
	return r;
}

/* The subvolume that the tree begins in. */
static int find_root(const struct import *im, u64 *id)
{
	const struct image_source *source = &im->options->source;
	struct subvolume_place place;
	char quoted[QUOTE_BYTES];
	*id = BTRFS_FS_TREE_OBJECTID;
	if (!source->root)
		return source->subvols.nr_subvols ? 0 : subvolume_default(im->fs, id);
	const int r = subvolume_find(im->fs, *id, source->root, &place);
	if (r < 0)
		return r;
	if (r || !place.entry.is_subvolume)
		return fail(-ENOENT, "%s: there is no subvolume %s", im->name,
			    quote(quoted, source->root, strlen(source->root)));
	*id = place.entry.id;
	return 0;
}

static int import_subvolumes(struct import *im)
{
	const struct subvol_requests *inside = &im->options->source.subvols;
	u64 root;
	int err = find_root(im, &root);
	if (!err)
		err = import_subvolume(im, root, "");
	for (size_t i = 0; i < inside->nr_subvols && !err; i++) {
		const char *path = inside->subvols[i].path;
		struct subvolume_place place;
		err = subvolume_find(im->fs, root, path, &place);
		if (!err && place.entry.is_subvolume && place.dir)
			err = import_subvolume(im, place.entry.id, path);
	}
	return err < 0 ? err : 0;
}

static int refuse_several(const struct filesystem_device *device)
{
	const s64 nr = filesystem_count_devices(device);
	if (nr <= 1)
		return nr < 0 ? (int)nr : 0;
	return fail(-EINVAL,
		    "%s is one of %lld devices, allowed: one; btrfs2tar makes an archive of all",
		    device->name, (long long)nr);
}

int import_image(const struct convert_input *image, const struct convert_options *options,
		 struct tree *tree, struct file_data *data, struct reader_counts *counts)
{
	char name[QUOTE_BYTES];
	const struct filesystem_device device = {
		.fd = image->fd,
		.name = quote(name, image->name, strlen(image->name)),
	};
	struct import im = {
		.name = device.name,
		.options = options,
		.tree = tree,
		.data = data,
		.counts = counts,
	};
	int err = refuse_several(&device);
	if (!err)
		err = filesystem_open(&device, 1, false, &im.fs);
	if (!err)
		err = import_subvolumes(&im);
	filesystem_close(im.fs);
	return err;
}

void convert_from_image(struct convert_options *options, const char *root)
{
	const struct tree_options given = options->tree;
	options->source = (struct image_source){ true, root, given.subvols };
	options->tree = (struct tree_options){
		.exists = true,
		.nodesize = BTRFS_MAX_NODESIZE,
		.max_entries = given.max_entries,
		.rules = given.rules,
	};
	options->is_oci = false;
	options->oci_config = options->plan = options->selinux_contexts = NULL;
	options->verity_signatures = NULL;
}
