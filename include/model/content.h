/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What files hold: extents, and the spools with their bytes. */
#ifndef MODEL_CONTENT_H
#define MODEL_CONTENT_H

#include "base/mem.h"
#include "model/inode.h"
#include "model/spool.h"

/*
 * A run of file data, stored as one disk extent, or inline in the tree.
 * The extents of a file follow each other in content.extents, by file offset; holes have none.
 */
struct extent {
	u64 file_off;     /* bytes, multiple of 4096 */
	u64 spool_off;    /* of the stored bytes: in content.data; inline: in content.aux */
	u64 sums_off;     /* in content.aux: one checksum for each stored sector; unless inline or
			     without_sums */
	u64 logical;      /* address of the stored bytes, set by the layout; 0 if inline */
	u32 stored_bytes; /* multiple of 4096; inline: exact */
	u32 ram_bytes;    /* uncompressed: multiple of 4096; inline: exact */
	u8 hash[16];      /* of the stored bytes (hash128(), chained where pieces were joined) */
	u8 compression;   /* enum btrfs_compression_type */
	bool is_inline;
	bool without_sums; /* the inode is NODATASUM */
};

struct content {
	struct extent *extents;
	size_t nr_extents;
	size_t extents_capacity;
	struct spool *data;    /* stored bytes of extents, sector by sector */
	struct spool *aux;     /* checksums and inline data */
	const char *spool_dir; /* for further spools */
};

/* content_new - open both spools in @spool_dir, which must stay valid; 0, or negative errno after
 * printing */
int content_new(const char *spool_dir, struct content **content);
void content_free(struct content *content);

/* content_equal - whether two files hold the same; both were cut by one file_data */
bool content_equal(const struct content *content, const struct inode *a, const struct inode *b);

#endif
