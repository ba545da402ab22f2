/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ONTO_GROWN_TREES_H
#define ONTO_GROWN_TREES_H

#include "plan.h"

/* grown_trees_open - find the trees on the seed; 0, or a negative errno after printing */
int grown_trees_open(struct plan *plan);

/*
 * grown_trees_produce - emit the blocks of tree @nr into @sink, or count if that is NULL
 * @shape: result. Returns 0, or a negative errno after printing.
 */
int grown_trees_produce(struct plan *plan, u32 nr, const struct block_sink *sink,
			struct tree_shape *shape);

#endif
