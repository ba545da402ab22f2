/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What files hold.
 *
 *   inode ── file extents, by file offset; holes have none
 *              │ blob, and where in it
 *              └──> blob ── stored bytes, once, in a spool or in the archive
 *
 * Any number of file extents may lead to one blob: equal data, or files that share a pack.
 * On disk an extent is one blob, or several plain ones that follow each other in a file.
 */
#ifndef MODEL_CONTENT_H
#define MODEL_CONTENT_H

#include "base/mem.h"
#include "model/inode.h"
#include "model/spool.h"
#include "model/storage.h"

/*
 * The largest uncompressed extent. Relocation moves an extent as a unit, so a small
 * sprout must find room for one when the seed is removed.
 */
#define MAX_PLAIN_EXTENT (1u << 20)

/* Where the data of a blob are, and what is still to come. */
enum blob_place {
	BLOB_EXTENT, /* stored bytes of its own: an extent on disk, or a part of one */
	BLOB_INLINE, /* inside the tree */
	BLOB_TAIL,   /* as they are, to be packed */
	BLOB_PACKED, /* in another blob */
};

/* Stored bytes: up to 128 KiB of file data, or of several files' (a pack). */
struct blob {
	u64 spool_off; /* of the stored bytes: in their source; inline: in content.small_spool */
	union {
		u64 sums_off; /* in content.small_spool: one checksum for each stored sector; extents with
				 sums */
		u64 pack; /* packed: the blob they are in */
	};
	u64 logical;       /* address of the stored bytes, set by the layout; extents only */
	u32 stored_bytes;  /* multiple of 4096; inline and tails: exact */
	u32 ram_bytes;     /* uncompressed: multiple of 4096; inline and tails: exact */
	u8 hash[16];       /* of the stored bytes: hash128() */
	u16 store_nr;      /* index into content.stores, unless inline */
	u16 store_padding; /* of stored_bytes, zeros at the end that the source does not hold */
	u16 ram_padding;   /* of ram_bytes, zeros at the end that are no file's data */
	u8 codec_id;       /* codec_choice_id() of the codec that was to compress it */
	u8 compression;    /* enum btrfs_compression_type */
	u8 place;          /* enum blob_place */
	bool without_sums; /* the inodes are NODATASUM */
	u8 extent_offset_sectors; /* sectors of the extent that other blobs hold before this one; set by
			       blob_order_apply() */
	u8 pack_sector;           /* packed: where in the pack */
	u16 extent_sectors;       /* of the whole extent; set by blob_order_apply() */
};

/* blobs_stored_alike - whether two blobs were to be stored in one way: then equal data are equal
 * blobs
 */
static inline bool blobs_stored_alike(const struct blob *a, const struct blob *b)
{
	return a->codec_id == b->codec_id && a->without_sums == b->without_sums;
}

/* A run of a file's data: btrfs_file_extent_item, or a part of one. */
struct file_extent {
	u64 file_off;   /* bytes, multiple of 4096 */
	u32 blob;       /* index into content.blobs */
	u16 blob_off;   /* sectors of the blob's uncompressed data before it */
	u16 nr_sectors; /* whole sectors; the last one may be partly used */
};

/* A source of stored bytes: the data spool, or an archive that holds them as they are. */
#define CONTENT_DATA_SPOOL 0
#define CONTENT_MAX_STORES 64

struct content {
	struct file_extent *file_extents; /* those of a file in a row; never NULL */
	size_t nr_file_extents;
	size_t file_extents_capacity;
	struct blob *blobs;
	size_t nr_blobs; /* below 2^32: 512 TiB of data */
	size_t blobs_capacity;
	bool is_mixed; /* not all blobs are blobs_stored_alike() */
	/* stored bytes of blobs: first the data spool, where they lie sector by sector */
	struct spool *stores[CONTENT_MAX_STORES];
	u32 nr_stores;
	struct spool *small_spool; /* checksums and inline data */
	const char *spool_dir;     /* for further spools */
	struct arena hashes;       /* inode.hash of all files, if they are wanted */
	bool copies_share_blobs;   /* what content_copy_extents() does */
};

/* content_new - open both spools in @spool_dir, which must stay valid; 0, or negative errno after
 * printing */
int content_new(const char *spool_dir, struct content **content);
void content_free(struct content *content);

/*
 * content_add_archive - let data stay in the archive on @fd, if that is a plain file
 * Stream offset 0 is at the descriptor's present position. @fd must stay open and @name valid.
 * Returns the source's index, or CONTENT_DATA_SPOOL if data must be spooled.
 */
u16 content_add_archive(struct content *content, int fd, const char *name);

/* content_flush - spool_flush() of both spools */
int content_flush(const struct content *content);

/*
 * content_check_archives - whether the archives that data stay in are as they were when added
 * Returns 0, or a negative errno after printing.
 */
int content_check_archives(const struct content *content);

/* content_add_blob - make room for one more; zeroed, valid until the next call */
struct blob *content_add_blob(struct content *content);

/* content_add_file_extent - one more at the end of @inode, whose file extents are the newest */
void content_add_file_extent(struct content *content, struct inode *inode,
			     const struct file_extent *extent);

/* content_file_extents - those of a file: inode.nr of them */
static inline struct file_extent *content_file_extents(const struct content *content,
						       const struct inode *inode)
{
	return content->file_extents + inode->first_extent;
}

/* content_blob - what a file extent leads to */
static inline struct blob *content_blob(const struct content *content,
					const struct file_extent *extent)
{
	return content->blobs + extent->blob;
}

/*
 * content_unpack - the data of a blob that is not packed, uncompressed: ram_bytes of them, to @data
 * Returns 0 or a negative errno after printing.
 */
int content_unpack(const struct content *content, const struct blob *blob, u8 *data);

/*
 * content_copy_extents - give @inode, a copy of another one, file extents of its own
 * They lead to the same blobs if content.copies_share_blobs, else to copies of them; inline data, which
 * each file has for itself, are always copied.
 */
void content_copy_extents(struct content *content, struct inode *inode);

/* content_share_extents - the same, but whatever copies_share_blobs says they lead to the same blobs */
void content_share_extents(struct content *content, struct inode *inode);

/* content_is_stored_as - whether a file, which has file extents, was stored in this way */
bool content_is_stored_as(const struct content *content, const struct inode *inode,
			  const struct storage *storage);

/*
 * content_equal - whether two files hold the same data and holes; result in @equal
 * Both were cut by one file_data. Returns 0 or a negative errno after printing.
 */
int content_equal(const struct content *content, const struct inode *a, const struct inode *b,
		  bool *equal);

#endif
