/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root tree: the roots of all other trees, the parents and children of subvolumes, and the
 * name of the default one.
 */
#include "disk/checksum.h"
#include "inode_items.h"
#include "items.h"

/* The inode_item inside a root item: constants that the kernel writes and nobody reads. */
static struct btrfs_inode_item root_item_inode(const struct blueprint *bp, bool is_subvolume)
{
	return (struct btrfs_inode_item){
		.generation = to_le64(1),
		.size = to_le64(3),
		.nbytes = to_le64(bp->options.nodesize),
		.nlink = to_le32(1),
		.mode = to_le32(S_IFDIR | 0755),
		.flags = to_le64(is_subvolume ? BTRFS_INODE_ROOT_ITEM_INIT : 0),
	};
}

/*
 * Blocks up to the generation of last_snapshot may be shared: without it the kernel would change
 * them in place. The parent of a layer is the layer before it, as the parent of a snapshot is the
 * subvolume that it was made from.
 */
static void set_snapshot(const struct blueprint *bp, u32 subvol, struct btrfs_root_item *root)
{
	root->last_snapshot = to_le64(GENERATION);
	if (subvol > 1)
		memcpy(root->parent_uuid, bp->ids.subvols[subvol - 1].bytes,
		       sizeof(root->parent_uuid));
}

static int add_root_item(const struct blueprint *bp, struct tree_writer *tw,
			 const struct planned_tree *tree)
{
	struct btrfs_key key = { tree->id, BTRFS_ROOT_ITEM_KEY, 0 };
	bool is_subvolume = tree->is_subvol;
	bool has_inodes = is_subvolume || tree->id == BTRFS_DATA_RELOC_TREE_OBJECTID;
	void *item;
	int err = tree_writer_add(tw, key, sizeof(struct btrfs_root_item), &item);
	if (err || tree_writer_counts_only(tw))
		return err;
	struct btrfs_root_item root = {
		.inode = root_item_inode(bp, is_subvolume),
		.generation = to_le64(bp->generation),
		.root_dirid = to_le64(has_inodes ? BTRFS_FIRST_FREE_OBJECTID : 0),
		.bytenr = to_le64(planned_tree_root(bp, tree)),
		.bytes_used = to_le64(planned_tree_bytes(bp, tree)),
		.refs = to_le32(1),
		.level = tree->shape.level,
		.generation_v2 = to_le64(bp->generation),
	};
	if (is_subvolume) {
		if (bp->subvols[tree->subvol].is_read_only)
			root.flags = to_le64(BTRFS_ROOT_SUBVOL_RDONLY);
		memcpy(root.uuid, bp->ids.subvols[tree->subvol].bytes, sizeof(root.uuid));
		root.ctransid = to_le64(GENERATION);
		root.ctime = timespec_to_disk(bp->options.implied_time);
		root.otime = root.ctime;
		if (tree->subvol)
			root.otransid = to_le64(GENERATION);
		if (tree_has_layers(bp->tree) && tree->subvol)
			set_snapshot(bp, tree->subvol, &root);
	}
	memcpy(item, &root, sizeof(root));
	return 0;
}

/* The directory, the index and the name of subvolume @child; @key has its id and its parent's. */
static int add_root_ref(const struct blueprint *bp, struct tree_writer *tw, struct btrfs_key key,
			u32 child)
{
	const struct dentry *name = bp->subvols[child].root->names;
	struct btrfs_root_ref ref = {
		.dirid = to_le64(name->dir->ino),
		.sequence = to_le64(name->index),
		.name_len = to_le16(name->name_len),
	};
	return tree_writer_put_named(tw, key, &ref, sizeof(ref), name->name, name->name_len);
}

/* The reference to a subvolume's parent, then those to its children. */
static int add_root_refs(const struct blueprint *bp, struct tree_writer *tw, u32 nr)
{
	const struct subvol *s = &bp->subvols[nr];
	int err = 0;
	if (s->root->names) {
		const struct subvol *parent = &bp->subvols[s->root->names->dir->subvol];
		struct btrfs_key key = { s->id, BTRFS_ROOT_BACKREF_KEY, parent->id };
		err = add_root_ref(bp, tw, key, nr);
	}
	for (u32 c = s->first_child; c != NO_SUBVOL && !err; c = bp->subvols[c].next_sibling) {
		struct btrfs_key key = { s->id, BTRFS_ROOT_REF_KEY, bp->subvols[c].id };
		err = add_root_ref(bp, tw, key, c);
	}
	return err;
}

/* Directory 6 holds one name, "default": the subvolume that is mounted. */
static int add_default_directory(const struct blueprint *bp, struct tree_writer *tw)
{
	static const char name[] = "default";
	const u32 len = sizeof(name) - 1;
	const u64 dir = BTRFS_ROOT_TREE_DIR_OBJECTID;
	const struct btrfs_key inode_key = { dir, BTRFS_INODE_ITEM_KEY, 0 };
	const struct btrfs_key name_key = { dir, BTRFS_DIR_ITEM_KEY, name_hash(name, len) };
	struct btrfs_inode_item inode = directory_inode_item(bp);
	struct btrfs_dir_item record = {
		.location = key_to_disk((struct btrfs_key){ tree_default_subvol(bp->tree)->id,
							    BTRFS_ROOT_ITEM_KEY, UINT64_MAX }),
		.transid = to_le64(GENERATION),
		.name_len = to_le16((u16)len),
		.type = BTRFS_FT_DIR,
	};
	inode.transid = to_le64(0);
	int err = tree_writer_put(tw, inode_key, &inode, sizeof(inode));
	if (!err)
		err = add_dotdot_ref(tw, dir);
	if (!err)
		err = tree_writer_put_named(tw, name_key, &record, sizeof(record), name, len);
	return err;
}

/* Trees are planned in the order of their ids; directory 6 comes between 5 and 7. */
int produce_root_tree(const struct blueprint *bp, struct tree_writer *tw)
{
	for (u32 i = 0; i < bp->nr_trees; i++) {
		const struct planned_tree *tree = &bp->trees[i];
		if (tree->id == BTRFS_CHUNK_TREE_OBJECTID || tree->id == BTRFS_ROOT_TREE_OBJECTID)
			continue;
		int err = add_root_item(bp, tw, tree);
		if (!err && tree->is_subvol)
			err = add_root_refs(bp, tw, tree->subvol);
		if (!err && tree->id == BTRFS_FS_TREE_OBJECTID)
			err = add_default_directory(bp, tw);
		if (err)
			return err;
	}
	return 0;
}
