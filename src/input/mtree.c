/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each entry becomes a struct member, as if a header had said it, so that ids, devices,
 * times, flags, xattrs and ACLs are judged by the same rules as an archive's.
 */
#include "input/mtree.h"
#include "member_attributes.h"
#include "mtree_keywords.h"
#include "pax.h"

#include "base/diag.h"
#include "disk/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PLAN_MAX_BYTES (256u << 20)

/* What one entry asks for. */
struct wish {
	struct text path;
	struct keywords asks;
	u64 line;
};

struct mtree_plan {
	const char *name;
	char *bytes; /* the whole file: wishes point into it, or into the tree's arena */
	char context[QUOTE_BYTES + 32]; /* of messages */
	struct reader_options options;
	struct wish *wishes;
	size_t nr, capacity;
};

struct reading {
	struct mtree_plan *plan;
	struct tree *tree;
	struct keywords set;    /* by /set */
	struct text_buffer dir; /* of relative names; "" is the root, else ends in a slash */
	bool is_closed;         /* the last ".." has left the root */
	u64 line;               /* that is read */
};

/* ---- messages ----------------------------------------------------------------------------- */

static void set_context(struct mtree_plan *plan, u64 line)
{
	char q[QUOTE_BYTES];
	snprintf(plan->context, sizeof(plan->context), "%s:%llu",
		 quote(q, plan->name, strlen(plan->name)), (unsigned long long)line);
	diag_set_context(plan->context);
}

/* ---- /set and /unset -------------------------------------------------------------------- */

static int unset(struct reading *r, struct text line)
{
	static const struct {
		const char *name;
		u32 given;
	} can[] = {
		{ "type", GIVEN_TYPE }, { "mode", GIVEN_MODE },  { "uid", GIVEN_UID },
		{ "gid", GIVEN_GID },   { "time", GIVEN_TIMES }, { "flags", GIVEN_FLAGS },
		{ "all", UINT32_MAX },  { "uname", 0 },          { "gname", 0 },
		{ "nlink", 0 },
	};
	struct text word;
	while (words_next(&line, &word)) {
		size_t i = 0;
		while (i < sizeof(can) / sizeof(can[0]) && !words_equal(word, can[i].name))
			i++;
		if (i == sizeof(can) / sizeof(can[0]))
			return words_refuse(word, "what /set has set, or all");
		r->set.given &= ~can[i].given;
	}
	/* none to warn of either */
	if (!(r->set.given & GIVEN_FLAGS))
		r->set.member.file_flags.len = 0;
	return 0;
}

static int set(struct reading *r, struct text line)
{
	const struct keywords *k = &r->set;
	int err = keywords_take(&r->set, line);
	if (!err &&
	    (k->records.len || k->is_optional || k->has_data || keywords_have_other_times(k) ||
	     (k->given & (GIVEN_DEVICE | GIVEN_TARGET | GIVEN_VERITY))))
		err = words_refuse(line, "type= mode= uid= gid= time= and flags= behind /set");
	return err;
}

/* ---- entries ---------------------------------------------------------------------------- */

/* Paths that the tree would refuse are refused here, where the line is known. */
static bool is_sound(struct text path)
{
	while (path.len) {
		const struct text name = words_until(&path, '/');
		if (words_equal(name, "..") || name.len > BTRFS_NAME_LEN)
			return false;
	}
	return true;
}

static int add_wish(struct reading *r, struct text path, const struct keywords *k)
{
	struct mtree_plan *plan = r->plan;
	plan->wishes = mem_grow(plan->wishes, &plan->capacity, plan->nr + 1, sizeof(*plan->wishes));
	plan->wishes[plan->nr++] = (struct wish){ .path = path, .asks = *k, .line = r->line };
	if (!is_sound(path))
		return words_refuse(path, "names of at most 255 bytes, and no '..'");
	if (keywords_have_other_times(k) && !(k->given & GIVEN_TIMES))
		return words_refuse(path, "atime=, ctime= and btime= with time=");
	return 0;
}

/* One entry: its name's place follows from the directories before it, unless it has a slash. */
static int add_plan_member(struct reading *r, struct text name, struct text line)
{
	struct keywords k = r->set;
	char *plain = arena_alloc_unaligned(tree_arena(r->tree), r->dir.len + name.len + 1);
	size_t len;
	if (!words_decode(name, plain + r->dir.len, &len) || !len ||
	    memchr(plain + r->dir.len, 0, len))
		return words_refuse(name,
				    "a name with escapes \\ooo, \\\\, \\#, \\s and their like");
	const bool is_relative = !memchr(plain + r->dir.len, '/', len);
	if (is_relative && r->is_closed)
		return words_refuse(name, "paths with a slash, once '..' has left the root");
	if (is_relative && r->dir.len)
		memcpy(plain, r->dir.bytes, r->dir.len);
	else
		memmove(plain, plain + r->dir.len, len);
	len += is_relative ? r->dir.len : 0;
	int err = keywords_take(&k, line);
	if (err)
		keywords_free(&k);
	else
		err = add_wish(r, (struct text){ plain, len }, &k);
	if (!err && is_relative && (k.given & GIVEN_TYPE) && S_ISDIR(k.member.mode)) {
		r->dir.len = 0;
		words_append(&r->dir, plain, len);
		words_append(&r->dir, "/", 1);
	}
	return err;
}

/* ".." ends the directory whose entries came before. */
static void leave_directory(struct reading *r)
{
	size_t len = r->dir.len;
	r->is_closed |= !len;
	if (len)
		len--;
	while (len && r->dir.bytes[len - 1] != '/')
		len--;
	r->dir.len = len;
}

static int read_line(struct reading *r, struct text line)
{
	struct text first;
	if (!words_next(&line, &first) || first.bytes[0] == '#')
		return 0;
	if (words_equal(first, "/set"))
		return set(r, line);
	if (words_equal(first, "/unset"))
		return unset(r, line);
	if (first.bytes[0] == '/')
		return words_refuse(first,
				    "/set, /unset, or a path without a slash at its beginning");
	if (words_equal(first, "..")) {
		leave_directory(r);
		return 0;
	}
	return add_plan_member(r, first, line);
}

/* ---- the file --------------------------------------------------------------------------- */

static int load(struct mtree_plan *plan, struct text *bytes)
{
	char q[QUOTE_BYTES];
	size_t len = 0, capacity = 0;
	quote(q, plan->name, strlen(plan->name));
	int fd = open(plan->name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno("cannot open the mtree plan %s", q);
	for (;;) {
		plan->bytes = mem_grow(plan->bytes, &capacity, len + (64u << 10), 1);
		ssize_t n = read(fd, plan->bytes + len, capacity - len);
		if (n < 0 && errno == EINTR)
			continue;
		int err = n < 0 ? fail_errno("cannot read the mtree plan %s", q) : 0;
		if (!err && n > 0 && (len += (size_t)n) > PLAN_MAX_BYTES)
			err = fail(-EFBIG, "the mtree plan %s has more than the %u bytes allowed",
				   q, PLAN_MAX_BYTES);
		if (err || !n) {
			close(fd);
			*bytes = (struct text){ plan->bytes, len };
			return err;
		}
	}
}

int mtree_plan_read(const char *path, const struct reader_options *options, struct tree *tree,
		    struct mtree_plan **plan)
{
	struct reading r = { .tree = tree, .set.arena = tree_arena(tree) };
	struct text bytes, line;
	u64 next_line = 0;
	*plan = r.plan = xzalloc(sizeof(**plan));
	r.plan->name = path;
	r.plan->options = *options;
	/* These three are about members of archives. */
	r.plan->options.no_xattrs = false;
	r.plan->options.nr_xattr_patterns = 0;
	r.plan->options.keep_times = true;
	int err = load(r.plan, &bytes);
	while (!err && words_line(&bytes, &line, &r.line, &next_line)) {
		set_context(r.plan, r.line);
		err = read_line(&r, line);
	}
	diag_set_context(NULL);
	words_free(&r.dir);
	keywords_free(&r.set);
	return err;
}

/* ---- over the tree ---------------------------------------------------------------------- */

/* Apply a wish to the inode at its path, which has the type @type; 0: there is none. */
static int apply(const struct mtree_plan *plan, const struct wish *wish, struct tree *tree,
		 u32 type)
{
	struct member member = wish->asks.member;
	struct attributes attr;
	struct inode_times times;
	if (!(wish->asks.given & GIVEN_TYPE))
		member.mode = (member.mode & 07777) | (type ? type : S_IFREG);
	member.path = wish->path;
	member.records = (struct text){ wish->asks.records.bytes, wish->asks.records.len };
	member.xattr_forms = member.records.len ? PAX_XATTR_SCHILY : 0;
	int err = member_attributes(&member, &plan->options, tree, &attr, &times);
	if (err)
		return err;
	attr.verity = wish->asks.verity;
	if (wish->asks.has_data && !type && S_ISREG(member.mode))
		return words_refuse(wish->path, "a file that is in the archive, or an empty one");
	return tree_override(tree, wish->path.bytes, wish->path.len, &attr, wish->asks.given);
}

int mtree_plan_apply(struct mtree_plan *plan, struct tree *tree)
{
	int err = 0;
	if (!plan)
		return 0;
	for (size_t i = 0; i < plan->nr && !err; i++) {
		const struct wish *w = &plan->wishes[i];
		const u32 type = tree_type_at(tree, w->path.bytes, w->path.len);
		set_context(plan, w->line);
		if (type || !w->asks.is_optional)
			err = apply(plan, w, tree, type);
	}
	diag_set_context(NULL);
	return err;
}

void mtree_plan_free(struct mtree_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->nr; i++)
		keywords_free(&plan->wishes[i].asks);
	xfree(plan->bytes);
	xfree(plan->wishes);
	xfree(plan);
}
