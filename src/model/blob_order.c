/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/blob_order.h"

#define NO_PLACE UINT32_MAX

/* Let a file extent that refers to a packed blob refer to the pack instead. */
static void follow_pack(const struct content *content, struct file_extent *e)
{
	const struct blob *b = content_blob(content, e);
	if (b->place != BLOB_PACKED)
		return;
	e->blob = u32_from_u64(b->pack);
	e->blob_off = b->pack_sector;
}

/* Number the used blobs, and let file extents refer to their new places; returns how many. */
static u32 find_places(struct content *content, const struct tree *tree, u32 *places)
{
	u64 nr_inodes;
	const struct inode *const *inodes = tree_inodes(tree, &nr_inodes);
	u32 nr = 0;
	memset(places, 0xff, content->nr_blobs * sizeof(*places));
	for (u64 i = 0; i < nr_inodes; i++) {
		if (!inode_is_file(inodes[i]))
			continue;
		struct file_extent *e = content_file_extents(content, inodes[i]);
		for (u32 k = 0; k < inodes[i]->nr; k++, e++) {
			follow_pack(content, e);
			if (places[e->blob] == NO_PLACE)
				places[e->blob] = nr++;
			e->blob = places[e->blob];
		}
	}
	return nr;
}

/* Follow the cycles of the permutation; unused blobs are overwritten, or end behind the others. */
static void move_blobs(struct content *content, u32 *places)
{
	for (u32 i = 0; i < content->nr_blobs; i++) {
		while (places[i] != NO_PLACE && places[i] != i) {
			const u32 to = places[i];
			const struct blob moved = content->blobs[to];
			const u32 moved_to = places[to];
			content->blobs[to] = content->blobs[i];
			places[to] = to;
			content->blobs[i] = moved;
			places[i] = moved_to;
		}
	}
}

static bool can_join(const struct blob *head, const struct blob *b)
{
	return !b->compression && !head->compression &&
	       (u32)head->extent_sectors * BTRFS_SECTORSIZE + b->stored_bytes <= MAX_PLAIN_EXTENT;
}

/* Join the blobs that @inode is the first to use, from @next on; returns the one behind them. */
static u32 join_file(struct content *content, const struct inode *inode, u32 next)
{
	const struct file_extent *e = content_file_extents(content, inode);
	struct blob *head = NULL;
	u64 end = 0;
	for (u32 i = 0; i < inode->nr; i++, e++) {
		if (e->blob != next) {
			head = NULL;
			continue;
		}
		struct blob *b = content_blob(content, e);
		next++;
		if (b->place == BLOB_INLINE)
			continue;
		if (b->place == BLOB_ON_SEED) {
			head = NULL;
			continue;
		}
		const u16 sectors = u16_from_u64(b->stored_bytes / BTRFS_SECTORSIZE);
		if (head && e->file_off == end && can_join(head, b)) {
			b->extent_offset_sectors = head->extent_sectors;
			head->extent_sectors = u16_from_u64(head->extent_sectors + sectors);
		} else {
			b->extent_offset_sectors = 0;
			b->extent_sectors = sectors;
			head = b;
		}
		end = e->file_off + (u64)e->nr_sectors * BTRFS_SECTORSIZE;
	}
	return next;
}

static void join_blobs(struct content *content, const struct tree *tree)
{
	u64 nr_inodes;
	const struct inode *const *inodes = tree_inodes(tree, &nr_inodes);
	u32 next = 0;
	for (u64 i = 0; i < nr_inodes; i++)
		if (inode_is_file(inodes[i]))
			next = join_file(content, inodes[i], next);
	assert(next == content->nr_blobs);
	for (u32 i = 1; i < next; i++)
		if (content->blobs[i].place == BLOB_EXTENT &&
		    content->blobs[i].extent_offset_sectors)
			content->blobs[i].extent_sectors = content->blobs[i - 1].extent_sectors;
}

void blob_order_apply(struct content *content, const struct tree *tree)
{
	assert(content->phase == CONTENT_OPEN);
	u32 *places = xmalloc(content->nr_blobs * sizeof(*places));
	const u32 nr = find_places(content, tree, places);
	move_blobs(content, places);
	xfree(places);
	content->nr_blobs = nr;
	join_blobs(content, tree);
	content->phase = CONTENT_ORDERED;
}
