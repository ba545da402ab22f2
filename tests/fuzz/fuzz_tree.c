/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random members against a reference that is simple and slow: nodes in an array, children
 * found by looking at all of them, paths as lists of names. Both must refuse the same member, or
 * come to the same tree with the same inode numbers.
 */
#include "fuzz.h"

#include "base/diag.h"
#include "disk/checksum.h"
#include "model/content.h"
#include "model/tree.h"

#define MAX_MEMBERS 64
#define MAX_NODES 1024
#define MAX_NAMES 512
#define NO_NODE -1
#define ROOT 0
#define MAX_FOLLOWED 40

/* ---- names and paths --------------------------------------------------------------- */

/* What paths are made of; the first ones are ordinary. */
static const char *const words[] = { "a", "b", "c", "a-", "dd", ".", "", "..", NULL };
#define NR_WORDS 9u

static const char *word(u32 i)
{
	static char longest[258];
	if (words[i])
		return words[i];
	memset(longest, 'x', 256);
	return longest;
}

/* A path as a list of words. */
struct words {
	u8 list[MAX_NAMES];
	u32 nr;
};

static void path_decide(struct decisions *d, struct words *path, bool is_target, char *text)
{
	static const u8 common[] = { 0, 1, 2, 0, 1, 2, 3, 4, 0, 1, 2, 5, 6, 0, 1, 2 };
	path->nr = 0;
	*text = 0;
	if (is_target && rarely(d, 8))
		path->list[path->nr++] = 6; /* an empty word in front: an absolute path */
	u32 nr = 1 + decide(d, 4);
	for (u32 i = 0; i < nr; i++) {
		u32 choice = decide(d, 128);
		u8 w = common[choice % 16];
		if (choice == 127)
			w = 8;
		if (choice == 126 || (is_target && choice > 112))
			w = 7;
		path->list[path->nr++] = w;
	}
	for (u32 i = 0; i < path->nr; i++) {
		strcat(text, i ? "/" : "");
		strcat(text, word(path->list[i]));
	}
}

/* Drop what folds; false for what no member may be named. */
static bool path_fold(const struct words *from, struct words *to)
{
	to->nr = 0;
	for (u32 i = 0; i < from->nr; i++) {
		if (from->list[i] == 7 || from->list[i] == 8)
			return false;
		if (from->list[i] != 5 && from->list[i] != 6)
			to->list[to->nr++] = from->list[i];
	}
	return true;
}

/* ---- the reference ------------------------------------------------------------------- */

struct node {
	u32 mode; /* S_IF*, 0: a hard link that waits */
	u32 tag;  /* of the member that made it */
	int up;   /* directories: the parent */
	struct words target;
	struct words waits_for, awaited; /* of a link that waits */
	u32 ino, nlink;                  /* in the finished tree */
};

struct name {
	int dir;
	u8 word;
	int node;
};

struct model {
	struct node nodes[MAX_NODES];
	struct name names[MAX_NAMES];
	int waiting[MAX_NAMES]; /* indexes of names, oldest first, with their nodes */
	int waiting_node[MAX_NAMES];
	u32 nr_nodes, nr_names, nr_waiting;
};

static int node_new(struct model *m, u32 mode, u32 tag)
{
	must(m->nr_nodes < MAX_NODES);
	m->nodes[m->nr_nodes] = (struct node){ .mode = mode, .tag = tag };
	return (int)m->nr_nodes++;
}

static struct name *name_find(struct model *m, int dir, u8 w)
{
	for (u32 i = 0; i < m->nr_names; i++)
		if (m->names[i].dir == dir && m->names[i].word == w)
			return &m->names[i];
	return NULL;
}

static struct name *name_make(struct model *m, int dir, u8 w)
{
	struct name *n = name_find(m, dir, w);
	if (n)
		return n;
	must(m->nr_names < MAX_NAMES);
	n = &m->names[m->nr_names++];
	*n = (struct name){ dir, w, NO_NODE };
	return n;
}

/* The words from the root to a directory. */
static void path_of(const struct model *m, int dir, struct words *path)
{
	struct words reverse = { .nr = 0 };
	while (dir != ROOT)
		for (u32 i = 0; i < m->nr_names; i++)
			if (m->names[i].node == dir && m->names[i].dir == m->nodes[dir].up) {
				reverse.list[reverse.nr++] = m->names[i].word;
				dir = m->nodes[dir].up;
				break;
			}
	path->nr = 0;
	while (reverse.nr)
		path->list[path->nr++] = reverse.list[--reverse.nr];
}

static bool words_equal(const struct words *a, const struct words *b)
{
	return a->nr == b->nr && !memcmp(a->list, b->list, a->nr);
}

struct walk {
	int dir;
	struct words rest; /* what is left to walk: in the end the last word */
	u32 from_link;     /* so many of them come out of a symlink */
};

/* Walk to the parent of the last word. False if that is impossible. */
static bool walk(struct model *m, const struct words *path, bool create, struct walk *w)
{
	u32 followed = 0;
	*w = (struct walk){ .dir = ROOT, .rest = *path };
	while (w->rest.nr > 1) {
		u8 first = w->rest.list[0];
		struct name *n = name_find(m, w->dir, first);
		struct words tail = { .nr = w->rest.nr - 1 };
		memcpy(tail.list, w->rest.list + 1, tail.nr);
		u32 tail_from_link = w->from_link ? w->from_link - 1 : 0;
		if (first == 5 || first == 6) {
		} else if (first == 7) {
			w->dir = m->nodes[w->dir].up;
		} else if (!n) {
			if (!create || w->from_link)
				return false;
			int node = node_new(m, S_IFDIR, 0);
			m->nodes[node].up = w->dir;
			name_make(m, w->dir, first)->node = node;
			w->dir = node;
		} else if (S_ISLNK(m->nodes[n->node].mode)) {
			const struct words *target = &m->nodes[n->node].target;
			if (++followed > MAX_FOLLOWED || target->nr + tail.nr > MAX_NAMES)
				return false;
			if (target->list[0] == 6 && target->nr > 1)
				w->dir = ROOT;
			w->rest = *target;
			memcpy(w->rest.list + target->nr, tail.list, tail.nr);
			w->rest.nr = target->nr + tail.nr;
			w->from_link = target->nr + tail_from_link;
			continue;
		} else if (!S_ISDIR(m->nodes[n->node].mode)) {
			return false;
		} else {
			w->dir = n->node;
		}
		w->rest = tail;
		w->from_link = tail_from_link;
	}
	return true;
}

/* What stands at a folded path: its node, or NO_NODE; @awaited: where it is to come. */
static int lookup(struct model *m, const struct words *path, struct words *awaited)
{
	struct walk w;
	struct words dir;
	int found = NO_NODE;
	if (!path->nr)
		return ROOT;
	if (walk(m, path, false, &w)) {
		struct name *n = name_find(m, w.dir, w.rest.list[0]);
		found = n ? n->node : NO_NODE;
	}
	path_of(m, w.dir, &dir);
	*awaited = dir;
	if (dir.nr + w.rest.nr <= MAX_NAMES) {
		memcpy(awaited->list + dir.nr, w.rest.list, w.rest.nr);
		awaited->nr += w.rest.nr;
	}
	return found;
}

static bool bind(struct model *m, u32 waiting, int node)
{
	if (S_ISDIR(m->nodes[node].mode))
		return false;
	m->names[m->waiting[waiting]].node = node;
	return true;
}

static bool still_waits(const struct model *m, u32 waiting)
{
	return m->waiting[waiting] != NO_NODE &&
	       m->names[m->waiting[waiting]].node == m->waiting_node[waiting];
}

/* Something came to the name: links that wait for it get it. */
static bool resolve(struct model *m, const struct name *n)
{
	struct words path;
	if (S_ISDIR(m->nodes[n->node].mode) || !m->nodes[n->node].mode)
		return true;
	path_of(m, n->dir, &path);
	path.list[path.nr++] = n->word;
	for (u32 i = 0; i < m->nr_waiting; i++) {
		if (m->waiting[i] == NO_NODE ||
		    !words_equal(&m->nodes[m->waiting_node[i]].awaited, &path))
			continue;
		if (still_waits(m, i) && !bind(m, i, n->node))
			return false;
		m->waiting[i] = NO_NODE;
	}
	return true;
}

static bool model_add(struct model *m, const struct words *raw, u32 mode, u32 tag,
		      const struct words *target)
{
	struct words path;
	struct walk w;
	if (!path_fold(raw, &path))
		return false;
	if (!path.nr) {
		m->nodes[ROOT].tag = tag;
		return S_ISDIR(mode);
	}
	if (!walk(m, &path, true, &w))
		return false;
	struct name *n = name_make(m, w.dir, w.rest.list[0]);
	if (n->node != NO_NODE && S_ISDIR(mode) && S_ISDIR(m->nodes[n->node].mode)) {
		m->nodes[n->node].tag = tag;
		return true;
	}
	n->node = node_new(m, mode, tag);
	m->nodes[n->node].up = w.dir;
	if (target)
		m->nodes[n->node].target = *target;
	return resolve(m, n);
}

static bool model_link(struct model *m, const struct words *raw, const struct words *raw_target)
{
	struct words path, target, awaited;
	struct walk w;
	if (!path_fold(raw, &path) || !path_fold(raw_target, &target) || !path.nr)
		return false;
	int found = lookup(m, &target, &awaited);
	if (!walk(m, &path, true, &w))
		return false;
	struct name *n = name_make(m, w.dir, w.rest.list[0]);
	if (found != NO_NODE && m->nodes[found].mode) {
		if (S_ISDIR(m->nodes[found].mode))
			return false;
		n->node = found;
		return resolve(m, n);
	}
	int node = node_new(m, 0, 0);
	m->nodes[node].waits_for = target;
	m->nodes[node].awaited = awaited;
	if (found != NO_NODE && found != n->node) {
		m->nodes[node].waits_for = m->nodes[found].waits_for;
		m->nodes[node].awaited = m->nodes[found].awaited;
	}
	n->node = node;
	must(m->nr_waiting < MAX_NAMES);
	m->waiting[m->nr_waiting] = (int)(n - m->names);
	m->waiting_node[m->nr_waiting++] = node;
	return true;
}

/* The end: links that still wait are looked up through the symlinks that there are now. */
static bool model_finish(struct model *m)
{
	struct words unused;
	for (u32 i = m->nr_waiting; i-- > 0;) {
		if (!still_waits(m, i))
			continue;
		int node = m->waiting_node[i];
		for (u32 n = 0; n <= m->nr_waiting && node != NO_NODE && !m->nodes[node].mode; n++)
			node = lookup(m, &m->nodes[node].waits_for, &unused);
		if (node != NO_NODE && m->nodes[node].mode && !bind(m, i, node))
			return false;
	}
	return true;
}

/* ---- both ------------------------------------------------------------------------------ */

/* The names of a directory in order. */
static u32 sorted_names(struct model *m, int dir, struct name **list)
{
	u32 nr = 0;
	for (u32 i = 0; i < m->nr_names; i++) {
		if (m->names[i].dir != dir || m->names[i].node == NO_NODE)
			continue;
		u32 at = nr++;
		for (; at > 0 && strcmp(word(list[at - 1]->word), word(m->names[i].word)) > 0; at--)
			list[at] = list[at - 1];
		list[at] = &m->names[i];
	}
	return nr;
}

/* Number the nodes; false if a link waits for ever. */
static bool number(struct model *m, int dir, u32 *next)
{
	struct name *list[NR_WORDS];
	u32 nr = sorted_names(m, dir, list);
	for (u32 i = 0; i < nr; i++) {
		struct node *node = &m->nodes[list[i]->node];
		if (!node->mode)
			return false;
		if (!node->nlink++)
			node->ino = (*next)++;
		if (S_ISDIR(node->mode) && !number(m, list[i]->node, next))
			return false;
	}
	return true;
}

static void compare_inode(const struct inode *inode, const struct node *node)
{
	must((inode->mode & S_IFMT) == node->mode);
	must(inode->ino == node->ino && inode->nlink == node->nlink);
	must(inode->mtime.sec == node->tag);
	if (!S_ISLNK(node->mode))
		return;
	char text[4096] = "";
	for (u32 i = 0; i < node->target.nr; i++) {
		strcat(text, i ? "/" : "");
		strcat(text, word(node->target.list[i]));
	}
	must(inode->size == strlen(text) && !memcmp(inode->target, text, inode->size));
}

static void compare(struct model *m, int dir, const struct inode *inode)
{
	struct name *list[NR_WORDS];
	u32 nr = sorted_names(m, dir, list);
	must(inode->nr == nr);
	for (u32 i = 0; i < nr; i++) {
		const struct dentry *d = inode->sorted[i];
		const char *name = word(list[i]->word);
		must(d->name_len == strlen(name) && !memcmp(d->name, name, d->name_len));
		must(d->index == i + 2 && d->dir == inode);
		compare_inode(d->inode, &m->nodes[list[i]->node]);
		if (S_ISDIR(d->inode->mode))
			compare(m, list[i]->node, d->inode);
	}
}

/* One member to both; false if both refuse it. */
static bool member(struct decisions *d, u32 tag, struct model *m, struct tree *tree)
{
	static const u32 modes[] = { S_IFREG, S_IFREG, S_IFDIR, S_IFDIR, S_IFLNK, 0, 0, S_IFIFO };
	struct words path, target;
	char path_text[2048], target_text[2048];
	struct inode *inode;

	u32 mode = modes[decide(d, 8)];
	path_decide(d, &path, false, path_text);
	path_decide(d, &target, mode != 0, target_text);
	size_t len = strlen(path_text), target_len = strlen(target_text);
	if (mode == S_IFLNK && !target_len)
		return true;
	if (getenv("FUZZ_VERBOSE"))
		printf("%06o %s -> %s\n", mode, path_text, target_text);
	struct attributes attr = {
		.mode = mode, .mtime.sec = tag, .target = target_text, .target_len = target_len
	};
	bool expected = mode ? model_add(m, &path, mode, tag, S_ISLNK(mode) ? &target : NULL)
			     : model_link(m, &path, &target);
	int err = mode ? tree_add(tree, path_text, len, &attr, &inode)
		       : tree_add_link(tree, path_text, len, target_text, target_len, NULL, NULL);
	must(expected == !err);
	return expected;
}

static void no_message(enum diag_level level, const char *line, size_t len)
{
	(void)level;
	(void)line;
	(void)len;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct model m;
	static struct content content;
	struct decisions d = { .bytes = data, .left = size };
	struct tree_options options = { .nodesize = 16384, .implied.mode = 0755 };

	must(checksum_init() == 0);
	diag_set_sink(getenv("FUZZ_VERBOSE") ? NULL : no_message);
	m.nr_nodes = m.nr_names = m.nr_waiting = 0;
	node_new(&m, S_IFDIR, 0);
	struct tree *tree = tree_new(&options);
	bool good = true;
	for (u32 i = 1; i <= MAX_MEMBERS && d.left && good; i++)
		good = member(&d, i, &m, tree);
	if (good) {
		u32 next = 257;
		good = model_finish(&m) && number(&m, ROOT, &next);
		int err = tree_bind_links(tree, &content);
		if (!err)
			err = tree_finish(tree, &content);
		must(good == !err);
	}
	if (good)
		compare(&m, ROOT, tree_root(tree));
	tree_free(tree);
	return 0;
}
