/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of tar headers. */
#include "tar_header.h"
#include "number.h"
#include "tar_parser.h"

#include <errno.h>

#define STAR_PREFIX_BYTES 131u

#define FIELD(name) offsetof(struct tar_header, name), sizeof(((struct tar_header *)0)->name)

bool tar_is_end(const u8 *block, size_t len)
{
	return len >= TAR_BLOCK && !block[0] && !memcmp(block, block + 1, TAR_BLOCK - 1);
}

static u32 sum_of_bytes(const u8 *block)
{
	u32 sum = 0;
	for (u32 begin = 0; begin < TAR_BLOCK; begin += 256) {
		/* 16 bits hold the sum of 256 bytes; the compiler adds many such numbers at once */
		u16 part = 0;
		for (u32 i = 0; i < 256; i++)
			part = (u16)(part + block[begin + i]);
		sum += part;
	}
	return sum;
}

bool tar_is_header(const u8 *block, size_t len)
{
	if (len < TAR_BLOCK)
		return false;
	const struct tar_header *h = (const struct tar_header *)block;
	s64 given;
	/* some programs leave digits of a longer sum behind the NUL */
	const size_t digits = strnlen((const char *)h->sum, sizeof(h->sum));
	if (h->sum[0] & 0x80 || !number_tar_field(h->sum, digits ? digits : sizeof(h->sum), &given))
		return false;
	/* The sum counts its own field as spaces. */
	u32 sum = sum_of_bytes(block), high = 0;
	for (u32 i = 0; i < sizeof(h->sum); i++)
		sum += ' ' - (u32)h->sum[i];
	if (given == (s64)sum)
		return true;
	/* Ancient programs summed signed bytes. */
	for (u32 i = 0; i < TAR_BLOCK; i++)
		high += block[i] >> 7;
	return given == (s64)sum - 256 * (s64)high;
}

bool tar_header_is_gnu(const struct tar_header *h)
{
	return !memcmp(h->magic, "ustar  ", sizeof(h->magic));
}

/* star's own format has times behind a shorter prefix, and a magic at the very end */
static bool is_star(const struct tar_header *h)
{
	return !memcmp(h->rest + 8, "tar", 4) && h->prefix[STAR_PREFIX_BYTES - 1] == 0;
}

size_t tar_header_path(const struct tar_header *h, char *out)
{
	size_t n = 0;
	if (!memcmp(h->magic, "ustar", 5) && !tar_header_is_gnu(h) && h->prefix[0]) {
		n = strnlen(h->prefix, is_star(h) ? STAR_PREFIX_BYTES : sizeof(h->prefix));
		memcpy(out, h->prefix, n);
		if (out[n - 1] != '/')
			out[n++] = '/';
	}
	size_t len = strnlen(h->name, sizeof(h->name));
	memcpy(out + n, h->name, len);
	return n + len;
}

u32 tar_header_type(const struct tar_header *h)
{
	switch (h->type) {
	case '\0':
	case '0':
	case '7': /* contiguous */
	case '1': /* a hard link, which may have a file's data */
	case 'S': /* GNU sparse */
		return S_IFREG;
	case '2':
		return S_IFLNK;
	case '3':
		return S_IFCHR;
	case '4':
		return S_IFBLK;
	case '5':
	case 'D': /* GNU incremental: a list of names as data */
		return S_IFDIR;
	case '6':
		return S_IFIFO;
	default:
		return 0;
	}
}

const char *tar_type_name(char type)
{
	switch (type) {
	case 'M':
		return "the rest of a file that began on another volume";
	case 'N':
		return "an old GNU list of long names";
	case 'E':
		return "Solaris extended attributes";
	case 'I':
		return "an inode without data";
	default:
		return "a member of unknown type";
	}
}

int tar_number(const struct tar_header *h, enum tar_field field, const struct member *m, s64 *value)
{
	static const struct {
		const char *name;
		u16 offset;
		u8 len;
		bool may_be_negative;
	} fields[] = {
		[TAR_MODE] = { "mode", FIELD(mode), false },
		[TAR_UID] = { "uid", FIELD(uid), true },
		[TAR_GID] = { "gid", FIELD(gid), true },
		[TAR_SIZE] = { "size", FIELD(size), false },
		[TAR_MTIME] = { "mtime", FIELD(mtime), true },
		[TAR_DEV_MAJOR] = { "devmajor", FIELD(dev_major), true },
		[TAR_DEV_MINOR] = { "devminor", FIELD(dev_minor), true },
		[TAR_GNU_REALSIZE] = { "realsize", 483, 12, false },
	};
	const u8 *bytes = (const u8 *)h + fields[field].offset;
	const size_t len = fields[field].len;
	s64 v;
	if (!number_tar_field(bytes, len, &v))
		return member_fail(m, -EINVAL,
				   "the %s field '%s' is no number, allowed are octal and base-256",
				   fields[field].name,
				   printable((struct text){ (const char *)bytes, len }).text);
	if (v < 0 && !fields[field].may_be_negative)
		return member_fail(m, -EINVAL, "the %s field is %lld, at least 0 is allowed",
				   fields[field].name, (long long)v);
	*value = v;
	return 0;
}
