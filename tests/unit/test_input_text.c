/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, codes, flags, magic bytes and pax records. */
#include "../../src/input/flags.h"
#include "../../src/input/magic.h"
#include "../../src/input/number.h"
#include "../../src/input/pax.h"
#include "../../src/input/text_codes.h"
#include "disk/format.h"
#include "test.h"

#include <string.h>

static void test_fields(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		bool good;
		s64 value;
	} cases[] = {
		{ "0000644\0", 8, true, 0644 },
		{ "  644 \0\0", 8, true, 0644 },
		{ "77777777", 8, true, 077777777 },
		{ "\0\0\0\0\0\0\0\0", 8, true, 0 },
		{ "        ", 8, true, 0 },
		{ "0000648\0", 8, false, 0 },
		{ "-000644\0", 8, false, 0 },
		{ "644\0x\0\0\0", 8, false, 0 },
		{ "6 44\0\0\0\0", 8, false, 0 },
		{ "\x80\0\0\0\xff\xff\xff\xff", 8, true, 0xffffffff },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff", 8, true, -1 },
		{ "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, true, INT64_MAX },
		{ "\x80\0\0\0\x80\0\0\0\0\0\0\0", 12, false, 0 },
		{ "\x80\0\0\1\0\0\0\0\0\0\0\0", 12, false, 0 },
		{ "\xff\xff\xff\xff\x80\0\0\0\0\0\0\0", 12, true, INT64_MIN },
		{ "\xff\xff\xff\xff\x7f\0\0\0\0\0\0\0", 12, false, 0 },
		{ "\xff\xff\xff\xfe\xff\0\0\0\0\0\0\0", 12, false, 0 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		s64 v = 0;
		bool good = number_tar_field((const u8 *)cases[i].bytes, cases[i].len, &v);
		ok(good == cases[i].good && (!good || v == cases[i].value), "field %zu: %lld", i,
		   (long long)v);
	}
}

static void test_times(void)
{
	static const struct {
		const char *text;
		bool good;
		s64 sec;
		u32 nsec;
	} cases[] = {
		{ "0", true, 0, 0 },
		{ "12.5", true, 12, 500000000 },
		{ "12.", true, 12, 0 },
		{ "1.0000000019", true, 1, 1 },
		{ "-1", true, -1, 0 },
		{ "-0.25", true, -1, 750000000 },
		{ "-1.000000001", true, -2, 999999999 },
		{ "-1.0000000001", true, -2, 999999999 },
		{ "-1.9999999999", true, -2, 0 },
		{ "9223372036854775807", true, INT64_MAX, 0 },
		{ "9223372036854775808", false, 0, 0 },
		{ "-9223372036854775808", true, INT64_MIN, 0 },
		{ "-9223372036854775808.1", false, 0, 0 },
		{ "-9223372036854775809", false, 0, 0 },
		{ "", false, 0, 0 },
		{ "-", false, 0, 0 },
		{ ".5", false, 0, 0 },
		{ "1.5.5", false, 0, 0 },
		{ " 1", false, 0, 0 },
		{ "+1", false, 0, 0 },
		{ "0x1", false, 0, 0 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct timestamp t = { 0 };
		bool good = number_time((const u8 *)cases[i].text, strlen(cases[i].text), &t);
		ok(good == cases[i].good &&
			   (!good || (t.sec == cases[i].sec && t.nsec == cases[i].nsec)),
		   "time '%s': %lld %u", cases[i].text, (long long)t.sec, t.nsec);
	}
}

static void test_codes(void)
{
	static const struct {
		const char *text, *plain; /* NULL: malformed */
	} cases[] = {
		{ "", "" },           { "YQ==", "a" },   { "YQ", "a" },         { "YWI=", "ab" },
		{ "YWI", "ab" },      { "YWJj", "abc" }, { "/+8", "\xff\xef" }, { "Y", NULL },
		{ "YR", NULL },       { "YQ=", NULL },   { "Y=Q=", NULL },      { "Y\nQ", NULL },
		{ "YWJjY===", NULL },
	};
	u8 out[32];
	size_t n;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool good = base64_decode(cases[i].text, strlen(cases[i].text), out, &n);
		const char *plain = cases[i].plain;
		ok(good == !!plain && (!good || (n == strlen(plain) && !memcmp(out, plain, n))),
		   "base64 %zu", i);
	}
	char s[32];
	ok(url_decode("a%3Db%25%00", 11, s, &n) && n == 5 && !memcmp(s, "a=b%\0", 5), "%%XX");
	ok(!url_decode("a%3", 3, s, &n) && !url_decode("%zz", 3, s, &n), "incomplete %%XX");
	n = gnu_keyword_decode("a%3Db%25%41%", 12, s);
	ok(n == 8 && !memcmp(s, "a=b%%41%", 8), "GNU tar's escapes");
}

static void test_flags(void)
{
	const char *unknown;
	size_t n;
	static const char list[] = "schg,noatime,nosync,nocow,compress";
	ok(flags_from_text(list, strlen(list), S_IFREG, &unknown, &n) ==
			   (BTRFS_INODE_IMMUTABLE | BTRFS_INODE_NOATIME | BTRFS_INODE_NODATACOW |
			    BTRFS_INODE_NODATASUM) &&
		   !unknown,
	   "flags of a file; nocow beats compress");
	ok(flags_from_text("nocow", 5, S_IFDIR, &unknown, &n) == BTRFS_INODE_NODATACOW,
	   "nocow on a directory");
	ok(flags_from_text("sappnd,journal,x", 16, S_IFREG, &unknown, &n) == BTRFS_INODE_APPEND &&
		   unknown && n == 7 && !memcmp(unknown, "journal", 7),
	   "the first unknown flag is told");
	ok(!flags_from_text("dirsync", 7, S_IFREG, &unknown, &n) && unknown, "dirsync on a file");
	ok(!flags_from_text("", 0, S_IFREG, &unknown, &n) && !unknown, "none");
}

static void test_records(void)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{ "", 0 },
		{ "9 path=x\n", 1 },
		{ "8 path=\n", 1 },
		{ "6 a==\n", 1 },
		{ "09 path=x\n", -1 },
		{ "011 path=x\n", 1 },
		{ "9 path=xy\n", -1 },
		{ "8 path=x\n", -1 },
		{ "9 path=x", -1 },
		{ "4 =\n", -1 },
		{ "5 =x\n", -1 },
		{ "8 pathx\n", -1 },
		{ "path=x\n", -1 },
		{ " 9 path=x\n", -1 },
		{ "0 a=b\n", -1 },
		{ "9", -1 },
		{ "99999999999999999999 a=b\n", -1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text rest = { cases[i].text, strlen(cases[i].text) }, key, value;
		int r = pax_next(&rest, &key, &value);
		ok(r == cases[i].result, "record %zu: %d", i, r);
	}
	struct text rest = { "14 k=\0=\n2 a=b\n", 14 }, key, value;
	ok(pax_next(&rest, &key, &value) == 1 && key.len == 1 && value.len == 8 && !rest.len,
	   "values may hold NUL, = and newlines");
}

static void test_magic(void)
{
	const char *help;
	const char *name;
	ok(magic_packing((const u8 *)"\x1f\x8b\x08", 3, &name) == PACKING_GZIP, "gzip");
	ok(magic_packing((const u8 *)"BZh91AY&SY", 10, &name) == PACKING_BZIP2, "bzip2");
	ok(magic_packing((const u8 *)"BZh0xxxxxx", 10, &name) == PACKING_NONE, "not bzip2");
	ok(magic_packing((const u8 *)"\x51\x2a\x4d\x18", 4, &name) == PACKING_ZSTD,
	   "zstd's skippable frame");
	ok(magic_packing((const u8 *)"LZIP", 4, &name) == PACKING_OTHER && !strcmp(name, "lzip"),
	   "lzip is known by name");
	ok(!strcmp(magic_foreign((const u8 *)"PK\3\4", 4, &help), "zip archive"), "zip");
	ok(!magic_foreign((const u8 *)"PK", 2, &help), "too short");
	ok(magic_is_cpio((const u8 *)"070701", 6) && magic_is_cpio((const u8 *)"\xc7\x71", 2) &&
		   !magic_is_cpio((const u8 *)"070703", 6),
	   "cpio");
}

int main(void)
{
	test_fields();
	test_times();
	test_codes();
	test_flags();
	test_records();
	test_magic();
	return done();
}
