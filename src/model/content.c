/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/content.h"

int content_new(const char *spool_dir, struct content **content)
{
	struct content *c = xzalloc(sizeof(*c));
	c->spool_dir = spool_dir;
	int err = spool_new(spool_dir, &c->data);
	if (!err)
		err = spool_new(spool_dir, &c->aux);
	if (err) {
		content_free(c);
		return err;
	}
	*content = c;
	return 0;
}

void content_free(struct content *content)
{
	if (!content)
		return;
	spool_free(content->data);
	spool_free(content->aux);
	xfree(content->extents);
	xfree(content);
}

bool content_equal(const struct content *content, const struct inode *a, const struct inode *b)
{
	if (a->size != b->size || a->nr != b->nr)
		return false;
	const struct extent *x = content->extents + a->first_extent;
	const struct extent *y = content->extents + b->first_extent;
	for (u32 i = 0; i < a->nr; i++, x++, y++)
		if (x->file_off != y->file_off || x->stored_bytes != y->stored_bytes ||
		    x->ram_bytes != y->ram_bytes || x->compression != y->compression ||
		    x->is_inline != y->is_inline || x->without_sums != y->without_sums ||
		    memcmp(x->hash, y->hash, sizeof(x->hash)) != 0)
			return false;
	return true;
}
