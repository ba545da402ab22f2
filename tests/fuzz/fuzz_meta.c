/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decoders of pax records, xattrs, ACLs, numbers and encodings, each fed with any bytes. */
#include "fuzz.h"

#include "../../src/input/acl.h"
#include "../../src/input/member_attributes.h"
#include "../../src/input/number.h"
#include "../../src/input/pax.h"
#include "../../src/input/sparse.h"
#include "../../src/input/text_codes.h"

#include "base/diag.h"
#include "base/mem.h"
#include "disk/checksum.h"
#include "model/xattr.h"

/* An ACL that is good survives being written and read, and does not depend on its order. */
static void round_trip(struct acl *acl)
{
	struct acl again = { 0 };
	if (acl_check(acl))
		return;
	must(acl->nr >= 3 && acl->nr <= ACL_ENTRIES_MAX);
	u8 *value = xmalloc(4 + 8 * acl->nr);
	size_t len = acl_to_xattr(acl, value);
	must(len == 4 + 8 * acl->nr && acl_from_xattr(value, len, &again));
	must(!acl_check(&again) && again.nr == acl->nr);
	for (size_t i = 0; i < acl->nr; i++)
		must(acl->entries[i].tag == again.entries[i].tag &&
		     acl->entries[i].perm == again.entries[i].perm);
	must(acl_says_more(acl) == acl_says_more(&again));
	u32 mode = acl_apply_mode(acl, 0100000);
	must(mode == acl_apply_mode(&again, 0100777) && (mode & ~0777u) == 0100000);
	acl_free(&again);
	xfree(value);
}

static void acl_text(const u8 *data, size_t size)
{
	struct acl access = { 0 }, dflt = { 0 };
	if (acl_from_text((const char *)data, size, &access, &dflt) == ACL_OK) {
		round_trip(&access);
		round_trip(&dflt);
	}
	acl_free(&access);
	acl_free(&dflt);
}

static void acl_xattr(const u8 *data, size_t size)
{
	struct acl acl = { 0 };
	if (acl_from_xattr(data, size, &acl))
		round_trip(&acl);
	acl_free(&acl);
}

static void base64_encode(const u8 *data, size_t size, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	u32 bits = 0, nr = 0;
	for (size_t i = 0; i < size; i++) {
		bits = bits << 8 | data[i];
		for (nr += 8; nr >= 6; nr -= 6)
			*out++ = digits[bits >> (nr - 6) & 63];
	}
	if (nr)
		*out++ = digits[bits << (6 - nr) & 63];
	*out = 0;
}

/* What decodes is what its bytes encode to. */
static void codes(const u8 *data, size_t size)
{
	u8 *out = xmalloc(size + 1);
	size_t len;
	if (base64_decode((const char *)data, size, out, &len)) {
		char *text = xmalloc(len * 2 + 8);
		base64_encode(out, len, text);
		must(strlen(text) <= size && size <= strlen(text) + 2);
		must(!memcmp(text, data, strlen(text)));
		for (size_t i = strlen(text); i < size; i++)
			must(data[i] == '=');
		xfree(text);
	}
	if (url_decode((const char *)data, size, (char *)out, &len))
		must(len <= size);
	must(gnu_keyword_decode((const char *)data, size, (char *)out) <= size);
	xfree(out);
}

static void numbers(const u8 *data, size_t size)
{
	struct timestamp time;
	s64 value;
	u64 digits;
	if (size >= 8)
		number_tar_field(data, 8, &value);
	if (size >= 12)
		number_tar_field(data, 12, &value);
	if (number_digits(data, size, 10, &digits)) {
		char text[32];
		size_t zeros = 0;
		snprintf(text, sizeof(text), "%llu", (unsigned long long)digits);
		while (zeros + 1 < size && data[zeros] == '0')
			zeros++;
		must(size - zeros == strlen(text) && !memcmp(text, data + zeros, size - zeros));
	}
	number_digits(data, size, 16, &digits);
	if (number_time(data, size, &time))
		must(time.nsec < 1000000000);
}

/* Records of a member whose type the first byte decides. */
static void records(const u8 *data, size_t size)
{
	static const u32 modes[] = { S_IFREG | 0644, S_IFDIR | 0755, S_IFLNK | 0777,
				     S_IFIFO | 0600 };
	if (!size)
		return;
	struct reader_options options = { .nodesize = 4096, .skip_unsupported = data[0] & 4 };
	struct member m = { .mode = modes[data[0] & 3], .path = { "m", 1 } };
	struct pax pax = { 0 };
	struct arena arena = { 0 };
	struct xattr *xattrs = NULL;
	u32 mode = m.mode;

	m.records = (struct text){ (const char *)data + 1, size - 1 };
	int err = pax_read(m.records, data[0] & 8, &options, &pax, &m);
	m.xattr_forms = pax.xattr_forms;
	m.acl_access = pax.acl_access;
	m.acl_default = pax.acl_default;
	m.acl_nfs4 = pax.acl_nfs4;
	if (!err)
		err = member_xattrs(&m, &options, &arena, &xattrs, &mode);
	if (!err) {
		must((mode & S_IFMT) == (m.mode & S_IFMT));
		xattrs_sort(&xattrs);
		for (const struct xattr *x = xattrs; x && x->next; x = x->next)
			must(x->name_hash < x->next->name_hash ||
			     (x->name_hash == x->next->name_hash &&
			      (x->name_len != x->next->name_len ||
			       memcmp(x->bytes, x->next->bytes, x->name_len))));
	}
	xfree(m.map.segments);
	arena_free(&arena);
}

static void sparse_text(const u8 *data, size_t size)
{
	struct member m = { .path = { "m", 1 }, .size = INT64_MAX };
	if (!sparse_read_01((struct text){ (const char *)data, size }, &m)) {
		for (size_t i = 0; i < m.map.nr; i++)
			m.data_bytes += m.map.segments[i].bytes;
		sparse_check(&m);
	}
	xfree(m.map.segments);
}

static void no_message(enum diag_level level, const char *line, size_t len)
{
	(void)level;
	(void)line;
	(void)len;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const decoders[])(const u8 *, size_t) = { acl_text, acl_xattr, codes,
								numbers,  records,   sparse_text };
	must(checksum_init() == 0);
	diag_set_sink(no_message);
	if (size)
		decoders[data[0] % (sizeof(decoders) / sizeof(*decoders))](data + 1, size - 1);
	return 0;
}
