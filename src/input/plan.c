/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each entry becomes a struct member, as if a header had said it, so that ids, devices,
 * times, flags, xattrs and ACLs are judged by the same rules as an archive's.
 */
#include "input/plan.h"
#include "entry_meta.h"
#include "number.h"
#include "pax.h"
#include "plan_words.h"
#include "text_codes.h"

#include "base/diag.h"
#include "disk/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PLAN_MAX_BYTES (256u << 20)

/* What the keywords of one entry, or of /set, say. */
struct keywords {
	struct member member;
	u32 given; /* GIVEN_* */
	bool is_optional;
	bool has_data;
	struct arena *arena;        /* where link targets go */
	struct text_buffer records; /* xattrs in the form of pax records */
};

/* What one entry asks for. */
struct wish {
	struct text path;
	struct keywords asks;
	u64 line;
};

struct plan {
	const char *name;
	char *bytes; /* the whole file; what wishes point to lies here or in the tree's arena */
	char context[QUOTE_BYTES + 32]; /* of messages */
	struct reader_options options;
	struct wish *wishes;
	size_t nr, capacity;
};

struct reading {
	struct plan *plan;
	struct tree *tree;
	struct keywords set;    /* by /set */
	struct text_buffer dir; /* where relative names lie; "" is the root, else ends in a slash */
	bool is_closed;         /* the last ".." has left the root */
	u64 line;               /* that is read */
};

/* ---- messages ----------------------------------------------------------------------------- */

/* The context says which line it is. */
static int refuse(struct text found, const char *allowed)
{
	char q[QUOTE_BYTES];
	return fail(-EINVAL, "found '%s', allowed: %s", quote(q, found.bytes, found.len), allowed);
}

static void set_context(struct plan *plan, u64 line)
{
	char q[QUOTE_BYTES];
	snprintf(plan->context, sizeof(plan->context), "%s:%llu",
		 quote(q, plan->name, strlen(plan->name)), (unsigned long long)line);
	diag_set_context(plan->context);
}

/* ---- values -----------------------------------------------------------------------------------
 */

typedef int (*keyword_fn)(struct keywords *k, struct text word, struct text value);

static const struct {
	const char *name;
	u32 mode;
} types[] = {
	{ "file", S_IFREG },  { "dir", S_IFDIR },  { "link", S_IFLNK },    { "char", S_IFCHR },
	{ "block", S_IFBLK }, { "fifo", S_IFIFO }, { "socket", S_IFSOCK },
};

static int take_type(struct keywords *k, struct text word, struct text value)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!words_equal(value, types[i].name))
			continue;
		k->member.mode = (k->member.mode & 07777) | types[i].mode;
		k->given |= GIVEN_TYPE;
		return 0;
	}
	return refuse(word, "type= with file, dir, link, char, block, fifo or socket");
}

static int take_mode(struct keywords *k, struct text word, struct text value)
{
	u64 mode;
	if (!words_number(value, 8, &mode) || mode > 07777)
		return refuse(word, "mode= with an octal number of at most 7777");
	k->member.mode = (k->member.mode & S_IFMT) | (u32)mode;
	k->given |= GIVEN_MODE;
	return 0;
}

static int take_id(struct text word, struct text value, s64 *id)
{
	u64 number;
	if (!words_number(value, 10, &number) || number > OWNER_ID_MAX)
		return refuse(word, "an id of 0 to 4294967294");
	*id = (s64)number;
	return 0;
}

static int take_uid(struct keywords *k, struct text word, struct text value)
{
	k->given |= GIVEN_UID;
	return take_id(word, value, &k->member.uid);
}

static int take_gid(struct keywords *k, struct text word, struct text value)
{
	k->given |= GIVEN_GID;
	return take_id(word, value, &k->member.gid);
}

static int take_time_of(struct text word, struct text value, struct member_time *time)
{
	if (!words_time(value, &time->time))
		return refuse(word, "seconds since 1970, or with a point and the nanoseconds");
	time->is_set = true;
	return 0;
}

static int take_time(struct keywords *k, struct text word, struct text value)
{
	k->given |= GIVEN_TIMES;
	return take_time_of(word, value, &k->member.mtime);
}

static int take_atime(struct keywords *k, struct text word, struct text value)
{
	return take_time_of(word, value, &k->member.atime);
}

static int take_ctime(struct keywords *k, struct text word, struct text value)
{
	return take_time_of(word, value, &k->member.ctime);
}

static int take_btime(struct keywords *k, struct text word, struct text value)
{
	return take_time_of(word, value, &k->member.birthtime);
}

static int take_link(struct keywords *k, struct text word, struct text value)
{
	char *plain = arena_alloc_unaligned(k->arena, value.len + 1);
	if (!words_decode(value, plain, &k->member.link.len))
		return refuse(word, "escapes \\ooo, \\\\, \\#, \\s, \\t, \\n and their like");
	k->member.link.bytes = plain;
	k->given |= GIVEN_TARGET;
	return 0;
}

/* "FORMAT,MAJOR,MINOR", or Linux's number of both */
static int take_device(struct keywords *k, struct text word, struct text value)
{
	static const char allowed[] =
		"device= with native or linux, the major and the minor number, "
		"with commas between, or one number";
	struct text format = words_until(&value, ',');
	struct text major_text = words_until(&value, ',');
	u64 major_number, minor_number;
	if (!major_text.len && !value.len) {
		if (!words_number(format, 0, &major_number))
			return refuse(word, allowed);
		k->member.dev_major = major(major_number);
		k->member.dev_minor = minor(major_number);
	} else {
		if ((!words_equal(format, "native") && !words_equal(format, "linux")) ||
		    !words_number(major_text, 0, &major_number) ||
		    !words_number(value, 0, &minor_number) || major_number > INT32_MAX ||
		    minor_number > INT32_MAX)
			return refuse(word, allowed);
		k->member.dev_major = (s64)major_number;
		k->member.dev_minor = (s64)minor_number;
	}
	k->given |= GIVEN_DEVICE;
	return 0;
}

static int take_flags(struct keywords *k, struct text word, struct text value)
{
	(void)word;
	if (words_equal(value, "none"))
		value.len = 0;
	k->member.file_flags = value;
	k->given |= GIVEN_FLAGS;
	return 0;
}

static int take_size(struct keywords *k, struct text word, struct text value)
{
	u64 size;
	if (!words_number(value, 10, &size))
		return refuse(word, "size= with a number of bytes");
	k->has_data = size > 0;
	return 0;
}

static int take_optional(struct keywords *k, struct text word, struct text value)
{
	(void)word;
	(void)value;
	k->is_optional = true;
	return 0;
}

/* The value goes into a pax record, whose reader then decodes it. */
static int take_xattr(struct keywords *k, struct text word, struct text value)
{
	struct text name = words_until(&word, '=');
	const size_t prefix = strlen("xattr.");
	char *plain = xmalloc(name.len + 1);
	u8 *bytes = xmalloc(value.len + 1);
	size_t name_len, len;
	int err = 0;
	name.bytes += prefix;
	name.len -= prefix;
	if (!words_decode(name, plain, &name_len) || !name_len || memchr(plain, 0, name_len))
		err = refuse(name, "xattr.NAME=, with escapes like \\ooo in the name");
	else if (!base64_decode(value.bytes, value.len, bytes, &len))
		err = refuse(value, "base64 as the value of an xattr");
	else
		words_add_xattr_record(&k->records, (struct text){ plain, name_len },
				       (struct text){ (char *)bytes, len });
	xfree(plain);
	xfree(bytes);
	return err;
}

/* What describes content or is for other tools. */
static int pass_over(struct keywords *k, struct text word, struct text value)
{
	(void)k;
	(void)word;
	(void)value;
	return 0;
}

static const struct {
	const char *name;
	keyword_fn take;
	bool has_value;
} keywords[] = {
	{ "type", take_type, true },
	{ "mode", take_mode, true },
	{ "uid", take_uid, true },
	{ "gid", take_gid, true },
	{ "time", take_time, true },
	{ "atime", take_atime, true },
	{ "ctime", take_ctime, true },
	{ "btime", take_btime, true },
	{ "link", take_link, true },
	{ "device", take_device, true },
	{ "flags", take_flags, true },
	{ "size", take_size, true },
	{ "optional", take_optional, false },
	{ "uname", pass_over, true },
	{ "gname", pass_over, true },
	{ "nlink", pass_over, true },
	{ "inode", pass_over, true },
	{ "cksum", pass_over, true },
	{ "md5", pass_over, true },
	{ "md5digest", pass_over, true },
	{ "rmd160", pass_over, true },
	{ "rmd160digest", pass_over, true },
	{ "ripemd160digest", pass_over, true },
	{ "sha1", pass_over, true },
	{ "sha1digest", pass_over, true },
	{ "sha256", pass_over, true },
	{ "sha256digest", pass_over, true },
	{ "sha256blocks", pass_over, true },
	{ "sha384", pass_over, true },
	{ "sha384digest", pass_over, true },
	{ "sha512", pass_over, true },
	{ "sha512digest", pass_over, true },
};
#define NR_KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

static int take_word(struct keywords *k, struct text word)
{
	struct text value = word;
	const struct text name = words_until(&value, '=');
	const bool has_value = name.len < word.len;
	if (has_value && name.len > strlen("xattr.") && !memcmp(name.bytes, "xattr.", 6))
		return take_xattr(k, word, value);
	for (size_t i = 0; i < NR_KEYWORDS; i++)
		if (words_equal(name, keywords[i].name) && has_value == keywords[i].has_value)
			return keywords[i].take(k, word, value);
	return refuse(word,
		      "type= mode= uid= gid= time= link= device= flags= xattr.NAME= optional, and "
		      "keywords of content, which are passed over");
}

static int take_words(struct keywords *k, struct text line)
{
	struct text word;
	int err = 0;
	while (!err && words_next(&line, &word))
		err = take_word(k, word);
	return err;
}

/* ---- /set and /unset ----------------------------------------------------------------------------
 */

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
			return refuse(word, "what /set has set, or all");
		r->set.given &= ~can[i].given;
	}
	/* none to warn of either */
	if (!(r->set.given & GIVEN_FLAGS))
		r->set.member.file_flags.len = 0;
	return 0;
}

static bool has_other_times(const struct keywords *k)
{
	return k->member.atime.is_set || k->member.ctime.is_set || k->member.birthtime.is_set;
}

static int set(struct reading *r, struct text line)
{
	const struct keywords *k = &r->set;
	int err = take_words(&r->set, line);
	if (!err && (k->records.len || k->is_optional || k->has_data || has_other_times(k) ||
		     (k->given & (GIVEN_DEVICE | GIVEN_TARGET))))
		err = refuse(line, "type= mode= uid= gid= time= and flags= behind /set");
	return err;
}

/* ---- entries
 * --------------------------------------------------------------------------------------- */

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
	struct plan *plan = r->plan;
	plan->wishes = mem_grow(plan->wishes, &plan->capacity, plan->nr + 1, sizeof(*plan->wishes));
	plan->wishes[plan->nr++] = (struct wish){ .path = path, .asks = *k, .line = r->line };
	if (!is_sound(path))
		return refuse(path, "names of at most 255 bytes, and no '..'");
	if (has_other_times(k) && !(k->given & GIVEN_TIMES))
		return refuse(path, "atime=, ctime= and btime= with time=");
	return 0;
}

/* One entry: its name's place follows from the directories before it, unless it has a slash. */
static int add_entry(struct reading *r, struct text name, struct text line)
{
	struct keywords k = r->set;
	char *plain = arena_alloc_unaligned(tree_arena(r->tree), r->dir.len + name.len + 1);
	size_t len;
	if (!words_decode(name, plain + r->dir.len, &len) || !len ||
	    memchr(plain + r->dir.len, 0, len))
		return refuse(name, "a name with escapes \\ooo, \\\\, \\#, \\s and their like");
	const bool is_relative = !memchr(plain + r->dir.len, '/', len);
	if (is_relative && r->is_closed)
		return refuse(name, "paths with a slash, once '..' has left the root");
	if (is_relative && r->dir.len)
		memcpy(plain, r->dir.bytes, r->dir.len);
	else
		memmove(plain, plain + r->dir.len, len);
	len += is_relative ? r->dir.len : 0;
	int err = take_words(&k, line);
	if (err)
		words_free(&k.records);
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
		return refuse(first, "/set, /unset, or a path without a slash at its beginning");
	if (words_equal(first, "..")) {
		leave_directory(r);
		return 0;
	}
	return add_entry(r, first, line);
}

/* ---- the file
 * ------------------------------------------------------------------------------------------ */

static int load(struct plan *plan, struct text *bytes)
{
	char q[QUOTE_BYTES];
	size_t len = 0, capacity = 0;
	quote(q, plan->name, strlen(plan->name));
	int fd = open(plan->name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno("--plan: cannot open %s", q);
	for (;;) {
		plan->bytes = mem_grow(plan->bytes, &capacity, len + (64u << 10), 1);
		ssize_t n = read(fd, plan->bytes + len, capacity - len);
		if (n < 0 && errno == EINTR)
			continue;
		int err = n < 0 ? fail_errno("--plan: cannot read %s", q) : 0;
		if (!err && n > 0 && (len += (size_t)n) > PLAN_MAX_BYTES)
			err = fail(-EFBIG, "--plan: %s has more than the %u bytes allowed", q,
				   PLAN_MAX_BYTES);
		if (err || !n) {
			close(fd);
			*bytes = (struct text){ plan->bytes, len };
			return err;
		}
	}
}

int plan_read(const char *path, const struct reader_options *options, struct tree *tree,
	      struct plan **plan)
{
	struct reading r = { .tree = tree, .set.arena = tree_arena(tree) };
	struct text bytes, line;
	u64 next_line = 0;
	*plan = r.plan = xzalloc(sizeof(**plan));
	r.plan->name = path;
	r.plan->options = *options;
	/* these are about what an archive says */
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
	words_free(&r.set.records);
	return err;
}

/* ---- over the tree
 * ------------------------------------------------------------------------------- */

/* Lay a wish over what is at its path, of type @type, or over nothing (0). */
static int apply(const struct plan *plan, const struct wish *wish, struct tree *tree, u32 type)
{
	struct member member = wish->asks.member;
	struct attributes attr;
	struct inode_times times;
	if (!(wish->asks.given & GIVEN_TYPE))
		member.mode = (member.mode & 07777) | (type ? type : S_IFREG);
	member.path = wish->path;
	member.records = (struct text){ wish->asks.records.bytes, wish->asks.records.len };
	member.xattr_forms = member.records.len ? PAX_XATTR_SCHILY : 0;
	int err = entry_meta(&member, &plan->options, tree_arena(tree), &attr, &times);
	if (err)
		return err;
	if (wish->asks.has_data && !type && S_ISREG(member.mode))
		return refuse(wish->path, "a file that is in the archive, or an empty one");
	return tree_lay_over(tree, wish->path.bytes, wish->path.len, &attr, wish->asks.given);
}

int plan_apply(struct plan *plan, struct tree *tree)
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

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->nr; i++)
		words_free(&plan->wishes[i].asks.records);
	xfree(plan->bytes);
	xfree(plan->wishes);
	xfree(plan);
}
