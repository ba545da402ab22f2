/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A subvolume's uuid: a hash of its path and of what a receiver of it sees: names, attributes,
 * data. Left out is what other subvolumes have a part in: numbers of inodes, indexes of names,
 * names of subvolumes below, the packs that tails went to. So a subvolume has the same uuid in
 * every image that holds it.
 *
 * Names are hashed in the order of the walk. Each has the number of its directory in that order; a
 * further name of an inode refers to the first one.
 */
#include "disk/checksum.h"
#include "model/verity.h"
#include "tree_private.h"

struct name_record {
	le32 dir; /* the place of the directory's name, 0 for the root's */
	le32 inode;
	u8 name_len;
};

struct time_record {
	le64 sec;
	le32 nsec;
};

struct inode_record {
	le32 mode, uid, gid;
	le32 flags;
	le64 size_or_rdev;
	struct time_record mtime, atime, ctime, otime;
	le32 nr_xattrs;
	le32 nr_extents;
};

struct xattr_record {
	u8 name_len;
	le32 value_len;
};

struct extent_record {
	le64 file_off;
	le32 nr_sectors;
	le32 ram_bytes;
	u8 compression;
	u8 hash[16]; /* of the stored bytes; of a packed tail, of the tail */
};

struct hashing {
	struct sha256 *sha;
	const struct tree *tree;
	const struct content *content;
	const struct subvol *subvol;
	u32 nr_names;
	u32 *first_names; /* of inodes with several names, by number in the subvolume; 0: not met */
};

static struct time_record time_to_record(struct timestamp t)
{
	return (struct time_record){ to_le64((u64)t.sec), to_le32(t.nsec) };
}

static void hash_xattrs(struct hashing *h, const struct inode *inode)
{
	for (const struct xattr *x = inode->xattrs; x; x = x->next) {
		const struct xattr_record record = { x->name_len, to_le32(x->value_len) };
		sha256_add(h->sha, &record, sizeof(record));
		sha256_add(h->sha, x->bytes, x->name_len + (size_t)x->value_len);
	}
}

static void hash_extents(struct hashing *h, const struct inode *inode)
{
	const struct file_extent *e = content_file_extents(h->content, inode);
	for (u32 i = 0; i < inode->nr; i++, e++) {
		const struct blob *b = content_blob(h->content, e);
		struct extent_record record = {
			.file_off = to_le64(e->file_off),
			.nr_sectors = to_le32(e->nr_sectors),
			.ram_bytes = to_le32(b->ram_bytes),
			.compression = b->compression,
		};
		memcpy(record.hash, b->hash, sizeof(record.hash));
		sha256_add(h->sha, &record, sizeof(record));
	}
}

/* The descriptor has the root hash, but not the signature. */
static void hash_verity(struct hashing *h, const struct inode *inode)
{
	struct verity_file verity;
	if (!verity_find(h->content->verity, h->tree, inode, &verity))
		return;
	sha256_add(h->sha, &verity.descriptor, sizeof(verity.descriptor));
	sha256_add(h->sha, verity.signature_hash, 16);
}

static void hash_inode(struct hashing *h, const struct inode *inode)
{
	const bool is_device = S_ISCHR(inode->mode) || S_ISBLK(inode->mode);
	const u32 nr_extents = inode_is_file(inode) ? inode->nr : 0;
	struct inode_times times = { inode->mtime, inode->mtime, inode->mtime };
	u32 nr_xattrs = 0;
	for (const struct xattr *x = inode->xattrs; x; x = x->next)
		nr_xattrs++;
	if (inode->times)
		times = *inode->times;
	const struct inode_record record = {
		.mode = to_le32(inode->mode),
		.uid = to_le32(inode->uid),
		.gid = to_le32(inode->gid),
		.flags = to_le32(inode->flags & ~INODE_INCOMPLETE),
		.size_or_rdev = to_le64(is_device ? inode->rdev : inode->size),
		.mtime = time_to_record(inode->mtime),
		.atime = time_to_record(times.atime),
		.ctime = time_to_record(times.ctime),
		.otime = time_to_record(times.otime),
		.nr_xattrs = to_le32(nr_xattrs),
		.nr_extents = to_le32(nr_extents),
	};
	sha256_add(h->sha, &record, sizeof(record));
	hash_xattrs(h, inode);
	if (inode_is_symlink(inode))
		sha256_add(h->sha, inode->target, inode->size);
	if (inode_is_file(inode))
		hash_verity(h, inode);
	if (nr_extents)
		hash_extents(h, inode);
}

/* The place of the first name of @d's inode, 0 if it is this one. */
static u32 earlier_name(struct hashing *h, const struct dentry *d)
{
	if (inode_is_dir(d->inode) || d->inode->nlink < 2)
		return 0;
	u32 *first = &h->first_names[tree_inode_index(h->tree, d->inode) - h->subvol->first_inode];
	const u32 place = *first;
	if (!place)
		*first = h->nr_names;
	return place;
}

static void hash_name(struct hashing *h, const struct dentry *d, u32 dir)
{
	h->nr_names++;
	const u32 earlier = earlier_name(h, d);
	const struct name_record record = { to_le32(dir), to_le32(earlier ? earlier : h->nr_names),
					    d->name_len };
	sha256_add(h->sha, &record, sizeof(record));
	sha256_add(h->sha, d->name, d->name_len);
	if (!earlier)
		hash_inode(h, d->inode);
}

static void derive_subvol_uuid(const struct tree *tree, const struct content *content,
			       struct subvol *s, const char *path, size_t path_len)
{
	struct hashing h = { sha256_new(), tree, content, s, 0, NULL };
	struct tree_walk walk = { .depth = 0 };
	h.first_names = xzalloc(s->nr_inodes * sizeof(*h.first_names));
	hash_inode(&h, s->root);
	tree_walk_enter(&walk, s->root, 0);
	for (const struct dentry *d; (d = tree_walk_next(&walk));) {
		if (inode_is_subvol_root(d->inode))
			continue;
		hash_name(&h, d, u32_from_u64(walk.mark));
		if (inode_is_dir(d->inode))
			tree_walk_enter(&walk, d->inode, h.nr_names);
	}
	tree_walk_release(&walk);
	xfree(h.first_names);
	u8 digest[32];
	sha256_finish(h.sha, digest);
	sha256_role_uuid("subvolume:", path, path_len, digest, s->uuid);
}

void tree_derive_uuids(struct tree *tree, const struct content *content)
{
	assert(tree->phase == TREE_FINISHED && content->phase == CONTENT_OPEN);
	for (u32 i = 1; i < tree->numbering.nr_subvols; i++) {
		struct subvol *s = &tree->numbering.subvols[i];
		if (!s->uuid_given)
			derive_subvol_uuid(tree, content, s, s->path, s->path_len);
	}
}

void tree_derive_top_uuid(struct tree *tree, const struct content *content, const char *name)
{
	struct subvol *top = &tree->numbering.subvols[0];
	assert(tree->phase == TREE_FINISHED && content->phase == CONTENT_OPEN);
	if (!top->uuid_given)
		derive_subvol_uuid(tree, content, top, name, strlen(name));
}
