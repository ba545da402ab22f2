/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the finished tree to the bytes of an image.
 *
 * image_plan() decides every address; image_write() derives the ids and writes: strictly
 * forward, or into a file with the data first, while another thread derives the ids.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "disk/format.h"
#include "model/content.h"
#include "model/tree.h"

struct image_seed;

/*
 * The version of this program's output: raised when the same archive and options give another
 * image. It is part of the content digest that ids follow from.
 */
#define LAYOUT_VERSION 1

/* What image_options are without options of the user. */
#define IMAGE_DEFAULT_NODESIZE 16384u
/* free_bytes of an image that is no seed: room that the kernel needs to write (tried on 6.18) */
#define IMAGE_NO_SEED_FREE (64ull << 20)

enum fsid_source {
	FSID_CONTENT, /* follows from the content */
	FSID_GIVEN,   /* image_options.fsid */
	FSID_CLEAR,   /* zeros */
	FSID_RANDOM,  /* another one each time */
};

struct image_options {
	u32 nodesize; /* 4096..65536, a power of two */
	enum btrfs_csum_type csum;
	bool dup; /* two copies of metadata */
	bool free_space_tree;
	bool block_group_tree; /* needs the free space tree */
	bool seed;
	const struct image_seed *grows_on; /* NULL: it is the filesystem's only device */
	char label[BTRFS_LABEL_SIZE];      /* terminated */
	u64 size_bytes; /* total size, multiple of 4096; 0: exact fit plus free_bytes */
	u64 free_bytes; /* unallocated room at the end, multiple of 4096 */
	struct timestamp implied_time; /* of root items and the inodes of tree roots */
	enum fsid_source fsid_source;
	u8 fsid[BTRFS_FSID_SIZE];
	bool device_uuid_given;
	u8 device_uuid[BTRFS_UUID_SIZE];
	bool chunk_uuid_given;
	u8 chunk_uuid[BTRFS_UUID_SIZE];
};

#define IMAGE_DIGEST_BYTES 32

/*
 * image_choose_fsid - the filesystem id that @options ask for
 * @role:   tells ids that follow from one digest apart
 * @digest: SHA-256 of the content
 * Returns 0, or a negative errno after printing: no random bytes can be had.
 */
int image_choose_fsid(const struct image_options *options, const char *role,
		      const u8 digest[IMAGE_DIGEST_BYTES], u8 fsid[BTRFS_FSID_SIZE]);

struct image;

/*
 * image_plan - decide every address and the size of the image
 * @tree, @content: finished; both must outlive the image. The layout sets blob.logical, the one
 *                  address that is kept in the model (an array of addresses would be 8 bytes a blob
 *                  more). No other field changes; image_write() may free the data spool as it goes.
 * Returns 0, or a negative errno after printing: size_bytes is too small (the message names the
 * least), or a spool cannot be read.
 */
int image_plan(const struct image_options *options, const struct tree *tree,
	       struct content *content, struct image **image);
void image_free(struct image *image);

/* image_bytes - total size */
u64 image_bytes(const struct image *image);

/* image_needed_bytes - what a file of the image takes where holes take nothing */
u64 image_needed_bytes(const struct image *image);

/* image_fsid - the filesystem id; known when the image is written */
const u8 *image_fsid(const struct image *image);

/* The size of all trees of one kind; all subvolumes below the top level are one kind. */
struct image_tree_bytes {
	const char *name; /* as in the btrfs documentation: "root", "extent", "fs", ... */
	u64 bytes;        /* of its blocks, in both copies with DUP */
};

/* image_tree_bytes - the @index-th kind of tree; false behind the last */
bool image_tree_bytes(const struct image *image, u32 index, struct image_tree_bytes *tree);

/* Where the image goes. */
struct image_output {
	int fd;
	const char *name; /* of @fd, printable, for messages; NULL: "the image" */
	bool sparse;      /* @fd is an empty regular file: ranges of zeros become holes */
	bool seekable;    /* @fd is a regular file at its end: parts may be written in any order */
	unsigned threads; /* that may use CPU, the caller's included */
	struct sha256 *digest; /* NULL, or gets all bytes, those of holes too */
	_Atomic u64 *written;  /* NULL, or bytes written so far, for other threads to read */
};

/* image_write - write the image; returns 0 or a negative errno after printing */
int image_write(struct image *image, const struct image_output *output);

#endif
