/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/file_item.h"

/* Whether two blobs follow each other in one extent of the seed. */
static bool follow_on_seed(const struct blob *last, const struct blob *b)
{
	return last->place == BLOB_ON_SEED && b->place == BLOB_ON_SEED && !b->compression &&
	       !last->compression && last->logical + last->stored_bytes == b->logical &&
	       blob_extent_logical(last) == blob_extent_logical(b);
}

/* Whether @e begins where an item ends, in the file and in the extent. */
static bool continues(const struct content *content, const struct file_item *item,
		      const struct file_extent *last, const struct file_extent *e)
{
	const struct blob *b = content_blob(content, e);
	if (e->file_off != item->file_off + item->num_bytes)
		return false;
	if (b->place == BLOB_ON_SEED)
		return follow_on_seed(content_blob(content, last), b);
	return e->blob == last->blob + 1 && b->extent_offset_sectors;
}

bool file_item_next(const struct content *content, const struct inode *inode, u32 *at,
		    struct file_item *item)
{
	assert(content->phase == CONTENT_ORDERED);
	if (*at == inode->nr)
		return false;
	const struct file_extent *e = content_file_extents(content, inode) + (*at)++;
	const struct blob *b = content_blob(content, e);
	*item = (struct file_item){
		.file_off = e->file_off,
		.num_bytes = (u32)e->nr_sectors * BTRFS_SECTORSIZE,
		.blob = e->blob,
		.extent = e->blob,
		.offset = ((u32)b->extent_offset_sectors + e->blob_off) * BTRFS_SECTORSIZE,
	};
	while (b->place != BLOB_ON_SEED && content->blobs[item->extent].extent_offset_sectors)
		item->extent--;
	for (; *at < inode->nr && continues(content, item, e, e + 1); e++, ++*at)
		item->num_bytes += (u32)e[1].nr_sectors * BTRFS_SECTORSIZE;
	return true;
}

struct item_walk item_walk_begin(const struct tree *tree, const struct content *content)
{
	struct item_walk walk = { .content = content };
	walk.inodes = tree_inodes(tree, &walk.nr_inodes);
	return walk;
}

bool item_walk_next(struct item_walk *walk, struct file_item *item)
{
	while (!walk->inode || !inode_is_file(walk->inode) ||
	       !file_item_next(walk->content, walk->inode, &walk->at, item)) {
		if (walk->next_inode == walk->nr_inodes)
			return false;
		walk->inode = walk->inodes[walk->next_inode++];
		walk->at = 0;
	}
	const struct content *content = walk->content;
	while (walk->next_blob < content->nr_blobs &&
	       content->blobs[walk->next_blob].place == BLOB_ON_SEED)
		walk->next_blob++;
	walk->is_first = item->blob == walk->next_blob;
	if (walk->is_first)
		do {
			walk->next_blob++;
		} while (walk->next_blob < content->nr_blobs &&
			 content->blobs[walk->next_blob].place != BLOB_ON_SEED &&
			 content->blobs[walk->next_blob].extent_offset_sectors);
	return true;
}
