/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An mtree plan: an mtree specification (mtree(5)) of attributes that override those of the
 * archive. It is read strictly, line by line.
 */
#ifndef INPUT_MTREE_H
#define INPUT_MTREE_H

#include "input/reader.h"

struct mtree_plan;

/*
 * mtree_plan_read - read the whole of @path
 * @path:    a file's name; "-" is no exception
 * @options: policies of times, limits of xattrs; must outlive the result
 * @tree:    whose arena keeps xattrs
 * @plan:    result; release with mtree_plan_free()
 * Returns 0, or a negative errno after printing the line, what was found and what is allowed.
 */
int mtree_plan_read(const char *path, const struct reader_options *options, struct tree *tree,
		    struct mtree_plan **plan);

/*
 * mtree_plan_apply - override attributes in @tree, after tree_bind_links()
 * Returns 0, or a negative errno after printing.
 */
int mtree_plan_apply(struct mtree_plan *plan, struct tree *tree);

void mtree_plan_free(struct mtree_plan *plan);

#endif
