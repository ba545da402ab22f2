/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verity_digests.h"
#include "tree_paths.h"

struct printing {
	const struct tree *tree;
	const struct verity *verity;
	FILE *out;
};

static void print_name_escaped(FILE *out, const char *path, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (path[i] == '\\' || path[i] == '\n')
			putc('\\', out);
		putc(path[i] == '\n' ? 'n' : path[i], out);
	}
}

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
	if (memchr(path, '\\', len) || memchr(path, '\n', len))
		putc('\\', p->out);
	fprintf(p->out, "%s ", digest);
	print_name_escaped(p->out, path, len);
	putc('\n', p->out);
}

void verity_digests_print(const struct tree *tree, const struct verity *verity, FILE *out)
{
	struct printing printing = { tree, verity, out };
	tree_paths_visit(tree, print_name, &printing);
}
