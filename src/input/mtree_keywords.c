/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Here a value must be well formed. Whether it is allowed is judged later, by the rules that hold
 * for the header of an archive.
 */
#include "mtree_keywords.h"
#include "number.h"
#include "text_codes.h"

#include <sys/sysmacros.h>

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
	return words_refuse(word, "type= with file, dir, link, char, block, fifo or socket");
}

static int take_mode(struct keywords *k, struct text word, struct text value)
{
	u64 mode;
	if (!words_number(value, 8, &mode) || mode > 07777)
		return words_refuse(word, "mode= with an octal number of at most 7777");
	k->member.mode = (k->member.mode & S_IFMT) | (u32)mode;
	k->given |= GIVEN_MODE;
	return 0;
}

static int take_id(struct text word, struct text value, s64 *id)
{
	u64 number;
	if (!words_number(value, 10, &number) || number > OWNER_ID_MAX)
		return words_refuse(word, "an id of 0 to 4294967294");
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
		return words_refuse(word,
				    "seconds since 1970, or with a point and the nanoseconds");
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
		return words_refuse(word, "escapes \\ooo, \\\\, \\#, \\s, \\t, \\n and their like");
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
			return words_refuse(word, allowed);
		k->member.dev_major = major(major_number);
		k->member.dev_minor = minor(major_number);
	} else {
		if ((!words_equal(format, "native") && !words_equal(format, "linux")) ||
		    !words_number(major_text, 0, &major_number) ||
		    !words_number(value, 0, &minor_number) || major_number > INT32_MAX ||
		    minor_number > INT32_MAX)
			return words_refuse(word, allowed);
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

/* "ALGORITHM", or "ALGORITHM:DIGEST", as manifests have it; the digest describes content. */
static int take_verity(struct keywords *k, struct text word, struct text value)
{
	const struct text name = words_until(&value, ':');
	if (!fsverity_from_name(name.bytes, name.len, &k->verity))
		return words_refuse(word, "verity= with sha256, sha512 or none");
	k->given |= GIVEN_VERITY;
	return 0;
}

static int take_size(struct keywords *k, struct text word, struct text value)
{
	u64 size;
	if (!words_number(value, 10, &size))
		return words_refuse(word, "size= with a number of bytes");
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
		err = words_refuse(name, "xattr.NAME=, with escapes like \\ooo in the name");
	else if (!base64_decode(value.bytes, value.len, bytes, &len))
		err = words_refuse(value, "base64 as the value of an xattr");
	else
		words_add_xattr_record(&k->records, (struct text){ plain, name_len },
				       (struct text){ (char *)bytes, len });
	xfree(plain);
	xfree(bytes);
	return err;
}

/* Keywords that describe content, or are for other tools. */
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
	{ "type", take_type, true },         { "mode", take_mode, true },
	{ "uid", take_uid, true },           { "gid", take_gid, true },
	{ "time", take_time, true },         { "atime", take_atime, true },
	{ "ctime", take_ctime, true },       { "btime", take_btime, true },
	{ "link", take_link, true },         { "device", take_device, true },
	{ "flags", take_flags, true },       { "size", take_size, true },
	{ "verity", take_verity, true },     { "optional", take_optional, false },
	{ "uname", pass_over, true },        { "gname", pass_over, true },
	{ "nlink", pass_over, true },        { "inode", pass_over, true },
	{ "cksum", pass_over, true },        { "md5", pass_over, true },
	{ "md5digest", pass_over, true },    { "rmd160", pass_over, true },
	{ "rmd160digest", pass_over, true }, { "ripemd160digest", pass_over, true },
	{ "sha1", pass_over, true },         { "sha1digest", pass_over, true },
	{ "sha256", pass_over, true },       { "sha256digest", pass_over, true },
	{ "sha256blocks", pass_over, true }, { "sha384", pass_over, true },
	{ "sha384digest", pass_over, true }, { "sha512", pass_over, true },
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
	return words_refuse(
		word,
		"type= mode= uid= gid= time= link= device= flags= verity= xattr.NAME= optional, and "
		"keywords of content, which are passed over");
}

int keywords_take(struct keywords *k, struct text line)
{
	struct text word;
	int err = 0;
	while (!err && words_next(&line, &word))
		err = take_word(k, word);
	return err;
}

bool keywords_have_other_times(const struct keywords *k)
{
	return k->member.atime.is_set || k->member.ctime.is_set || k->member.birthtime.is_set;
}

void keywords_free(struct keywords *k)
{
	words_free(&k->records);
}
