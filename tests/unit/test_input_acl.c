/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACLs from text and xattr. */
#include "../../src/input/acl.h"
#include "test.h"

#include <string.h>

struct text_case {
	const char *text;
	enum acl_result result;
	const char *fault; /* of acl_check(), or NULL; a part of it */
	u32 mode;          /* from 0 */
	size_t nr;
};

static const struct text_case cases[] = {
	{ "user::rwx,group::r-x,other::---", ACL_OK, NULL, 0750, 3 },
	{ "u::rw-\ng::r--\no::r--\n", ACL_OK, NULL, 0644, 3 },
	{ "user::rw-,user:bob:r--:1000,group::---,mask::rwx,other::--x", ACL_OK, NULL, 0671, 5 },
	{ "user::rw-, user:1000:r--, group::---, mask:r-x, other:--x", ACL_OK, NULL, 0651, 5 },
	{ "user::rw-,user:9:r--:1000,group::---,mask::rwx,other::---", ACL_OK, NULL, 0670, 5 },
	{ "user::rw-\t#comment, more\ngroup::r--\nother::r--", ACL_OK, NULL, 0644, 3 },
	{ "user::rw-,user:bob:r--,group::---,mask::rwx,other::---", ACL_NAME_WITHOUT_ID, NULL, 0,
	  0 },
	{ "user::rw-,user:1000:r--,group::---,other::---", ACL_OK, "no mask", 0, 0 },
	{ "user::rw-,group::---", ACL_OK, "must be there", 0, 0 },
	{ "user::rw-,user::r--,group::---,other::---", ACL_OK, "two entries of one kind", 0, 0 },
	{ "user::rw-,group::---,group:5:r--,group:x:r--:5,mask::r--,other::---", ACL_OK,
	  "two entries for one id", 0, 0 },
	{ "user:rwx", ACL_MALFORMED, NULL, 0, 0 },
	{ "user::rwxr", ACL_MALFORMED, NULL, 0, 0 },
	{ "user::rrx", ACL_MALFORMED, NULL, 0, 0 },
	{ "mask:5:rwx", ACL_MALFORMED, NULL, 0, 0 },
	{ "user:a:rwx:-1", ACL_MALFORMED, NULL, 0, 0 },
	{ "user:a:rwx:4294967295", ACL_MALFORMED, NULL, 0, 0 },
	{ "a:b:c:d:e:f:g", ACL_MALFORMED, NULL, 0, 0 },
	{ "everyone@:rwx", ACL_MALFORMED, NULL, 0, 0 },
	{ "default:", ACL_MALFORMED, NULL, 0, 0 },
};

static void test_text(size_t i)
{
	const struct text_case *c = &cases[i];
	struct acl access = { 0 }, dflt = { 0 };
	enum acl_result r = acl_from_text(c->text, strlen(c->text), &access, &dflt);
	ok(r == c->result, "text %zu: result %d", i, r);
	if (r == ACL_OK) {
		const char *fault = acl_check(&access);
		ok(c->fault ? fault && strstr(fault, c->fault) : !fault, "text %zu: %s", i,
		   fault ? fault : "good");
		if (!fault)
			ok(acl_apply_mode(&access, 0) == c->mode && access.nr == c->nr,
			   "mode %o, %zu entries", acl_apply_mode(&access, 0), access.nr);
	}
	acl_free(&access);
	acl_free(&dflt);
}

static void test_order_and_value(void)
{
	static const char text[] = "other::---,user:2000:rwx,mask::rwx,group:7:--x,"
				   "user:1000:r--,group::r-x,user::rw-,default:user::rwx";
	/* tag, permissions, id: in the kernel's order */
	static const u8 value[] = {
		2, 0,    0,    0,    1,    0,    6,    0,  0xff, 0xff, 0xff, 0xff, 2,    0,    4,
		0, 0xe8, 3,    0,    0,    2,    0,    7,  0,    0xd0, 7,    0,    0,    4,    0,
		5, 0,    0xff, 0xff, 0xff, 0xff, 8,    0,  1,    0,    7,    0,    0,    0,    16,
		0, 7,    0,    0xff, 0xff, 0xff, 0xff, 32, 0,    0,    0,    0xff, 0xff, 0xff, 0xff,
	};
	struct acl access = { 0 }, dflt = { 0 }, again = { 0 };
	u8 out[sizeof(value)];
	ok(acl_from_text(text, sizeof(text) - 1, &access, &dflt) == ACL_OK, "text in any order");
	ok(dflt.nr == 1, "default entries go apart");
	ok(!acl_check(&access), "good");
	ok(4 + 8 * access.nr == sizeof(value), "%zu entries", access.nr);
	ok(acl_to_xattr(&access, out) == sizeof(value) && !memcmp(out, value, sizeof(value)),
	   "value as the kernel writes it");
	ok(acl_from_xattr(value, sizeof(value), &again) && again.nr == access.nr, "and back");
	ok(!acl_check(&again) && acl_says_more(&again), "which is good and says more");
	ok(acl_apply_mode(&again, 0100777) == 0100670, "mode bits");
	ok(!acl_from_xattr(value, sizeof(value) - 1, &again), "odd length");
	ok(!acl_from_xattr("\3\0\0\0", 4, &again), "other version");
	ok(!acl_from_xattr("\2\0", 2, &again), "too short");
	ok(acl_from_xattr("\2\0\0\0", 4, &again) && !again.nr, "no entries");
	acl_free(&access);
	acl_free(&dflt);
	acl_free(&again);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		test_text(i);
	test_order_and_value();
	return done();
}
