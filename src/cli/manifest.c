/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manifest.h"
#include "manifest_writer.h"
#include "tree_paths.h"

#include "disk/format.h"
#include "model/file_hash.h"
#include "model/verity.h"

struct listing {
	struct manifest_writer *writer;
	const struct tree *tree;
	const struct verity *verity;
	u64 nr_groups; /* of hard links so far */
	u64 *groups;   /* by index in tree_inodes(): number of the group, 0 for none yet */
	struct manifest_xattr *xattrs;
	size_t xattrs_capacity;
};

/* ---- an entry ---------------------------------------------------------------------- */

static u64 link_group(struct listing *l, const struct inode *inode)
{
	if (inode->nlink < 2)
		return 0;
	const u64 index = tree_inode_index(l->tree, inode);
	if (!l->groups[index])
		l->groups[index] = ++l->nr_groups;
	return l->groups[index];
}

static size_t list_xattrs(struct listing *l, const struct inode *inode)
{
	size_t nr = 0;
	for (const struct xattr *x = inode->xattrs; x; x = x->next) {
		l->xattrs = mem_grow(l->xattrs, &l->xattrs_capacity, nr + 1, sizeof(*l->xattrs));
		l->xattrs[nr++] = (struct manifest_xattr){
			.name = x->bytes,
			.name_len = x->name_len,
			.value = xattr_value(x),
			.value_len = x->value_len,
		};
	}
	return nr;
}

static void put_entry(void *context, const char *path, size_t path_len, const struct inode *inode)
{
	struct listing *l = context;
	struct verity_file verity;
	u8 hash[FILE_HASH_BYTES];
	struct manifest_times times;
	struct manifest_record r = {
		.path = path,
		.path_len = path_len,
		.mode = inode->mode,
		.uid = inode->uid,
		.gid = inode->gid,
		.mtime = inode->mtime,
		.size = inode->size,
		.hash = inode->hash,
		.nlink = inode->nlink,
		.link_group = link_group(l, inode),
		.flags = inode->flags,
		.nr_xattrs = list_xattrs(l, inode),
	};
	r.xattrs = l->xattrs;
	if (inode->times) {
		times = (struct manifest_times){ inode->times->atime, inode->times->ctime,
						 inode->times->otime };
		r.times = &times;
	}
	if (inode_is_symlink(inode))
		r.target = inode->target;
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		r.rdev = (u32)inode->rdev;
	if (inode_is_file(inode) && verity_find(l->verity, l->tree, inode, &verity))
		r.verity = &verity.descriptor;
	if (inode_is_file(inode) && !inode->hash) { /* no member brought data */
		file_hash_finish(file_hash_new(inode->size), hash);
		r.hash = hash;
	}
	manifest_writer_put(l->writer, &r);
}

int manifest_write(const struct tree *tree, const struct content *content, int fd, const char *name,
		   u8 digest[MANIFEST_DIGEST_BYTES])
{
	struct listing l = { .tree = tree,
			     .verity = content->verity,
			     .writer = manifest_writer_new(fd, name) };
	u64 nr_inodes;
	(void)tree_inodes(tree, &nr_inodes);
	l.groups = xzalloc(nr_inodes * sizeof(*l.groups));
	tree_paths_visit(tree, put_entry, &l);
	xfree(l.groups);
	xfree(l.xattrs);
	return manifest_writer_finish(l.writer, digest);
}
