/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Producers. Each emits the items of one tree in key order: into a tree_writer that counts, to size
 * the tree, and into one with a sink, to write it. All return 0 or a negative errno after printing.
 */
#ifndef IMAGE_ITEMS_H
#define IMAGE_ITEMS_H

#include "blueprint.h"

int produce_root_tree(const struct blueprint *bp, struct tree_writer *tw);
int produce_extent_tree(const struct blueprint *bp, struct tree_writer *tw);
int produce_chunk_tree(const struct blueprint *bp, struct tree_writer *tw);
int produce_dev_tree(const struct blueprint *bp, struct tree_writer *tw);
int produce_fs_tree(const struct blueprint *bp, const struct subvol *subvol,
		    struct tree_writer *tw);
int produce_data_reloc_tree(const struct blueprint *bp, struct tree_writer *tw);
int produce_csum_tree(const struct blueprint *bp, struct tree_writer *tw);
int produce_uuid_tree(const struct blueprint *bp, struct tree_writer *tw);
int produce_free_space_tree(const struct blueprint *bp, struct tree_writer *tw);
int produce_block_group_tree(const struct blueprint *bp, struct tree_writer *tw);

#endif
