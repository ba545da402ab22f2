/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs-verity of the files of a finished tree: Merkle trees and descriptors, as Linux would make them
 * when fs-verity is enabled on each file. Trees and signatures are in a spool.
 */
#ifndef MODEL_VERITY_H
#define MODEL_VERITY_H

#include "disk/fsverity.h"
#include "model/content.h"
#include "model/tree.h"

/* A signature of a digest: PKCS#7 in DER. */
struct verity_signature {
	const u8 *bytes; /* NULL: there is none */
	u32 nr;
};

struct verity_options {
	struct fsverity_params params; /* but for the algorithm, which is a file's own */
	u64 max_tree_bytes;            /* of all Merkle trees, which holes need, too; 0: any */
	/* Gives the signature of the digest @text as fsverity_text(); NULL: nothing is signed */
	struct verity_signature (*sign)(void *context, const char *text);
	void *context;
};

struct verity;

/*
 * verity_build - make the Merkle trees of all files that rules of the tree ask for
 * @tree: after tree_apply_rules()
 * @content: all blobs are there, and no tail is packed yet; content.verity is the result,
 *           which the caller frees with verity_free()
 * Returns 0, or a negative errno after printing: a file too large for fs-verity, too many bytes of
 * trees, a full spool.
 */
int verity_build(const struct tree *tree, struct content *content,
		 const struct verity_options *options);
void verity_free(struct verity *verity);

/* fs-verity of one file. */
struct verity_file {
	struct fsverity_descriptor descriptor;
	u64 tree_bytes; /* of the Merkle tree, without the zeros at the end of its last block */
	u64 spool_off;  /* of the tree's first block; for verity_read_tree() */
	const u8 *signature_hash; /* hash128() of the signature */
};

/*
 * verity_find - fs-verity of a file of the tree that verity_build() got
 * Returns false if the inode has none. @verity: may be NULL.
 */
bool verity_find(const struct verity *verity, const struct tree *tree, const struct inode *inode,
		 struct verity_file *file);

/* verity_read_descriptor - @bytes from offset @off of the descriptor and the signature behind it */
int verity_read_descriptor(const struct verity *verity, const struct verity_file *file, u32 off,
			   void *buf, u32 bytes);

/* verity_read_tree - @bytes from offset @off of the Merkle tree, inside one block of it and tree_bytes */
int verity_read_tree(const struct verity *verity, const struct verity_file *file, u64 off,
		     void *buf, u32 bytes);

/* verity_nr_files, verity_nr_signed - files with fs-verity, and those of them with a signature */
u64 verity_nr_files(const struct verity *verity);
u64 verity_nr_signed(const struct verity *verity);

#endif
