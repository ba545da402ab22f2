/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seed that an image grows on: then the image is the last device of a filesystem whose other
 * devices are the seed's. Blobs may be BLOB_ON_SEED, and trees may refer to leaves that the seed has
 * alike. Each tree that tells of chunks or of their use begins with what it says of the seed.
 */
#ifndef IMAGE_IMAGE_SEED_H
#define IMAGE_IMAGE_SEED_H

#include "image/tree_writer.h"

/* What the seed's own part of a tree is made of. */
enum seed_items {
	SEED_DEVICES,        /* chunk tree: DEV_ITEMs */
	SEED_CHUNKS,         /* chunk tree: CHUNK_ITEMs */
	SEED_DEVICE_EXTENTS, /* device tree */
	SEED_EXTENTS,    /* extent tree, with block groups unless they have a tree of their own */
	SEED_SUMS,       /* checksum tree */
	SEED_FREE_SPACE, /* free space tree */
	SEED_GROUPS,     /* block group tree */
};

struct image_seed_leaf {
	u64 logical, generation;
	const u8 *block; /* valid until the next call; NULL: no other tree may refer to it */
};

/* Functions that return int give 0, or a negative errno after printing. */
struct image_seed {
	void *context;
	u64 generation;  /* of new blocks: above all that the seed has */
	u64 end;         /* logical address behind its last chunk */
	u64 devid;       /* of the new device: above all that the seed has */
	u64 total_bytes; /* of its devices */
	u32 nr_devices;
	u64 incompat_flags;
	u8 chunk_tree_uuid[BTRFS_UUID_SIZE];
	/* Of the tree of this id: how many leaves it has below its root; 0 if there is no such tree. */
	int (*count_leaves)(void *context, u64 tree, size_t *nr);
	int (*read_leaf)(void *context, u64 tree, size_t nr, struct image_seed_leaf *leaf);
	/* Whether the image refers to a leaf; at first it refers to none. */
	void (*keep_leaf)(void *context, u64 tree, size_t nr, bool is_kept);
	/* The items; but for devices and chunks, of what the image uses of the seed. */
	int (*produce)(void *context, enum seed_items items, struct tree_writer *tw);
	/* How many bytes of extents and blocks those are. */
	u64 (*bytes_used)(void *context);
	/* Whether ids of the new device are none of the seed's. */
	int (*check_ids)(void *context, const u8 *fsid, const u8 *device_uuid);
};

#endif
