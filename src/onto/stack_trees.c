/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees of the seed, opened when they are needed. */
#include "stack_private.h"

#include "base/mem.h"

static int open_tree(struct stack *s, struct stack_tree *t)
{
	struct filesystem_tree where = filesystem_chunk_tree(s->seed.fs);
	int err = 0;
	if (t->id != where.id)
		err = filesystem_find_tree(s->seed.fs, t->id, &where, NULL);
	if (err)
		return err > 0 ? 0 : err;
	t->exists = true;
	err = raw_tree_open(&t->raw, s->seed.fs, &where);
	t->is_kept = xzalloc(t->raw.nr_leaves * sizeof(*t->is_kept));
	return err;
}

int stack_trees_find(struct stack *s, u64 id, struct stack_tree **tree)
{
	for (size_t i = 0; i < s->nr_trees; i++) {
		*tree = s->trees[i];
		if ((*tree)->id == id)
			return 0;
	}
	s->trees = mem_grow(s->trees, &s->trees_capacity, s->nr_trees + 1,
			    sizeof(struct stack_tree *));
	*tree = s->trees[s->nr_trees++] = xzalloc(sizeof(**tree));
	(*tree)->id = id;
	return open_tree(s, *tree);
}

void stack_trees_release(struct stack *s)
{
	for (size_t i = 0; i < s->nr_trees; i++) {
		raw_tree_close(&s->trees[i]->raw);
		xfree(s->trees[i]->is_kept);
		xfree(s->trees[i]);
	}
	xfree(s->trees);
}
