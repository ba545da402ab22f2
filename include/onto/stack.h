/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An update as one more device: an image that grows on a seed, or on a chain of seeds, and refers to
 * what they hold alike. Its tree of files is that of the archives alone.
 *
 * Between the steps of the model the caller calls, each once and in this order: stack_open(),
 * tree_renumber() with stack_names(), stack_find_data(), stack_image(), stack_check_unchanged().
 */
#ifndef ONTO_STACK_H
#define ONTO_STACK_H

#include "image/image.h"
#include "model/known_names.h"
#include "read/filesystem.h"

struct stack;

/*
 * stack_open - read the seed's chunks; its trees are read when they are needed
 * @devices: @nr of them, in any order; stay valid
 * Refused is what is no clean seed of one device, or a chain of them. Returns 0, or a negative errno
 * after printing.
 */
int stack_open(const struct filesystem_device *devices, u32 nr, struct stack **stack);
void stack_close(struct stack *stack); /* NULL is fine */

/* stack_super - the superblock of the seed's newest device */
const struct btrfs_super_block *stack_super(const struct stack *stack);

/* stack_set_options - set what an image has from its seed: features, copies of metadata, and a label
 * if it has none */
void stack_set_options(const struct stack *stack, struct image_options *options);

/* stack_names - what names the seed has; valid until stack_close() */
const struct known_names *stack_names(struct stack *stack);

/*
 * stack_find_data - make those blobs BLOB_ON_SEED whose stored bytes the seed has
 * @content: has all blobs, not yet in order. Data without checksums is not looked for.
 * Prints a warning if the seed has next to nothing of them.
 * Returns 0, or a negative errno after printing.
 */
int stack_find_data(struct stack *stack, struct content *content);

/*
 * stack_image - the seed for image_options.grows_on; valid until stack_close()
 * @tree, @content: finished and in order; stay valid
 * Returns 0, or a negative errno after printing.
 */
int stack_image(struct stack *stack, const struct tree *tree, const struct content *content,
		const struct image_seed **seed);

/* stack_shared_bytes - stored bytes of extents that are on the seed, after stack_image() */
u64 stack_shared_bytes(const struct stack *stack);

/* stack_check_unchanged - whether the seed is the one that was opened; 0, or a negative errno after
 * printing */
int stack_check_unchanged(const struct stack *stack);

#endif
