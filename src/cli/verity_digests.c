/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verity_digests.h"
#include "digest_line.h"
#include "tree_paths.h"

struct printing {
	const struct tree *tree;
	const struct verity *verity;
	FILE *out;
};

static void print_name(void *context, const char *path, size_t len, const struct inode *inode)
{
	const struct printing *p = context;
	char digest[FSVERITY_TEXT_BYTES];
	struct verity_file file;
	if (!inode_is_file(inode) || !verity_find(p->verity, p->tree, inode, &file))
		return;
	fsverity_text(&file.descriptor, digest);
	path += strlen("./");
	len -= strlen("./");
	char *name = xmalloc(2 * len + 1);
	const char *end = digest_name_put(path, len, name);
	fprintf(p->out, "%s%s ", digest_name_is_escaped(path, len) ? "\\" : "", digest);
	fwrite(name, 1, (size_t)(end - name), p->out);
	xfree(name);
}

void verity_digests_print(const struct tree *tree, const struct verity *verity, FILE *out)
{
	struct printing printing = { tree, verity, out };
	tree_paths_visit(tree, print_name, &printing);
}
