/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What files hold.
 *
 *   inode ── file extents, by file offset; holes have none
 *              │ blob, and where in it
 *              └──> blob ── stored bytes, once, in a store
 *
 * Any number of file extents may refer to one blob: equal data, or files that share a pack.
 * On disk an extent is one compressed blob, or several plain ones that follow each other in a file.
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

/* Where the data of a blob are. A worker chooses one of the first three (piece.place). */
enum blob_place {
	BLOB_EXTENT,  /* stored bytes of its own: an extent on disk, or a part of one */
	BLOB_INLINE,  /* inside the tree */
	BLOB_TAIL,    /* uncompressed, waiting for a pack */
	BLOB_PACKED,  /* in another blob, a pack: what the collector makes of tails */
	BLOB_ON_SEED, /* what the seed holds that an image grows on: content_use_seed() */
};

/*
 * Stored bytes: up to 128 KiB of data of one file, or of several files (a pack).
 * The collector sets all fields except the address and the fields of the extent. When a tail is
 * packed, the collector changes place, pack and pack_sector.
 */
struct blob {
	u64 store_off; /* of the stored bytes: in their store; inline: in content.small_spool */
	/* The collector sets the first with the blob, the second when it packs a tail. */
	union {
		u64 sums_off; /* in content.small_spool: a checksum for each stored sector; only
				 BLOB_EXTENT, unless without_sums */
		u64 pack;     /* BLOB_PACKED: index of the blob that holds the data */
	};
	u64 logical;       /* address of the stored bytes, set by image_plan() for BLOB_EXTENT */
	u32 stored_bytes;  /* multiple of 4096; inline and tails: exact */
	u32 ram_bytes;     /* uncompressed: multiple of 4096; inline and tails: exact */
	u8 hash[16];       /* of the stored bytes: hash128() */
	u16 store_nr;      /* index into content.stores, unless inline */
	u16 store_padding; /* of stored_bytes, zeros at the end that the store does not hold */
	u16 ram_padding;   /* of ram_bytes, zeros at the end that are no file's data */
	u8 codec_id;       /* codec_choice_id() of the file's codec, even if the blob is plain */
	u8 compression;    /* enum btrfs_compression_type */
	u8 place;          /* enum blob_place */
	bool without_sums; /* the inodes are NODATASUM */
	u8 pack_sector;    /* BLOB_PACKED: where in the pack */
	/* set by blob_order_apply() for BLOB_EXTENT */
	u16 extent_offset_sectors; /* sectors of the extent that other blobs hold before this one */
	u16 extent_sectors;        /* of the whole extent */
};

/* blobs_stored_alike - whether two blobs have one codec and one wish for checksums: if so, blobs
 * with equal data are equal */
static inline bool blobs_stored_alike(const struct blob *a, const struct blob *b)
{
	return a->codec_id == b->codec_id && a->without_sums == b->without_sums;
}

/* A place in a file that refers to a blob: a btrfs_file_extent_item, or a part of one. */
struct file_extent {
	u64 file_off;   /* bytes, multiple of 4096 */
	u32 blob;       /* index into content.blobs */
	u16 blob_off;   /* sectors of the blob's uncompressed data before it; 0 except in a pack */
	u16 nr_sectors; /* whole sectors; the last one may be partly used */
};

/* The stores: first the data spool, then the archives that are read in place. */
#define CONTENT_DATA_SPOOL 0
#define CONTENT_MAX_STORES 64

/* What has been done to the content; functions that need a phase assert it. */
enum content_phase {
	CONTENT_OPEN,    /* blobs and file extents are added */
	CONTENT_ORDERED, /* blob_order_apply() was called: nothing is added, places are final */
};

struct block_hashes;
struct verity;

struct content {
	enum content_phase phase;
	struct file_extent *file_extents; /* those of one file follow each other; never NULL */
	size_t nr_file_extents;
	size_t file_extents_capacity;
	struct blob *blobs;
	size_t nr_blobs; /* below 2^32: 512 TiB of data */
	size_t blobs_capacity;
	bool is_mixed;                            /* not all blobs are blobs_stored_alike() */
	struct spool *stores[CONTENT_MAX_STORES]; /* the data spool holds whole sectors only */
	u32 nr_stores;
	struct spool *small_spool; /* checksums and inline data */
	const char *spool_dir;     /* where both spools are; the image may open more */
	struct arena hashes;       /* inode.hash of all files, if file_data_options.hash_files */
	struct block_hashes *block_hashes; /* of blobs, until verity_build() */
	struct verity *
		verity; /* set by verity_build(), whose caller frees it; NULL: no file has fs-verity */
	bool copies_share_blobs; /* two files may refer to one blob: file_data_options.dedupe */
};

/* content_new - open both spools in @spool_dir, which must stay valid
 * Returns 0, or a negative errno after printing. */
int content_new(const char *spool_dir, struct content **content);
void content_free(struct content *content);

/*
 * content_add_archive - make the archive on @fd a store, if it is a regular file
 * Offset 0 of the store is the descriptor's present position. @fd must stay open and @name valid.
 * Returns the index of the store, or CONTENT_DATA_SPOOL if data must be spooled.
 */
u16 content_add_archive(struct content *content, int fd, const char *name);

/* content_flush - spool_flush() of both spools */
int content_flush(const struct content *content);

/*
 * content_check_archives - whether no archive among the stores has changed since it was added
 * Returns 0, or a negative errno after printing.
 */
int content_check_archives(const struct content *content);

/* content_add_blob - append a blob; zeroed, the pointer is valid until the next call */
struct blob *content_add_blob(struct content *content);

/* content_add_file_extent - append to the file extents of @inode, which must be the newest ones */
void content_add_file_extent(struct content *content, struct inode *inode,
			     const struct file_extent *extent);

/* content_file_extents - the inode.nr file extents of a file */
static inline struct file_extent *content_file_extents(const struct content *content,
						       const struct inode *inode)
{
	return content->file_extents + inode->first_extent;
}

/* content_blob - the blob that a file extent refers to */
static inline struct blob *content_blob(const struct content *content,
					const struct file_extent *extent)
{
	return content->blobs + extent->blob;
}

/*
 * content_use_seed - let a BLOB_EXTENT be one that the seed holds; before blob_order_apply()
 * @logical: where its stored bytes are; the caller has compared them
 * @offset, @extent_bytes: of the extent they are in: its bytes before them, and its size, which is at
 *                         most CONTENT_SEED_EXTENT_MAX
 */
#define CONTENT_SEED_EXTENT_MAX (UINT16_MAX * BTRFS_SECTORSIZE)
void content_use_seed(struct blob *blob, u64 logical, u32 offset, u32 extent_bytes);

/*
 * content_read_stored - read the first @bytes of the stored bytes of a blob, not a packed one
 * Zeros that the store does not hold are added. Returns 0 or a negative errno after printing.
 */
int content_read_stored(const struct content *content, const struct blob *blob, u8 *buf, u32 bytes);

/*
 * content_unpack - write the ram_bytes of uncompressed data of a blob, not a packed one, to @data
 * Returns 0 or a negative errno after printing.
 */
int content_unpack(const struct content *content, const struct blob *blob, u8 *data);

/*
 * content_copy_extents - give @inode, a copy of another one, file extents of its own
 * @share: they refer to the same blobs, else to copies of the blobs. Blobs of inline data are
 *         always copied, since no two files share them.
 */
void content_copy_extents(struct content *content, struct inode *inode, bool share);

/* content_is_stored_as - whether a file was stored as @storage says; it has file extents */
bool content_is_stored_as(const struct content *content, const struct inode *inode,
			  const struct storage *storage);

/*
 * content_equal - whether two files hold the same data and holes; result in @equal
 * Both were cut by the same file_data. Returns 0 or a negative errno after printing.
 */
int content_equal(const struct content *content, const struct inode *a, const struct inode *b,
		  bool *equal);

#endif
