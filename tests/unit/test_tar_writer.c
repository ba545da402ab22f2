/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pax records at the borders of digits, and the map of a sparse file, read as the standards say. */
#include "../../src/tar/pax_records.h"

#include "base/io.h"
#include "base/mem.h"

#include "test.h"

#include <stdlib.h>

/* Whether the records' lengths lead from one to the next, up to the end; each ends with a newline. */
static bool lengths_are_right(const struct pax_records *r, size_t *nr)
{
	size_t at = 0;
	for (*nr = 0; at < r->len; ++*nr) {
		char *end;
		const size_t len = strtoul(r->bytes + at, &end, 10);
		if (*end != ' ' || !len || len > r->len - at || r->bytes[at + len - 1] != '\n')
			return false;
		at += len;
	}
	return at == r->len;
}

/* A path of any length: its record has 7 bytes beside the path and the digits of its length. */
static void test_lengths(void)
{
	struct pax_records r = { 0 };
	static char path[100100];
	memset(path, 'x', sizeof(path));
	static const size_t borders[] = { 1000, 10000, 100000 };
	for (size_t b = 0; b < 3; b++) {
		for (size_t len = borders[b] - 16; len < borders[b] + 4; len++) {
			const struct tar_member m = { .type = TAR_FILE,
						      .path = path,
						      .path_len = len };
			size_t nr = 0;
			pax_records_fill(&r, &m, 0);
			/* the shortest number that counts itself */
			const size_t rest = len + sizeof(" path=\n") - 1;
			size_t whole = rest + 1;
			for (size_t ten = 10; whole >= ten; ten *= 10)
				whole++;
			ok(lengths_are_right(&r, &nr) && nr == 1 && r.len == whole, "a path of %zu",
			   len);
		}
	}
	pax_records_release(&r);
}

static bool has(const struct pax_records *r, const char *text)
{
	return memmem(r->bytes, r->len, text, strlen(text));
}

static void test_attributes(void)
{
	struct pax_records r = { 0 };
	struct tar_xattr xattrs[90];
	static char value[128] = "\n=1 \n";
	const struct tar_times times = { { -2, 500000000 }, { 0, 0 }, { 1, 1 } };
	for (size_t i = 0; i < 90; i++)
		xattrs[i] = (struct tar_xattr){ "user.a=%", 8, value, 30 + i };
	const struct tar_member m = {
		.type = TAR_FILE,
		.path = "f",
		.path_len = 1,
		.times = &times,
		.xattrs = xattrs,
		.nr_xattrs = 90,
	};
	size_t nr = 0;
	pax_records_fill(&r, &m, 0);
	const bool are_right = lengths_are_right(&r, &nr);
	ok(are_right && nr == 93, "values of 30 to 119 bytes, with newlines: %zu records", nr);
	ok(r.len && memmem(r.bytes, r.len, "14 atime=-1.5\n", 14) == r.bytes, "before 1970");
	ok(has(&r, "\n11 ctime=0\n"), "no fraction");
	ok(has(&r, "\n39 LIBARCHIVE.creationtime=1.000000001\n"), "a nanosecond");
	ok(has(&r, "SCHILY.xattr.user.a%3D%25="), "a name is encoded");
	pax_records_release(&r);
}

/* A sparse file with places whose numbers have more and more digits; 1.0 has the map before the data. */
static int write_to_file(void *fd, const void *bytes, size_t len)
{
	return io_write_full(*(int *)fd, bytes, len);
}

static void test_map(void)
{
	enum {
		NR = 150
	};
	struct tar_map map = { 0 };
	u64 offset[NR], bytes[NR], at = 0;
	int fd = memfd_create("tar", MFD_CLOEXEC);
	struct tar_writer *w = tar_writer_new(write_to_file, &fd);
	static char text[1 << 16];
	for (u32 i = 0; i < NR; i++) {
		offset[i] = at + i * i + 9;
		bytes[i] = i % 12;
		at = offset[i] + bytes[i];
		tar_map_add(&map, offset[i], bytes[i]);
	}
	const struct tar_member m = {
		.type = TAR_FILE, .path = "f", .path_len = 1, .size = at, .map = &map
	};
	int err = tar_writer_member(w, &m);
	for (u32 i = 0; i < NR; i++)
		err |= tar_writer_place(w, offset[i], bytes[i]);
	for (u32 i = 0; i < NR; i++)
		err |= tar_writer_data(w, "dddddddddddd", (size_t)bytes[i]);
	err |= tar_writer_finish(w);
	tar_writer_free(w);
	const ssize_t len = pread(fd, text, sizeof(text), 0);
	ok(!err && len > 0 && len % 512 == 0, "%zd bytes of archive", len);
	/* a header and its records, one header, then the map */
	const size_t head = 3 * 512;
	const size_t stored = strtoul(text + 2 * 512 + 124, NULL, 8);
	char *p = text + head;
	u64 nr_good = 0, data = 0;
	ok(strtoull(p, &p, 10) == NR, "the number of places");
	for (u32 i = 0; i < NR; i++) {
		nr_good += strtoull(p, &p, 10) == offset[i] && *p == '\n';
		nr_good += strtoull(p, &p, 10) == bytes[i] && *p == '\n';
		data += bytes[i];
	}
	ok(nr_good == 2 * NR, "each place");
	const size_t map_bytes = align_up((size_t)(p + 1 - text) - head, 512);
	ok(stored == map_bytes + data, "size %zu: a map of %zu and %llu of data", stored, map_bytes,
	   (unsigned long long)data);
	ok(text[head + map_bytes] == 'd' && text[head + map_bytes + data - 1] == 'd' &&
		   !text[head + map_bytes + data] && !text[head + map_bytes - 1],
	   "data behind the map");
	close(fd);
}

int main(void)
{
	test_lengths();
	test_attributes();
	test_map();
	return done();
}
