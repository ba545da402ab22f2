/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All are read beforehand: a wrong one is refused before any work, and the sandbox needs no right to
 * the directory. */
#include "input/signatures.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".p7s"
#define MAX_SIGNATURE (FSVERITY_MAX_DESCRIPTOR - (u32)sizeof(struct fsverity_descriptor))
#define HEX_DIGITS "0123456789abcdef"

struct signature {
	const char *hex; /* the digest */
	const u8 *bytes;
	u32 nr;
	bool is_used;
};

struct signatures {
	const char *dir;
	struct arena arena;
	struct signature *list; /* sorted by hex */
	size_t nr, capacity;
};

static int refuse(const struct signatures *s, const char *name, const char *found)
{
	char q[QUOTE_BYTES], q_name[QUOTE_BYTES];
	return fail(-EINVAL, "%s/%s: %s", quote(q, s->dir, strlen(s->dir)),
		    quote(q_name, name, strlen(name)), found);
}

/* Whether @nr bytes are a DER SEQUENCE and nothing else, as PKCS#7 is. */
static bool is_der_sequence(const u8 *bytes, u32 nr)
{
	u32 head = 2, length;
	if (nr < 4 || bytes[0] != 0x30)
		return false;
	length = bytes[1];
	if (length >= 0x80) {
		if (length == 0x81)
			length = bytes[2];
		else if (length == 0x82)
			length = (u32)bytes[2] << 8 | bytes[3];
		else
			return false;
		head += bytes[1] & 0x7f;
	}
	return nr == head + length;
}

/* Read the file @fd, called @name; closes @fd. */
static int read_signature(struct signatures *s, int fd, const char *name, size_t hex_len)
{
	char q[QUOTE_BYTES], q_name[QUOTE_BYTES];
	u8 bytes[MAX_SIGNATURE + 1] = { 0 };
	ssize_t nr = fd < 0 ? -errno : io_read_full(fd, bytes, sizeof(bytes));
	if (fd >= 0)
		close(fd);
	if (nr < 0) {
		errno = (int)-nr;
		return fail_errno("cannot read %s/%s", quote(q, s->dir, strlen(s->dir)),
				  quote(q_name, name, strlen(name)));
	}
	if ((u32)nr > MAX_SIGNATURE)
		return refuse(s, name, "more than the 16128 bytes that a signature may have");
	if (!is_der_sequence(bytes, (u32)nr))
		return refuse(s, name, "no PKCS#7 signature in DER");
	s->list = mem_grow(s->list, &s->capacity, s->nr + 1, sizeof(*s->list));
	char *hex = arena_alloc_unaligned(&s->arena, hex_len + 1);
	memcpy(hex, name, hex_len);
	s->list[s->nr++] = (struct signature){
		.hex = hex,
		.bytes = arena_memdup(&s->arena, bytes, (size_t)nr),
		.nr = (u32)nr,
	};
	return 0;
}

static int read_named(struct signatures *s, int dir_fd, const char *name)
{
	const size_t len = strlen(name), suffix = strlen(SUFFIX);
	if (len < suffix || strcmp(name + len - suffix, SUFFIX))
		return 0;
	const size_t digits = strspn(name, HEX_DIGITS);
	if (digits != len - suffix || (digits != 64 && digits != 128))
		return refuse(s, name,
			      "allowed: a digest of 64 or 128 lower case hex digits, "
			      "then " SUFFIX);
	/* A fifo must not block. */
	return read_signature(s, openat(dir_fd, name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC),
			      name, digits);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct signature *)a)->hex, ((const struct signature *)b)->hex);
}

static int read_directory(struct signatures *s, DIR *stream)
{
	char q[QUOTE_BYTES];
	int err = 0;
	while (!err) {
		errno = 0;
		const struct dirent *d = readdir(stream);
		if (d)
			err = read_named(s, dirfd(stream), d->d_name);
		else if (errno)
			err = fail_errno("cannot read the directory %s",
					 quote(q, s->dir, strlen(s->dir)));
		else
			break;
	}
	return err;
}

int signatures_read(const char *dir, struct signatures **signatures)
{
	char q[QUOTE_BYTES];
	struct signatures *s = xzalloc(sizeof(*s));
	s->dir = dir;
	DIR *stream = opendir(dir);
	int err = stream ? read_directory(s, stream)
			 : fail_errno("cannot open the directory %s", quote(q, dir, strlen(dir)));
	if (stream)
		closedir(stream);
	if (s->nr)
		qsort(s->list, s->nr, sizeof(*s->list), compare);
	if (err)
		signatures_free(s);
	else
		*signatures = s;
	return err;
}

struct verity_signature signatures_find(void *context, const char *text)
{
	struct signatures *s = context;
	const struct signature key = { .hex = strchr(text, ':') + 1 };
	struct signature *found =
		s->nr ? bsearch(&key, s->list, s->nr, sizeof(*s->list), compare) : NULL;
	if (!found)
		return (struct verity_signature){ .bytes = NULL };
	found->is_used = true;
	return (struct verity_signature){ found->bytes, found->nr };
}

void signatures_warn(const struct signatures *s)
{
	const struct signature *first = NULL;
	char q[QUOTE_BYTES];
	size_t nr = 0;
	for (size_t i = 0; s && i < s->nr; i++) {
		if (s->list[i].is_used)
			continue;
		first = first ? first : &s->list[i];
		nr++;
	}
	if (first)
		warning("%s: %zu of %zu signatures are of no file of the image, the first is "
			"%s" SUFFIX,
			quote(q, s->dir, strlen(s->dir)), nr, s->nr, first->hex);
}

void signatures_free(struct signatures *s)
{
	if (!s)
		return;
	arena_free(&s->arena);
	xfree(s->list);
	xfree(s);
}
