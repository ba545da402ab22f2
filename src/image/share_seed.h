/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGE_SHARE_SEED_H
#define IMAGE_SHARE_SEED_H

struct blueprint;

/*
 * share_seed_leaves - find the leaves that an image need not write, as its seed has them
 * Sets planned_tree.shared and tells the seed which leaves are kept. Trees are chosen; blobs have
 * addresses, but not the final ones. Returns 0, or a negative errno after printing.
 */
int share_seed_leaves(struct blueprint *bp);

#endif
