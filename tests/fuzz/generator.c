/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Archives from decisions. Each header has a right sum and most sizes are true, so that most
 * archives get far into the program; what stands in the fields is chosen from the borders of what
 * is allowed.
 */
#include "fuzz.h"

#define BLOCK 512u
#define PICK(d, list) ((list)[decide(d, sizeof(list) / sizeof(*(list)))])

struct out {
	u8 *bytes;
	size_t len, room;
	char last_file[8192]; /* the last regular file's path, or empty */
};

static void put(struct out *o, const void *data, size_t n)
{
	if (n > o->room - o->len)
		n = o->room - o->len;
	memcpy(o->bytes + o->len, data, n);
	o->len += n;
}

static void put_fill(struct out *o, u8 byte, size_t n)
{
	if (n > o->room - o->len)
		n = o->room - o->len;
	memset(o->bytes + o->len, byte, n);
	o->len += n;
}

static void pad(struct out *o, size_t to)
{
	put_fill(o, 0, (to - o->len % to) % to);
}

/* ---- values -------------------------------------------------------------------- */

static const char *const names[] = {
	"a",     "b",       "c",   "a/b", "b/a", "a/b/c",     "./a",
	"lib/x", "usr/lib", "lib", "/",   ".",   "d/d/d/d/d",
};
static const char *const nasty_names[] = {
	"", "..", "a/../b", "a//b/", "/a/", "\\\377\t", ".wh.a", "TRAILER!!!", "c/.", "a\nb",
};

/* Whiteouts of the names above. */
static const char *const layer_names[] = {
	".wh.a",          ".wh.b",
	".wh.c",          "a/.wh.b",
	".wh.lib",        "lib/.wh.x",
	"usr/.wh.lib",    ".wh..wh..opq",
	"a/.wh..wh..opq", "lib/.wh..wh..opq",
	".wh..wh.aufs",   "usr/lib/.wh..wh..opq",
};

/* None is the parent of another. */
static const char *const mild_names[] = { "f", "g", "h/f", "h/g", "./k", "usr/lib/x", "e/e/e/e/e" };

static size_t mild_path(struct decisions *d, char *out)
{
	u32 kind = decide(d, 32);
	if (kind < 16)
		return (size_t)sprintf(
			out, "%s", mild_names[decide(d, sizeof(mild_names) / sizeof(*mild_names))]);
	if (kind < 28)
		return (size_t)sprintf(out, "n%u", decide(d, 256));
	/* long: a name at the limit, or many components */
	size_t n = kind == 28 ? 253 + decide(d, 3) : 33 + 16u * decide(d, 240);
	for (size_t i = 0; i < n; i++)
		out[i] = kind == 31 && i % 2 ? '/' : (kind != 28 && i % 200 == 199) ? '/' : 'p';
	out[n - 1] = 'p';
	return n;
}

/* A path; @out has room for 8192 bytes. */
static size_t path(struct decisions *d, char *out)
{
	if (d->has_whiteouts && decide(d, 4) == 3)
		return (size_t)sprintf(out, "%s", PICK(d, layer_names));
	if (d->is_mild)
		return mild_path(d, out);
	u32 kind = decide(d, 32);
	if (kind < 26)
		return (size_t)sprintf(out, "%s", names[decide(d, sizeof(names) / sizeof(*names))]);
	if (kind < 28)
		return (size_t)sprintf(out, "n%u", decide(d, 256));
	if (kind == 28)
		return (size_t)sprintf(
			out, "%s",
			nasty_names[decide(d, sizeof(nasty_names) / sizeof(*nasty_names))]);
	/* long: a name at the limit, or many components */
	size_t n = kind == 29 ? 253 + decide(d, 4) : 1 + 16u * decide(d, 256);
	for (size_t i = 0; i < n; i++)
		out[i] = kind == 31 && i % 2 ? '/' : (kind == 30 && i % 200 == 199) ? '/' : 'p';
	return n;
}

static const char *const number_texts[] = {
	"0",
	"1",
	"-1",
	"511",
	"512",
	"4096",
	"131072",
	"131073",
	"4294967294",
	"4294967295",
	"4294967296",
	"9223372036854775807",
	"-9223372036854775808",
	"18446744073709551615",
	"99999999999999999999",
	"1.5",
	"-1.5",
	"-0.000000001",
	"1.9999999999",
	"0.1e5",
	"",
	" 1",
	"1 ",
	"+1",
	"0x10",
	"-",
	".",
	"1.",
};

static const char *number_text(struct decisions *d)
{
	return number_texts[decide(d, sizeof(number_texts) / sizeof(*number_texts))];
}

/* A number field of a tar header. */
static void number(struct decisions *d, u8 *field, size_t len, u64 value)
{
	if (!nasty(d, 64)) {
		/* AIX leaves a NUL where the field before is full */
		const size_t begin = rarely(d, 64);
		char text[32];
		snprintf(text, sizeof(text), "%0*llo", (int)(len - 1 - begin),
			 (unsigned long long)value);
		memcpy(field + begin, text,
		       strlen(text) < len - begin ? strlen(text) : len - begin);
		return;
	}
	memset(field, decide_byte(d), len);
	switch (decide(d, 6)) {
	case 0: /* base-256, positive or negative */
		field[0] = rarely(d, 2) ? 0xff : 0x80;
		break;
	case 1:
		memset(field, '7', len);
		break;
	case 2:
		memset(field, ' ', len);
		break;
	case 3:
		memset(field, 0, len);
		break;
	case 4:
		memcpy(field, "-1\0\0\0\0\0\0", 8);
		break;
	default:
		break;
	}
}

/* ---- tar ------------------------------------------------------------------------ */

struct header {
	const char *path, *link;
	size_t path_len, link_len;
	char type;
	u64 size;
};

static void tar_header(struct decisions *d, struct out *o, const struct header *h)
{
	u8 b[BLOCK] = { 0 };
	u32 style = decide(d, 8), sum = 0;

	memcpy(b, h->path, h->path_len < 100 ? h->path_len : 100);
	number(d, b + 100, 8, rarely(d, 8) ? 06777 : 0644);
	number(d, b + 108, 8, rarely(d, 4) ? 07777777 : 0);
	number(d, b + 116, 8, 5);
	number(d, b + 124, 12, h->size);
	number(d, b + 136, 12, 1000000000);
	b[156] = (u8)h->type;
	memcpy(b + 157, h->link, h->link_len < 100 ? h->link_len : 100);
	if (style == 7)
		memcpy(b + 257, "ustar  ", 8);
	else if (style)
		memcpy(b + 257, "ustar\00000", 8);
	if (h->type == '3' || h->type == '4') {
		number(d, b + 329, 8, decide_byte(d));
		number(d, b + 337, 8, decide_byte(d));
	}
	if (style == 6)
		memcpy(b + 345, "pre/fix", 7);
	if (nasty(d, 64))
		b[decide(d, 2) ? decide_byte(d) : 256 + decide_byte(d)] = decide_byte(d);
	memset(b + 148, ' ', 8);
	for (u32 i = 0; i < BLOCK; i++)
		sum += b[i];
	char text[8];
	snprintf(text, sizeof(text), "%06o", sum & 0777777);
	memcpy(b + 148, text, 7);
	put(o, b, sizeof(b));
}

struct records {
	char text[48u << 10];
	size_t len;
};

static void record(struct decisions *d, struct records *r, const char *key, const void *value,
		   size_t len)
{
	size_t body = 1 + strlen(key) + 1 + len + 1, total = body + 1;
	char digits[32];
	while ((size_t)snprintf(digits, sizeof(digits), "%zu", total) + body != total)
		total++;
	if (total + 64 > sizeof(r->text) - r->len)
		return;
	if (nasty(d, 200))
		total += decide(d, 3) - 1u;
	char *p = r->text + r->len;
	p += sprintf(p, "%zu %s=", total, key);
	memcpy(p, value, len);
	p[len] = '\n';
	r->len = (size_t)(p + len + 1 - r->text);
}

static const char *const acls[] = {
	"user::rwx,group::r-x,other::---",
	"user::rw-,user:bob:r--:1000,group::---,mask::rwx,other::--x",
	"user::rw-,user:bob:r--,group::---,mask::r--,other::---",
	"user::rw-,user:9:r--:1000,group::---,other::---",
	"default:user::rwx,default:group::r-x,default:other::---",
	"u::7,g::r,o::-",
	"mask:rwx",
	"owner@:rwx:allow",
	",,,",
	"user::rwx\ngroup::r-x\nother::r-x\nuser:5:rwx\nmask::r-x",
};

static const char *const xattr_keys[] = {
	"SCHILY.xattr.user.a",
	"SCHILY.xattr.user.b",
	"SCHILY.xattr.security.capability",
	"SCHILY.xattr.trusted.overlay.opaque",
	"SCHILY.xattr.system.posix_acl_access",
	"SCHILY.xattr.system.posix_acl_default",
	"LIBARCHIVE.xattr.user.a",
	"LIBARCHIVE.xattr.user.%41",
	"RHT.security.selinux",
	"SCHILY.xattr.user.",
	"SCHILY.xattr.",
	"SCHILY.xattr.foreign",
	"LIBARCHIVE.xattr.%4",
	"SCHILY.xattr.user.%3Da",
};

static const char *const text_keys[] = {
	"SCHILY.acl.access", "SCHILY.acl.default", "SCHILY.acl.ace", "SCHILY.fflags",
	"GNU.sparse.map",    "SUN.holesdata",      "comment",        "hdrcharset",
	"charset",           "GNU.sparse.name",
};

static const char *const number_keys[] = {
	"mtime",
	"atime",
	"ctime",
	"LIBARCHIVE.creationtime",
	"uid",
	"gid",
	"SCHILY.devmajor",
	"SCHILY.devminor",
	"SCHILY.realsize",
	"GNU.sparse.size",
	"GNU.sparse.realsize",
	"GNU.sparse.major",
	"GNU.sparse.minor",
	"GNU.sparse.numblocks",
	"GNU.sparse.offset",
	"GNU.sparse.numbytes",
	"SCHILY.nlink",
	"SCHILY.ino",
	"size",
};

static void xattr_record(struct decisions *d, struct records *r)
{
	static const u8 acl[] = { 2, 0, 0,   0,   1,   0,   6,  0, 255, 255, 255, 255, 4,   0,
				  4, 0, 255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255 };
	u8 value[20000];
	size_t len = decide(d, 64);
	const char *key = PICK(d, xattr_keys);
	if (rarely(d, 16))
		len = 78u * decide_byte(d);
	memset(value, 'v', len);
	for (size_t i = 0; i < len && i < 8; i++)
		value[i] = decide_byte(d);
	if (strstr(key, "posix_acl") && !rarely(d, 4)) {
		memcpy(value, acl, len = sizeof(acl));
		value[decide(d, sizeof(acl))] ^= decide_byte(d);
	}
	if (!strncmp(key, "LIBARCHIVE", 10) && !rarely(d, 4))
		memset(value, 'A', len = 4 * decide(d, 32));
	record(d, r, key, value, len);
}

static void mild_record(struct decisions *d, struct records *r)
{
	static const char *const numbers[] = { "mtime", "atime", "ctime",
					       "LIBARCHIVE.creationtime" };
	static const char *const ids[] = { "uid", "gid" };
	static const char *const values[] = { "0", "1", "65534", "4294967294" };
	static const char *const times[] = { "0", "-1.5", "1234567890.123456789", "-0.000000001",
					     "4294967296" };
	static const char *const keys[] = { "SCHILY.xattr.user.a", "SCHILY.xattr.user.b",
					    "SCHILY.xattr.trusted.c", "SCHILY.xattr.security.d" };
	const char *value;
	char text[8192];

	switch (decide(d, 4)) {
	case 0:
		record(d, r, "path", text, path(d, text));
		break;
	case 1:
		value = PICK(d, values);
		record(d, r, PICK(d, ids), value, strlen(value));
		break;
	case 2:
		value = PICK(d, times);
		record(d, r, PICK(d, numbers), value, strlen(value));
		break;
	default:
		memset(text, 'x', sizeof(text));
		text[0] = (char)decide_byte(d);
		record(d, r, PICK(d, keys), text, 15u * decide_byte(d));
		break;
	}
}

static void any_record(struct decisions *d, struct records *r)
{
	char text[8192];
	if (d->is_mild) {
		mild_record(d, r);
		return;
	}
	switch (decide(d, 8)) {
	case 0:
		record(d, r, "path", text, path(d, text));
		break;
	case 1:
		record(d, r, "linkpath", text, path(d, text));
		break;
	case 2:
		snprintf(text, sizeof(text), "%s", PICK(d, acls));
		record(d, r, PICK(d, text_keys), text, strlen(text));
		break;
	case 3: {
		const char *value = number_text(d);
		record(d, r, PICK(d, number_keys), value, strlen(value));
		break;
	}
	case 4: {
		const char *value = rarely(d, 8) ? number_text(d) : "1234567890.123456789";
		record(d, r, PICK(d, number_keys), value, strlen(value));
		break;
	}
	default:
		xattr_record(d, r);
		break;
	}
}

static void put_extension(struct decisions *d, struct out *o, char type, const void *body,
			  size_t len)
{
	tar_header(d, o,
		   &(struct header){
			   .path = "ext", .path_len = 3, .link = "", .type = type, .size = len });
	put(o, body, len);
	pad(o, BLOCK);
}

static void put_data(struct decisions *d, struct out *o, u64 n)
{
	static const u8 pattern[] = "the quick brown fox jumps over the lazy dog ";
	u32 kind = decide(d, 3);
	if (kind == 0) {
		put_fill(o, 0, n);
		return;
	}
	u32 x = 1 + decide_byte(d);
	for (u64 i = 0; i < n && o->len < o->room; i++) {
		x = x * 1664525u + 1013904223u;
		put_fill(o, kind == 1 ? pattern[i % (sizeof(pattern) - 1)] : (u8)(x >> 24), 1);
	}
}

static u64 data_size(struct decisions *d)
{
	static const u32 sizes[] = { 0,    1,    100,  2048,  2049,   4095,
				     4096, 4097, 8192, 12289, 131072, 140000 };
	return PICK(d, sizes);
}

/* A sparse file in pax form 1.0, 0.1 or 0.0, or in old GNU form. */
static void sparse_member(struct decisions *d, struct out *o, struct records *r)
{
	u64 offset[4] = { 0 }, bytes[4] = { 0 }, stored = 0, at = 0;
	u32 nr = decide(d, 4), form = decide(d, 3);
	char map[512] = "", text[96];
	for (u32 i = 0; i < nr; i++) {
		offset[i] = at + 4096u * decide(d, 40) + (rarely(d, 4) ? decide_byte(d) : 0);
		bytes[i] = rarely(d, 4) ? decide_byte(d) : 4096u * decide(d, 3);
		at = offset[i] + bytes[i];
		stored += bytes[i];
	}
	u64 real = at + 4096u * decide(d, 3);
	if (nasty(d, 16))
		real = UINT64_C(1) << (40 + decide(d, 24));
	for (u32 i = 0; i < nr; i++) {
		snprintf(text, sizeof(text), form == 0 ? "%llu\n%llu\n" : "%llu,%llu,",
			 (unsigned long long)offset[i], (unsigned long long)bytes[i]);
		strcat(map, text);
		if (form == 2) {
			snprintf(text, sizeof(text), "%llu", (unsigned long long)offset[i]);
			record(d, r, "GNU.sparse.offset", text, strlen(text));
			snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes[i]);
			record(d, r, "GNU.sparse.numbytes", text, strlen(text));
		}
	}
	snprintf(text, sizeof(text), "%llu", (unsigned long long)real);
	record(d, r, form ? "GNU.sparse.size" : "GNU.sparse.realsize", text, strlen(text));
	if (form == 0) {
		record(d, r, "GNU.sparse.major", "1", 1);
		record(d, r, "GNU.sparse.minor", "0", 1);
		snprintf(text, sizeof(text), "%u\n", nr);
		memmove(map + strlen(text), map, strlen(map) + 1);
		memcpy(map, text, strlen(text));
	} else {
		snprintf(text, sizeof(text), "%u", nr);
		record(d, r, "GNU.sparse.numblocks", text, strlen(text));
		if (form == 1 && *map)
			record(d, r, "GNU.sparse.map", map, strlen(map) - 1);
	}
	record(d, r, "GNU.sparse.name", "sparse", 6);
	put_extension(d, o, 'x', r->text, r->len);
	tar_header(d, o,
		   &(struct header){ .path = "s",
				     .path_len = 1,
				     .link = "",
				     .type = '0',
				     .size = stored + (form == 0 ? BLOCK : 0) });
	if (form == 0) {
		put(o, map, strlen(map));
		pad(o, BLOCK);
	}
	put_data(d, o, stored);
	pad(o, BLOCK);
}

/* A hard link to a file that is there, or a file. */
static void link_to_last(const struct out *o, struct header *h, char *target, size_t records)
{
	size_t len = strlen(o->last_file);
	if (records || !len || (len == h->path_len && !memcmp(o->last_file, h->path, len))) {
		h->type = '0';
		return;
	}
	memcpy(target, o->last_file, len + 1);
	h->link_len = len;
}

static void tar_member(struct decisions *d, struct out *o)
{
	static const char types[] = "000000055552221113467gLKSADMNVX\0";
	static struct records r;
	char name[8192], target[8192];
	struct header h = { .path = name, .link = target };

	r.len = 0;
	if (rarely(d, 3))
		for (u32 n = 1 + decide(d, 6); n; n--)
			any_record(d, &r);
	if (rarely(d, 12)) {
		sparse_member(d, o, &r);
		return;
	}
	h.path_len = path(d, name);
	h.link_len = path(d, target);
	h.type = nasty(d, 8) ? types[decide(d, sizeof(types) - 1)] : types[decide(d, 17)];
	if (d->is_mild && h.type == '1')
		link_to_last(o, &h, target, r.len);
	const bool has_no_data = strchr("123456", h.type);
	if (has_no_data && rarely(d, 16))
		record(d, &r, "size", "512", 3);
	if (r.len)
		put_extension(d, o, nasty(d, 16) ? 'g' : 'x', r.text, r.len);
	if (rarely(d, 64))
		put_extension(d, o, 'L', "replaced", 9);
	if (h.path_len > 100 || rarely(d, 64))
		put_extension(d, o, 'L', name, h.path_len + 1);
	if (h.link_len > 100)
		put_extension(d, o, 'K', target, h.link_len + 1);
	if (strchr("0\0007", h.type) || nasty(d, 50))
		h.size = data_size(d);
	if (h.type == '0' && !r.len)
		snprintf(o->last_file, sizeof(o->last_file), "%.*s", (int)h.path_len, name);
	u64 data = h.size;
	if (!h.size && has_no_data && rarely(d, 8))
		h.size = 256u * decide_byte(d); /* of the target, as old programs write it */
	else if (h.path_len && name[h.path_len - 1] == '/' && rarely(d, 2))
		data = 0; /* an old directory */
	tar_header(d, o, &h);
	put_data(d, o, data);
	pad(o, BLOCK);
}

static void make_tar(struct decisions *d, struct out *o)
{
	for (u32 n = decide(d, 24); n && d->left; n--)
		tar_member(d, o);
	if (!nasty(d, 32))
		put_fill(o, 0, BLOCK * (1u + decide(d, 3)));
	if (nasty(d, 32))
		put_data(d, o, 700);
}

/* ---- cpio ------------------------------------------------------------------------ */

static void cpio_member(struct decisions *d, struct out *o, u32 format, const char *name,
			size_t len, u32 mode, const char *body, size_t size)
{
	char head[128];
	u32 sum = 0, ino = d->is_mild ? (u32)o->len % 0777777 : decide(d, 4),
	    nlink = d->is_mild ? 1 : 1 + decide(d, 3), uid = rarely(d, 8) ? 0xfffffffeu : 0;
	u32 mtime = rarely(d, 4) ? 0xffffffffu : 1000000000u, rdev = decide_byte(d);
	for (size_t i = 0; i < size; i++)
		sum += (u8)body[i];
	if (format == 2)
		sprintf(head, "070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o", 1u, ino,
			mode & 0777777, uid & 0777777, 0u, nlink, rdev, mtime & 0x7fffffff,
			(u32)len + 1, (u32)size);
	else
		sprintf(head, "07070%c%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			format ? '2' : '1', ino, mode, uid, 0u, nlink, mtime, (u32)size, 8u, 1u,
			rdev, rdev, (u32)len + 1, format && !nasty(d, 32) ? sum : 0);
	size_t start = o->len;
	put(o, head, strlen(head));
	if (nasty(d, 64) && o->len > start)
		o->bytes[start + decide(d, (u32)strlen(head)) % (o->len - start)] = decide_byte(d);
	put(o, name, len);
	put_fill(o, 0, 1);
	if (format < 2)
		pad(o, 4);
	put(o, body, size);
	if (format < 2)
		pad(o, 4);
}

static void make_cpio(struct decisions *d, struct out *o)
{
	static const u32 modes[] = { 0100644, 0100755, 040755,  0120777, 020644,
				     060644,  010644,  0140644, 0700644, 0 };
	u32 format = decide(d, 3);
	char name[8192], body[8192];
	for (u32 n = decide(d, 24); n && d->left; n--) {
		u32 mode = d->is_mild ? modes[decide(d, 8)] : PICK(d, modes);
		size_t len = path(d, name), size = 0;
		if ((mode & 0170000) == 0120000)
			size = path(d, body);
		else if ((mode & 0170000) == 0100000)
			memset(body, decide_byte(d), size = data_size(d) % sizeof(body));
		cpio_member(d, o, format, name, len, mode, body, size);
	}
	if (!nasty(d, 32))
		cpio_member(d, o, format, "TRAILER!!!", 10, 0, "", 0);
	pad(o, 512);
	if (rarely(d, 8) && o->len < o->room / 2)
		make_cpio(d, o);
}

size_t generate_archive(struct decisions *d, u8 *out, size_t room)
{
	static struct out o;
	o = (struct out){ out, 0, room, "" };
	if (rarely(d, 4))
		make_cpio(d, &o);
	else
		make_tar(d, &o);
	return o.len;
}
