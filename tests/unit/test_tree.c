/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Path and tree rules: each case is a list of members and the tree they make.
 *   d PATH           directory          f PATH       file
 *   s PATH TARGET    symbolic link      h PATH TARGET hard link
 *   d! f! ...        the call must fail
 *   u PATH           a subvolume, whenever it is named
 *   l                ends a layer and begins the next, with whiteouts
 * The result lists "PATH:number" in walk order, ! if tree_finish() must fail.
 */
#include "base/diag.h"
#include "disk/checksum.h"
#include "model/content.h"
#include "model/tree.h"
#include "test.h"

#include <stdlib.h>

struct test_case {
	const char *members[16];
	const char *result;
};

static const struct test_case cases[] = {
	{ { NULL }, "" },
	{ { "d ." }, "" },
	{ { "f ./a//b/./c/" }, "a:257 a/b:258 a/b/c:259" },
	{ { "f /abs" }, "abs:257" },
	{ { "f! a/../b" }, "" },
	{ { "f! .." }, "" },
	{ { "f! ." }, "" },
	/* a-b sorts behind a/b: it is a walk, not a sort of paths */
	{ { "f a-b", "f a/b" }, "a:257 a/b:258 a-b:259" },
	{ { "f b", "f a" }, "a:257 b:258" },
	/* replacement */
	{ { "f a/b", "f a" }, "a:257" },
	{ { "f a", "d a" }, "a:257" },
	{ { "f a", "f! a/b" }, "a:257" },
	{ { "f a/b", "d a" }, "a:257 a/b:258" },
	{ { "f a/b", "f a", "d a", "f a/c" }, "a:257 a/c:258" },
	/* parents that are symlinks */
	{ { "d usr/lib", "s lib usr/lib", "f lib/x" },
	  "lib:257 usr:258 usr/lib:259 usr/lib/x:260" },
	{ { "d usr/lib", "s lib /usr/lib", "f lib/x" },
	  "lib:257 usr:258 usr/lib:259 usr/lib/x:260" },
	{ { "d u/v", "s u/l ../../../u/v", "f u/l/x" }, "u:257 u/l:258 u/v:259 u/v/x:260" },
	{ { "d c", "s b c", "s a b/.", "f a/x" }, "a:257 b:258 c:259 c/x:260" },
	{ { "s a b", "s b a", "f! a/x" }, "a:257 b:258" },
	{ { "s a nowhere", "f! a/x" }, "a:257" },
	{ { "s a b", "f b", "f! a/x" }, "a:257 b:258" },
	{ { "s a b", "d b", "d a/c/d" }, "a:257 b:258 b/c:259 b/c/d:260" },
	/* hard links in any order */
	{ { "f a", "h b a" }, "a:257 b:257" },
	{ { "h b a", "f a" }, "a:257 b:257" },
	{ { "h b ./x//a", "f x/a" }, "b:257 x:258 x/a:257" },
	{ { "h c b", "h b a", "f a" }, "a:257 b:257 c:257" },
	{ { "h b a", "h c b", "f a" }, "a:257 b:257 c:257" },
	{ { "h x lib/y", "d usr/lib", "f usr/lib/y", "s lib usr/lib" },
	  "lib:257 usr:258 usr/lib:259 usr/lib/y:260 x:260" },
	{ { "h x lib/y", "d usr/lib", "s lib usr/lib", "f lib/y" },
	  "lib:257 usr:258 usr/lib:259 usr/lib/y:260 x:260" },
	{ { "h b a" }, "!" },
	{ { "h a a" }, "!" },
	{ { "f a", "h a a" }, "a:257" },
	{ { "h a b", "h b a" }, "!" },
	{ { "d a", "h! b a" }, "!" },
	{ { "h b a", "d a" }, "!" },
	{ { "h! b ." }, "!" },
	{ { "h b x/y", "f x/y/z" }, "!" },
	/* a link binds to what stands there when it is read; replacing a name leaves the others */
	{ { "f a", "h b a", "f a" }, "a:257 b:258" },
	{ { "h b a", "f a", "f a" }, "a:257 b:258" },
	{ { "f a", "h b a", "h c b", "f b" }, "a:257 b:258 c:257" },
	{ { "h b a", "f b" }, "b:257" },
	{ { "s a t", "h b a" }, "a:257 b:257" },
	{ { "f d/a", "h b d/a", "f d" }, "b:257 d:258" },
	/* subvolumes: numbers begin anew, whatever the order of requests */
	{ { "f a", "f b/x", "f c", "u b" }, "a:257 b:256@1 b/x:257@1 c:258" },
	{ { "u b-c", "u b/c", "u b", "f b/x", "f b/c/y", "f b-c/z", "f d" },
	  "b:256@1 b/c:256@2 b/c/y:257@2 b/x:257@1 b-c:256@3 b-c/z:257@3 d:257" },
	{ { "u a/b", "f c" }, "a:257 a/b:256@1 c:258" },
	{ { "u lib/x", "s lib usr/lib", "f usr/lib/x/f" },
	  "lib:257 usr:258 usr/lib:259 usr/lib/x:256@1 usr/lib/x/f:257@1" },
	{ { "f a/x", "h a/y a/x", "u a" }, "a:256@1 a/x:257@1 a/y:257@1" },
	{ { "f a/x", "h y a/x", "u a" }, "!" },
	{ { "f y", "h a/x y", "u a" }, "!" },
	{ { "f a", "u a" }, "!" },
	{ { "f a", "u a/b" }, "!" },
	{ { "s a b", "d b", "u a" }, "!" },
	{ { "h a b", "u a" }, "!" },
	{ { "d a", "u a", "u ./a/" }, "!" },
	{ { "u ." }, "!" },
	{ { "u a/.." }, "!" },
	/* whiteouts act on lower layers, wherever they stand in theirs */
	{ { "f .wh.a", "f a" }, ".wh.a:257 a:258" },
	{ { "f a", "f .wh.a", "l" }, "a:257" },
	{ { "f a", "f b", "l", "f .wh.a" }, "b:257" },
	{ { "f a", "l", "f .wh.a", "l", "f b" }, "b:257" },
	{ { "d a", "f a/x", "l", "f .wh.a", "f a" }, "a:257" },
	{ { "d a", "f a/x", "l", "f a", "f .wh.a" }, "a:257" },
	{ { "d a", "f a/x", "l", "f .wh.a", "f a/y" }, "a:257 a/y:258" },
	{ { "d a", "f a/x", "l", "f a/y", "f .wh.a" }, "a:257 a/y:258" },
	{ { "d a", "f a/x", "l", "d a", "f .wh.a", "f a/y" }, "a:257 a/y:258" },
	{ { "f a", "l", "d .wh.a" }, "" },
	{ { "f a", "f b", "l", "h .wh.a b" }, "b:257" },
	{ { "f a", "l", "s .wh.a b" }, "" },
	{ { "f a", "l", "f .wh.a", "f .wh.a" }, "" },
	{ { "f a", "l", "f .wh.a", "l", "f a", "l", "f .wh.a" }, "" },
	{ { "f a", "l", "f .wh.a", "f a/b", "l", "f a" }, "a:257" },
	/* for nothing; its parents do not appear */
	{ { "l", "f .wh.a" }, "" },
	{ { "l", "f x/y/.wh.a" }, "" },
	{ { "f x", "l", "f x/y/.wh.a" }, "x:257" },
	{ { "f x", "l", "f x/.wh..wh..opq" }, "x:257" },
	/* parents follow symlinks of the lower tree, names do not */
	{ { "d d", "f d/x", "s l d", "l", "f l/.wh.x" }, "d:257 l:258" },
	{ { "d d", "f d/x", "s l d", "l", "f .wh.l", "f l/.wh.x" }, "d:257" },
	{ { "d d", "f d/x", "s l d", "l", "f l/.wh.x", "f .wh.l" }, "d:257" },
	{ { "d d", "f d/x", "s l d", "l", "f .wh.l" }, "d:257 d/x:258" },
	{ { "d d", "f d/x", "s l d", "l", "f .wh.l", "f l/y" }, "d:257 d/x:258 l:259 l/y:260" },
	{ { "d d", "f d/x", "s l d", "l", "f l/y", "f .wh.l" }, "d:257 d/x:258 l:259 l/y:260" },
	{ { "d d", "f d/x", "s l d", "l", "f l/.wh..wh..opq", "f l/y" }, "d:257 d/y:258 l:259" },
	{ { "s a a", "l", "f a/.wh.x", "f a/.wh..wh..opq" }, "a:257" },
	/* opaque */
	{ { "d a", "f a/x", "l", "f a/.wh..wh..opq" }, "a:257" },
	{ { "d a", "f a/x", "l", "f a/y", "f a/.wh..wh..opq" }, "a:257 a/y:258" },
	{ { "d a", "f a/x", "l", "f a/.wh..wh..opq", "f a/x" }, "a:257 a/x:258" },
	{ { "d a/b", "f a/b/x", "l", "f a/b/.wh..wh..opq", "f a/.wh..wh..opq" }, "a:257" },
	{ { "d a/b", "f a/b/x", "l", "f a/.wh..wh..opq", "f a/b/.wh..wh..opq", "f a/b/y" },
	  "a:257 a/b:258 a/b/y:259" },
	{ { "f a", "f b/c", "l", "f .wh..wh..opq", "f d" }, "d:257" },
	{ { "f a", "l", "f .wh..wh..opq", "f .wh..wh..opq", "l", "f b" }, "b:257" },
	{ { "d a", "f a/x", "l", "f a/.wh..wh..opq", "l", "f a/y", "l", "f a/.wh.y" }, "a:257" },
	/* of a hard link's names the others stay */
	{ { "f a", "h b a", "l", "f .wh.a" }, "b:257" },
	{ { "f d/a", "h b d/a", "l", "f d/.wh..wh..opq" }, "b:257 d:258" },
	{ { "h b a", "f a", "l", "f .wh.b", "f b" }, "a:257 b:258" },
	/* hard links to files of lower layers, but not to hidden ones */
	{ { "f a", "l", "h b a" }, "a:257 b:257" },
	{ { "f a", "l", "h b a", "f a" }, "a:257 b:258" },
	{ { "f a", "l", "f a", "h b a" }, "a:257 b:257" },
	{ { "f a", "l", "h b a", "f .wh.a" }, "!" },
	{ { "f a", "l", "h b a", "f .wh.a", "f a" }, "a:257 b:257" },
	{ { "f u/a", "s l u", "l", "h b l/a" }, "b:257 l:258 u:259 u/a:257" },
	/* what is kept for tools is dropped, what names nothing refused */
	{ { "f a", "l", "d .wh..wh.plnk", "f .wh..wh.plnk/1.2", "f .wh..wh.aufs" }, "a:257" },
	{ { "f a", "l", "f! .wh.a/b" }, "!" },
	{ { "f a", "l", "f! .wh." }, "!" },
	{ { "f a", "l", "f! .wh.." }, "!" },
	{ { "f a", "l", "f! x/.wh..." }, "!" },
	{ { "f ..a", "f ...", "l", "f .wh...a", "f .wh...." }, "" },
	{ { "f .wha", "l", "f .wh" }, ".wh:257 .wha:258" },
};

static char line[4096];

static void gather(enum diag_level level, const char *text, size_t len)
{
	(void)level;
	snprintf(line, sizeof(line), "%.*s", (int)len, text);
}

static int run_member(struct tree *tree, const char *member)
{
	char text[256];
	if (member[0] == 'u')
		return 0;
	if (member[0] == 'l') {
		int err = tree_end_layer(tree);
		tree_begin_layer(tree);
		return err;
	}
	snprintf(text, sizeof(text), "%s", member);
	bool must_fail = text[1] == '!';
	char *path = strchr(text, ' ') + 1, *target = strchr(path, ' ');
	if (target)
		*target++ = 0;
	struct attributes attr = { .target = target, .target_len = target ? strlen(target) : 0 };
	struct inode *inode;
	attr.mode = text[0] == 'd' ? S_IFDIR | 0755 : text[0] == 's' ? S_IFLNK | 0777 : S_IFREG;
	line[0] = 0;
	int err = text[0] == 'h' ? tree_add_link(tree, path, strlen(path), target, strlen(target),
						 NULL, NULL)
				 : tree_add(tree, path, strlen(path), &attr, &inode);
	ok((err != 0) == must_fail, "  %s", member);
	if (must_fail)
		ok(strlen(line) > 20, "  says: %.*s", (int)strcspn(line, "\n"), line);
	return err;
}

static void list(const struct inode *dir, const char *prefix, char *out, size_t size)
{
	for (u32 i = 0; i < dir->nr; i++) {
		const struct dentry *d = dir->sorted[i];
		char path[512];
		size_t used = strlen(out);
		snprintf(path, sizeof(path), "%s%.*s", prefix, d->name_len, d->name);
		snprintf(out + used, size - used, "%s%s:%u", used ? " " : "", path, d->inode->ino);
		used = strlen(out);
		if (d->inode->subvol)
			snprintf(out + used, size - used, "@%u", d->inode->subvol);
		if (d->index != i + 2)
			snprintf(out, size, "wrong index");
		if (inode_is_dir(d->inode)) {
			strcat(path, "/");
			list(d->inode, path, out, size);
		}
	}
}

static void run_case(const struct test_case *c)
{
	struct subvol_request subvols[12];
	struct tree_options options = { .nodesize = 16384, .subvols = { .subvols = subvols } };
	for (size_t i = 0; c->members[i]; i++) {
		if (c->members[i][0] == 'u')
			subvols[options.subvols.nr_subvols++] =
				(struct subvol_request){ .path = c->members[i] + 2 };
		options.whiteouts |= c->members[i][0] == 'l';
	}
	struct tree *tree = tree_new(&options);
	if (options.whiteouts)
		tree_begin_layer(tree);
	struct content content = { .nr_blobs = 0 };
	char found[1024] = "";
	int err = 0;
	for (size_t i = 0; c->members[i]; i++)
		err = run_member(tree, c->members[i]);
	if (!err && options.whiteouts)
		err = tree_end_layer(tree);
	if (!err || strcmp(c->result, "!") != 0) {
		err = tree_bind_links(tree, &content);
		if (!err)
			err = tree_finish(tree, &content);
		if (err)
			strcpy(found, "!");
		else
			list(tree_root(tree), "", found, sizeof(found));
		ok(strcmp(found, c->result) == 0, "gives '%s', found '%s'", c->result, found);
	}
	tree_free(tree);
}

static void test_link_counts(void)
{
	struct tree_options options = { .nodesize = 4096 };
	struct tree *tree = tree_new(&options);
	struct content content = { .nr_blobs = 0 };
	struct attributes attr = { .mode = S_IFREG | 0644 };
	struct inode *inode;
	char name[32];
	tree_add(tree, "a", 1, &attr, &inode);
	for (int i = 0; i < 65534; i++) {
		int len = snprintf(name, sizeof(name), "d%d/n%d", i % 100, i);
		tree_add_link(tree, name, (size_t)len, "a", 1, NULL, NULL);
	}
	ok(!tree_bind_links(tree, &content) && !tree_finish(tree, &content) &&
		   inode->nlink == 65535,
	   "65535 links are allowed");
	u32 names = 0;
	for (const struct dentry *d = inode->names; d; d = d->alias_next)
		names++;
	ok(names == 65535, "all names are listed");
	tree_free(tree);

	tree = tree_new(&options);
	tree_add(tree, "a", 1, &attr, &inode);
	for (int i = 0; i < 65535; i++) {
		int len = snprintf(name, sizeof(name), "d%d/n%d", i % 100, i);
		tree_add_link(tree, name, (size_t)len, "a", 1, NULL, NULL);
	}
	ok(!tree_bind_links(tree, &content) && tree_finish(tree, &content) == -EMLINK,
	   "65536 links are refused: %s", line);
	tree_free(tree);
}

static void test_limits(void)
{
	struct tree_options options = { .nodesize = 16384 };
	struct tree *tree = tree_new(&options);
	char long_name[5000];
	void *value = xzalloc(20000);
	memset(long_name, 'x', sizeof(long_name));
	struct attributes attr = { .mode = S_IFREG | 0644 };
	struct inode *inode;
	ok(tree_add(tree, long_name, 255, &attr, &inode) == 0, "a name of 255 bytes");
	ok(tree_add(tree, long_name, 256, &attr, &inode) == -ENAMETOOLONG, "256 bytes: %s", line);
	attr.mode = S_IFLNK | 0777;
	attr.target = long_name;
	attr.target_len = 4095;
	ok(tree_add(tree, "l", 1, &attr, &inode) == 0, "a symlink target of 4095 bytes");
	attr.target_len = 4096;
	ok(tree_add(tree, "l", 1, &attr, &inode) == -ENAMETOOLONG, "4096 bytes: %s", line);
	attr.target_len = 0;
	ok(tree_add(tree, "l", 1, &attr, &inode) == -EINVAL, "no bytes: %s", line);

	attr.mode = S_IFREG;
	xattr_add(tree_arena(tree), &attr.xattrs, "user.a", 6, value, 16228 - 6);
	ok(tree_add(tree, "x", 1, &attr, &inode) == 0, "the largest xattr");
	attr.xattrs = NULL;
	xattr_add(tree_arena(tree), &attr.xattrs, "user.a", 6, value, 16229 - 6);
	ok(tree_add(tree, "x", 1, &attr, &inode) == -E2BIG, "one byte more: %s", line);
	xfree(value);
	tree_free(tree);
}

static void test_xattr_lists(void)
{
	struct arena arena = { .blocks = NULL };
	struct xattr *a = NULL, *b = NULL;
	xattr_add(&arena, &a, "user.one", 8, "1", 1);
	xattr_add(&arena, &a, "user.two", 8, "2", 1);
	xattr_add(&arena, &a, "user.one", 8, "3", 1);
	xattrs_sort(&a);
	xattr_add(&arena, &b, "user.two", 8, "2", 1);
	xattr_add(&arena, &b, "user.one", 8, "3", 1);
	xattrs_sort(&b);
	ok(xattrs_equal(a, b), "of an xattr given twice the last one stays");
	ok(!xattrs_equal(a, NULL) && xattrs_equal(NULL, NULL), "lists of different length differ");
	arena_free(&arena);
}

int main(void)
{
	checksum_init();
	diag_set_sink(gather);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	test_link_counts();
	test_limits();
	test_xattr_lists();
	return done();
}
