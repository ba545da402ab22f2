/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules by path mean for inodes: a guess for each file that arrives, and at the end, when every
 * path is known, what holds.
 *
 * While members arrive, the storage of a file is a guess: the file may get a smaller name later,
 * the path of its rule may go through symlinks, its data may come with a hard link. After a wrong
 * guess the stored bytes are read back and stored again. Pieces depend on the file's bytes and
 * holes alone, so the result does not depend on the guess.
 */
#include "base/diag.h"
#include "disk/format.h"
#include "tree_private.h"

#define PROPERTY_XATTR "btrfs.compression"

/* ---- the paths of rules --------------------------------------------------------------- */

static int resolve_rule(struct tree *tree, const struct path_rule *rule)
{
	char q[QUOTE_BYTES];
	const struct path path = { .bytes = rule->path, .len = rule->path_len };
	const struct inode *inode = tree_inode_at(tree, &path);
	if (!inode && tree->options.exists)
		return 0;
	if (!inode)
		return fail(-ENOENT, "%s: '%s' is not in the archive", rule->wanted_by,
			    quote(q, path.bytes, path.len));
	if (!inode_is_file(inode) && !inode_is_dir(inode))
		return fail(-EINVAL, "%s: '%s' is neither a file nor a directory", rule->wanted_by,
			    quote(q, path.bytes, path.len));
	struct path real = { .len = 0 };
	if (path.len)
		real = dentry_path(tree_lookup(tree, &path, NULL));
	int err = path_rules_add(&tree->rules, rule->wanted_by, real.bytes, real.len, &rule->asks);
	xfree(real.bytes);
	if (!err)
		tree->rules.list[tree->rules.nr - 1].age = rule->age;
	return err;
}

int rules_resolve(struct tree *tree)
{
	const struct path_rules *asked = &tree->options.rules;
	int err = 0;
	tree->rules.codec = asked->codec;
	tree->rules.verity = asked->verity;
	for (size_t i = 0; i < asked->nr && !err; i++)
		err = resolve_rule(tree, &asked->list[i]);
	for (u32 i = 1; asked->nr && i < tree->numbering.nr_subvols && !err; i++) {
		const struct subvol *s = &tree->numbering.subvols[i];
		const struct path_settings border = { .is_subvol = true };
		err = path_rules_add(&tree->rules, "", s->path, s->path_len, &border);
	}
	path_rules_seal(&tree->rules);
	return err;
}

/* ---- settings --------------------------------------------------------------------------- */

/* A tree that a filesystem has takes from rules how data are stored, and nothing else. */
static struct path_settings settings_of(const struct tree *tree, const struct path_rules *rules,
					const struct inode *inode)
{
	struct path path = rules->nr ? inode_path(inode) : (struct path){ .len = 0 };
	struct path_settings holds = path_rules_find(rules, path.bytes, path.len);
	xfree(path.bytes);
	if (tree->options.exists) {
		holds.inode_flags = 0;
		holds.has_property = false;
	}
	return holds;
}

/* @inode has the flags that @holds asks for, or will get them. */
static struct storage storage_by(const struct path_settings *holds, const struct inode *inode)
{
	struct storage storage = storage_of(holds->codec, inode->flags | holds->inode_flags);
	storage.verity = holds->verity;
	return storage;
}

struct storage tree_storage(const struct tree *tree, const struct inode *inode)
{
	const struct path_settings holds = settings_of(tree, &tree->options.rules, inode);
	return storage_by(&holds, inode);
}

/* ---- flags and properties ------------------------------------------------------------- */

/* As the kernel does on a new inode. A directory has flags only for new files in it to inherit. */
static void set_flags(struct inode *inode, u32 flags)
{
	if (inode_is_dir(inode))
		flags &= ~BTRFS_INODE_NODATASUM;
	else if (flags & BTRFS_INODE_NODATACOW)
		flags |= BTRFS_INODE_NODATASUM;
	inode->flags |= flags;
	if (flags & BTRFS_INODE_NODATACOW)
		inode->flags &= ~(BTRFS_INODE_COMPRESS | BTRFS_INODE_NOCOMPRESS);
}

static int set_property(struct tree *tree, struct inode *inode, const struct codec *codec)
{
	const char *value = codec ? codec->name : "none";
	if (inode->flags & (BTRFS_INODE_NODATACOW | BTRFS_INODE_NODATASUM))
		return 0; /* never compressed */
	inode->flags &= ~(BTRFS_INODE_COMPRESS | BTRFS_INODE_NOCOMPRESS);
	inode->flags |= codec ? BTRFS_INODE_COMPRESS : BTRFS_INODE_NOCOMPRESS;
	tree->property_features |= codec ? codec->incompat_flag : 0;
	xattr_add(&tree->arena, &inode->xattrs, PROPERTY_XATTR, strlen(PROPERTY_XATTR), value,
		  strlen(value));
	xattrs_sort(&inode->xattrs);
	const struct path path = inode_path(inode);
	const int err = xattrs_check(tree, &path, inode->xattrs);
	xfree(path.bytes);
	return err;
}

/* ---- data ----------------------------------------------------------------------------- */

static int store_anew(struct content *content, struct file_data *data, struct inode *inode,
		      struct storage storage)
{
	const u64 first = inode->first_extent, size = inode->size;
	const u32 nr = inode->nr;
	int err = 0;
	inode->nr = 0;
	file_data_begin(data, inode, storage);
	for (u32 i = 0; i < nr && !err; i++) {
		const struct file_extent e = content->file_extents[first + i];
		const struct blob blob = *content_blob(content, &e);
		u8 *bytes = xmalloc(blob.ram_bytes);
		err = content_unpack(content, &blob, bytes);
		if (!err)
			err = file_data_write(data, e.file_off, bytes,
					      (size_t)min_u64(blob.ram_bytes, size - e.file_off),
					      NULL);
		xfree(bytes);
	}
	return err ? err : file_data_end(data);
}

static int settle_data(struct content *content, struct file_data *data, struct inode *inode,
		       const struct path_settings *holds)
{
	const struct storage storage = storage_by(holds, inode);
	if (!inode->nr || content_is_stored_as(content, inode, &storage))
		return 0;
	return store_anew(content, data, inode, storage);
}

/* The plan's wish is for this inode, and so beats each rule. */
static enum fsverity_algorithm choose_verity(const struct inode *inode,
					     const struct path_settings *holds)
{
	switch (inode->flags & INODE_VERITY) {
	case 0:
		return holds->verity;
	case INODE_VERITY_SHA256:
		return FSVERITY_SHA256;
	case INODE_VERITY_SHA512:
		return FSVERITY_SHA512;
	default:
		return FSVERITY_NONE;
	}
}

static void note_verity(struct tree *tree, size_t index, enum fsverity_algorithm algorithm)
{
	if (!tree->verity && algorithm != FSVERITY_NONE)
		tree->verity = xzalloc(tree->numbering.nr_inodes);
	if (tree->verity)
		tree->verity[index] = (u8)algorithm;
}

static int settle(struct tree *tree, struct content *content, struct file_data *data, size_t index)
{
	struct inode *inode = tree->numbering.inodes[index];
	struct path_settings holds = settings_of(tree, &tree->rules, inode);
	int err = 0;
	holds.verity = choose_verity(inode, &holds);
	inode->flags &= ~INODE_VERITY;
	set_flags(inode, holds.inode_flags);
	if (holds.has_property)
		err = set_property(tree, inode, holds.property);
	if (!err && inode_is_file(inode)) {
		note_verity(tree, index, holds.verity);
		err = settle_data(content, data, inode, &holds);
	}
	return err;
}

int tree_apply_rules(struct tree *tree, struct content *content, struct file_data *file_data)
{
	int err = 0;
	assert(tree->phase == TREE_FINISHED);
	for (size_t i = 0; i < tree->numbering.nr_inodes && !err; i++)
		if (inode_is_file(tree->numbering.inodes[i]) ||
		    inode_is_dir(tree->numbering.inodes[i]))
			err = settle(tree, content, file_data, i);
	return err;
}

u64 tree_property_features(const struct tree *tree)
{
	assert(tree->phase == TREE_FINISHED);
	return tree->property_features;
}
