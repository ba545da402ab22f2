/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xattrs and ACLs of a tar member, from its raw pax records: libarchive decodes
 * bad base64 as well as it can and drops ACL entries that it cannot read.
 */
#include "acl.h"
#include "member_attributes.h"
#include "pax.h"
#include "text_codes.h"

#include "disk/format.h"

#include <errno.h>
#include <fnmatch.h>

/* What is known while one member's attributes are gathered. */
struct gather {
	const struct member *member;
	const struct reader_options *options;
	struct arena *arena;
	struct xattr **xattrs;
	u32 *mode;
	struct text access, dflt; /* values of the ACL xattrs; bytes NULL without */
};

/* Whether the user wants no xattrs of this name; it is not terminated. */
static bool is_unwanted(const struct reader_options *options, struct text name)
{
	bool found = false;
	if (!options->nr_xattr_patterns)
		return false;
	char *terminated = xmemdup(name.bytes, name.len);
	for (size_t i = 0; i < options->nr_xattr_patterns && !found; i++)
		found = !fnmatch(options->xattr_patterns[i], terminated, 0);
	xfree(terminated);
	return found;
}

/* Why an xattr cannot be kept, or NULL. */
static const char *refusal(const struct gather *g, struct text name)
{
	u32 mode = g->member->mode;
	if (name.len > 255)
		return "its name has more than the 255 bytes allowed";
	if (text_begins(name, "user.")) {
		if (!S_ISREG(mode) && !S_ISDIR(mode))
			return "user. attributes are allowed on files and directories only";
	} else if (!text_begins(name, "security.") && !text_begins(name, "trusted.")) {
		return "allowed are security. trusted. user. system.posix_acl_access "
		       "system.posix_acl_default";
	}
	return NULL;
}

/* Put it on the list, unless it is too large for a leaf. */
static int keep_xattr(struct gather *g, struct text name, struct text value)
{
	u32 nodesize = g->options->nodesize, limit = btrfs_max_xattr_size(nodesize);
	if (name.len + value.len > limit)
		return member_unsupported_hint(
			g->member, g->options,
			nodesize == BTRFS_MAX_NODESIZE ? HINT_UNSUPPORTED : nodesize_hint(nodesize),
			"xattr %s: name and value have %zu bytes, at most %u are allowed in nodes of %u bytes",
			printable(name).text, name.len + value.len, limit, nodesize);
	xattr_add(g->arena, g->xattrs, name.bytes, name.len, value.bytes, value.len);
	return 0;
}

static int add_xattr(struct gather *g, struct text name, struct text value)
{
	if (is_unwanted(g->options, name))
		return 0;
	if (text_equals(name, XATTR_ACL_ACCESS)) {
		g->access = value;
		return 0;
	}
	if (text_equals(name, XATTR_ACL_DEFAULT)) {
		g->dflt = value;
		return 0;
	}
	const char *why = refusal(g, name);
	if (why)
		return member_unsupported(g->member, g->options, "xattr %s: %s",
					  printable(name).text, why);
	return keep_xattr(g, name, value);
}

/* Decode a record's name and value into the arena, where ACL values are looked for later. */
static int add_record(struct gather *g, u32 form, struct text name, struct text value)
{
	char *plain = arena_alloc_unaligned(g->arena, name.len);
	size_t len = name.len;
	if (form == PAX_XATTR_LIBARCHIVE) {
		u8 *bytes = arena_alloc_unaligned(g->arena, value.len + 1);
		if (!url_decode(name.bytes, name.len, plain, &len) ||
		    !base64_decode(value.bytes, value.len, bytes, &value.len))
			return member_fail(
				g->member, -EINVAL,
				"pax record LIBARCHIVE.xattr.%s is malformed, allowed are %%XX in the name and base64 as value",
				printable(name).text);
		value.bytes = (char *)bytes;
	} else if (form == PAX_XATTR_SCHILY) {
		len = gnu_keyword_decode(name.bytes, name.len, plain);
	} else {
		memcpy(plain, name.bytes, len);
	}
	if (!len || memchr(plain, 0, len))
		return member_fail(g->member, -EINVAL,
				   "an xattr whose name is empty or has a NUL byte");
	return add_xattr(g, (struct text){ plain, len }, value);
}

static int add_records(struct gather *g, u32 form)
{
	struct text rest = g->member->records, key, value, name, before = { 0 };
	while (pax_next(&rest, &key, &value) > 0) {
		u32 found = pax_xattr_form(key, &name);
		/* bsdtar encodes a name in both forms, LIBARCHIVE's first: that is one attribute.
		 */
		bool is_twin = found == PAX_XATTR_SCHILY && before.len && before.len == name.len &&
			       !memcmp(before.bytes, name.bytes, name.len) &&
			       memchr(name.bytes, '%', name.len);
		before = found == PAX_XATTR_LIBARCHIVE ? name : (struct text){ 0 };
		if (found != form || is_twin)
			continue;
		int err = add_record(g, form, name, value);
		if (err)
			return err;
	}
	return 0;
}

static int bad_acl(const struct gather *g, const char *kind, const char *why)
{
	return member_fail(g->member, -EINVAL, "malformed %s ACL: %s", kind, why);
}

/* The text of an ACL; a Solaris header's body begins with a number that tells its kind. */
static int read_acl_text(struct gather *g, const char *kind, struct text text, struct acl *access,
			 struct acl *dflt)
{
	if (memchr(text.bytes, 0, text.len)) /* LXD wrote the xattr's value */
		return member_unsupported(g->member, g->options,
					  "the %s ACL is binary: not supported, allowed is text",
					  kind);
	enum acl_result r = acl_from_text(text.bytes, text.len, access, dflt);
	if (r == ACL_MALFORMED)
		return bad_acl(g, kind,
			       "allowed are entries like user:NAME:rwx:ID, separated by commas");
	if (r == ACL_ID_TOO_LARGE)
		return bad_acl(g, kind, "an id is too large, allowed are 0 to 4294967294");
	if (r == ACL_OK)
		return 0;
	int err = member_unsupported_hint(
		g->member, g->options, HINT_ACL_NAMES,
		"the %s ACL has a name without a numeric id: not supported", kind);
	acl_free(access);
	acl_free(dflt);
	return err;
}

static int nfs4_acl(const struct gather *g)
{
	return member_unsupported(g->member, g->options,
				  "an NFSv4 ACL: not supported, allowed is POSIX");
}

static int read_solaris_acl(struct gather *g, struct acl *access, struct acl *dflt)
{
	struct text t = g->member->acl_solaris;
	size_t digits = strnlen(t.bytes, t.len);
	u32 kind = 0;
	for (size_t i = 0; i < digits; i++) {
		if (t.bytes[i] < '0' || t.bytes[i] > '7' || kind > 077777777)
			return bad_acl(g, "Solaris", "it does not begin with an octal number");
		kind = kind << 3 | (u32)(t.bytes[i] - '0');
	}
	if ((kind & ~0777777u) == 03000000)
		return nfs4_acl(g);
	if ((kind & ~0777777u) != 01000000 || digits >= t.len)
		return bad_acl(g, "Solaris", "its kind is unknown");
	t.bytes += digits + 1;
	t.len -= digits + 1;
	t.len = strnlen(t.bytes, t.len);
	return read_acl_text(g, "Solaris", t, access, dflt);
}

static int store_acl(struct gather *g, const char *name, const struct acl *acl)
{
	u8 *value = arena_alloc(g->arena, 4 + 8 * acl->nr);
	size_t len = acl_to_xattr(acl, value);
	return keep_xattr(g, text_of(name), (struct text){ (const char *)value, len });
}

/* @value: the xattr, which counts more than what the text gave in @acl */
static int finish_acl(struct gather *g, bool is_default, struct text value, struct acl *acl)
{
	const char *kind = is_default ? "default" : "access";
	u32 mode = g->member->mode;
	if (value.bytes && !acl_from_xattr(value.bytes, value.len, acl))
		return bad_acl(g, kind, "the xattr is not of version 2, or has an odd length");
	if (!acl->nr)
		return 0;
	if (is_default ? !S_ISDIR(mode) : S_ISLNK(mode))
		return member_unsupported(g->member, g->options,
					  "a%s ACL on what is %s: not supported",
					  is_default ? " default" : "n access",
					  is_default ? "no directory" : "a symbolic link");
	const char *why = acl_check(acl);
	if (why)
		return bad_acl(g, kind, why);
	if (is_default)
		return store_acl(g, XATTR_ACL_DEFAULT, acl);
	*g->mode = acl_apply_mode(acl, *g->mode);
	return acl_says_more(acl) ? store_acl(g, XATTR_ACL_ACCESS, acl) : 0;
}

static int add_acls(struct gather *g)
{
	const struct member *m = g->member;
	const bool no_access = is_unwanted(g->options, text_of(XATTR_ACL_ACCESS));
	const bool no_dflt = is_unwanted(g->options, text_of(XATTR_ACL_DEFAULT));
	struct acl access = { 0 }, dflt = { 0 };
	int err = 0;
	if (no_access && no_dflt)
		return 0;
	if (m->acl_nfs4.len)
		err = nfs4_acl(g);
	if (!err && m->acl_solaris.len)
		err = read_solaris_acl(g, &access, &dflt);
	/* text that a binary value overrides need not make sense here */
	if (!err && m->acl_access.len && !g->access.bytes)
		err = read_acl_text(g, "access", m->acl_access, &access, &dflt);
	if (!err && m->acl_default.len && !g->dflt.bytes)
		err = read_acl_text(g, "default", m->acl_default, &dflt, &dflt);
	if (!err && !no_access)
		err = finish_acl(g, false, g->access, &access);
	if (!err && !no_dflt)
		err = finish_acl(g, true, g->dflt, &dflt);
	acl_free(&access);
	acl_free(&dflt);
	return err;
}

int member_xattrs(const struct member *m, const struct reader_options *options, struct arena *arena,
		  struct xattr **xattrs, u32 *mode)
{
	struct gather g = {
		.member = m, .options = options, .arena = arena, .xattrs = xattrs, .mode = mode
	};
	if (options->no_xattrs)
		return 0;
	for (u32 form = PAX_XATTR_SELINUX; form <= PAX_XATTR_SCHILY; form <<= 1) {
		if (!(m->xattr_forms & form))
			continue;
		int err = add_records(&g, form);
		if (err)
			return err;
	}
	if (!g.access.bytes && !g.dflt.bytes && !m->acl_access.len && !m->acl_default.len &&
	    !m->acl_nfs4.len && !m->acl_solaris.len)
		return 0;
	return add_acls(&g);
}
