/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What files hold: extents, and the spools with their bytes. */
#ifndef MODEL_CONTENT_H
#define MODEL_CONTENT_H

#include "base/mem.h"
#include "model/inode.h"
#include "model/spool.h"
#include "model/storage.h"

/*
 * A run of file data, stored as one disk extent, or inline in the tree.
 * The extents of a file follow each other in content.extents, by file offset; holes have none.
 */
struct extent {
	u64 file_off;     /* bytes, multiple of 4096 */
	u64 spool_off;    /* of the stored bytes: in their source; inline: in content.aux */
	u64 sums_off;     /* in content.aux: one checksum for each stored sector; unless inline or
			     without_sums */
	u64 logical;      /* address of the stored bytes, set by the layout; 0 if inline */
	u32 stored_bytes; /* multiple of 4096; inline: exact */
	u32 ram_bytes;    /* uncompressed: multiple of 4096; inline: exact */
	u8 hash[16];      /* of the stored bytes (hash128(), chained where pieces were joined) */
	u16 source;       /* index into content.sources, unless inline */
	u16 padding;      /* of stored_bytes, zeros at the end that the source does not hold */
	u8 compression;   /* enum btrfs_compression_type */
	bool is_inline;
	bool without_sums; /* the inode is NODATASUM */
	u8 codec_id;       /* codec_choice_id() of the codec that was to compress it */
};

/* A source of stored bytes: the data spool, or an archive that holds them as they are. */
#define CONTENT_SPOOL 0
#define CONTENT_MAX_SOURCES 64

struct content {
	struct extent *extents;
	size_t nr_extents;
	size_t extents_capacity;
	/* stored bytes of extents: first the data spool, where they lie sector by sector */
	struct spool *sources[CONTENT_MAX_SOURCES];
	u32 nr_sources;
	struct spool *aux;     /* checksums and inline data */
	const char *spool_dir; /* for further spools */
	struct arena hashes;   /* inode.hash of all files, if they are wanted */
};

/* content_new - open both spools in @spool_dir, which must stay valid; 0, or negative errno after
 * printing */
int content_new(const char *spool_dir, struct content **content);
void content_free(struct content *content);

/*
 * content_add_archive - let extents stay in the archive on @fd, if that is a plain file
 * Stream offset 0 is at the descriptor's present position. @fd must stay open and @name valid.
 * Returns the source's index, or CONTENT_SPOOL if data must be spooled.
 */
u16 content_add_archive(struct content *content, int fd, const char *name);

/*
 * content_check_archives - whether the archives that extents stay in are as they were when added
 * Returns 0, or a negative errno after printing.
 */
int content_check_archives(const struct content *content);

/*
 * content_read - the stored bytes of @extent, which is not inline, into @buf
 * Returns 0 or a negative errno after printing.
 */
int content_read(const struct content *content, const struct extent *extent, void *buf);

/*
 * content_unpack - the data of any extent, uncompressed: ram_bytes of them, into @data
 * Returns 0 or a negative errno after printing.
 */
int content_unpack(const struct content *content, const struct extent *extent, u8 *data);

/* content_copy_extents - give @inode, a copy of another one, the same extents as its own */
void content_copy_extents(struct content *content, struct inode *inode);

/* content_is_stored_as - whether a file, which has extents, was stored in this way */
bool content_is_stored_as(const struct content *content, const struct inode *inode,
			  const struct storage *storage);

/*
 * content_equal - whether two files hold the same data and holes; result in @equal
 * Both were cut by one file_data. Returns 0 or a negative errno after printing.
 */
int content_equal(const struct content *content, const struct inode *a, const struct inode *b,
		  bool *equal);

#endif
