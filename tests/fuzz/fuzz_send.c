/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Send streams of two trees: the old one and the update are the new one, as a whole stream of it
 * makes it.
 *
 * An input is a header (fuzz.h), changes, and records, one for each path below that the old tree
 * has. Byte 5 of the header is the number of changes, modulo 64. A change is three bytes: which
 * record, which byte of it, and its value in the new tree; for bytes that a record does not have,
 * the record that it swaps its place with.
 */
#include "fuzz.h"
#include "receiver.h"

#include "base/mem.h"
#include "disk/format.h"
#include "tar/tar_writer.h"

#define ARCHIVE_BYTES (8u << 20)
#define CHANGE_BYTES 3u

/* Parents come first. What is below a path that is no directory is left out. */
static const char *const paths[] = {
	"a",       "a/b",     "a/b/c", "a/b/d",    "a/b/d/e",  "a/f", "a/g",   "b",
	"b/b",     "b/c",     "b/d",   "b/d/e",    "c",        "c/a", "c/a/b", "c/a/b/c",
	"c/a/f",   "d",       "e",     "f",        "g",        "h",   "lib",   "lib/x",
	"lib/x/a", "lib/x/b", "lib/y", ".send0-1", ".send0-2", "z",
};
#define NR_PATHS (sizeof(paths) / sizeof(*paths))

/* Of each byte the low bits matter. */
struct record {
	u8 kind;    /* enum kind */
	u8 content; /* of a file: which bytes; of a link: its target; of a device: its number */
	u8 variant; /* of a file: which block is other than the content says, 0 for none */
	u8 blocks;  /* of a file: its size; 0xe0: which blocks are zeros */
	u8 mode;    /* 0x0f: permissions, 0x30: owner */
	u8 time;
	u8 xattrs; /* 0x01..0x08: which ones, 0x30: their values */
	u8 flags;
};
static_assert(sizeof(struct record) == 8, "record");

enum kind {
	ABSENT,
	FILE_OF_DATA,
	DIRECTORY,
	SYMLINK,
	HARD_LINK,
	DEVICE,
	FIFO,
	MORE_DATA
};

struct archive {
	u8 bytes[ARCHIVE_BYTES];
	size_t len;
};

static int take_bytes(void *context, const void *bytes, size_t len)
{
	struct archive *a = context;
	must(len <= ARCHIVE_BYTES - a->len);
	memcpy(a->bytes + a->len, bytes, len);
	a->len += len;
	return 0;
}

/* ---- members -------------------------------------------------------------------------- */

static u32 file_bytes(const struct record *r)
{
	static const u32 sizes[] = { 0,      1,      2000,   3000,   4096, 5000, 20480, 65536,
				     131072, 131073, 139264, 280000, 100,  8192, 9000,  24000 };
	return sizes[r->blocks & 15];
}

static void fill_block(const struct record *r, u32 nr, u8 *block)
{
	u32 x = (r->content & 7u) * 1000 + nr % 40 +
		(r->variant && nr == (r->variant & 63u) ? 99 : 0);
	const bool is_noise = r->content & 8;
	const u32 zeros = r->blocks >> 5;
	for (u32 i = 0; i < BTRFS_SECTORSIZE; i++) {
		x = x * 1664525u + 1013904223u;
		block[i] = is_noise || i < 8 ? (u8)(x >> 24) : (u8)(i / 64);
	}
	if (zeros && (nr >> (zeros & 3)) % 2)
		memset(block, 0, BTRFS_SECTORSIZE);
}

static void add_data(struct tar_writer *w, const struct record *r)
{
	u8 block[BTRFS_SECTORSIZE];
	for (u32 at = 0, nr = 0, n; at < file_bytes(r); at += n, nr++) {
		n = (u32)min_u64(BTRFS_SECTORSIZE, file_bytes(r) - at);
		fill_block(r, nr, block);
		must(!tar_writer_data(w, block, n));
	}
}

static void set_xattrs(struct tar_member *m, const struct record *r, struct tar_xattr *list)
{
	static const char values[] = "abcd";
	static u8 capability[20] = { 1, 0, 0, 2 };
	static const char *const acls[] = {
		"user::rwx,user:1000:r-x,group::r-x,mask::r-x,other::r-x",
		"user::rw-,user:7:rw-,group::r--,mask::rw-,other::---",
	};
	const bool is_file = m->type == TAR_FILE, is_dir = m->type == TAR_DIRECTORY;
	m->xattrs = list;
	if (r->xattrs & 1 && (is_file || is_dir))
		list[m->nr_xattrs++] =
			(struct tar_xattr){ "user.a", 6, values + (r->xattrs >> 4 & 3), 1 };
	capability[4] = r->xattrs >> 4 & 3;
	if (r->xattrs & 2 && is_file)
		list[m->nr_xattrs++] = (struct tar_xattr){ "security.capability", 19, capability,
							   sizeof(capability) };
	if (r->xattrs & 4 && (is_file || is_dir))
		m->acl_access = acls[r->xattrs >> 4 & 1];
	if (r->xattrs & 8 && is_dir)
		m->acl_default = acls[r->xattrs >> 5 & 1];
	m->acl_access_len = m->acl_access ? strlen(m->acl_access) : 0;
	m->acl_default_len = m->acl_default ? strlen(m->acl_default) : 0;
}

static const u8 types[] = {
	[FILE_OF_DATA] = TAR_FILE,   [DIRECTORY] = TAR_DIRECTORY, [SYMLINK] = TAR_SYMLINK,
	[HARD_LINK] = TAR_HARD_LINK, [DEVICE] = TAR_CHAR,         [FIFO] = TAR_FIFO,
	[MORE_DATA] = TAR_FILE,
};

static void add_member(struct tar_writer *w, const char *path, const struct record *r,
		       const char *link)
{
	static const u32 modes[] = { 0644, 0755, 04755, 02775, 01777, 0, 0600, 06711 };
	struct tar_xattr list[2];
	struct tar_member m = { .type = types[r->kind & 7],
				.path = path,
				.path_len = strlen(path) };
	m.mode = modes[r->mode & 7];
	m.uid = r->mode >> 4 & 1;
	m.gid = r->mode >> 5 & 1;
	m.mtime = (struct timestamp){ r->time & 15, r->time >> 4 };
	m.flags = r->flags & 1 ? BTRFS_INODE_NOATIME : 0;
	if (m.type == TAR_FILE)
		m.size = file_bytes(r);
	if (m.type == TAR_CHAR)
		m.dev_major = r->content;
	m.link = link;
	m.link_len = link ? strlen(link) : 0;
	set_xattrs(&m, r, list);
	must(!tar_writer_member(w, &m));
	if (m.type == TAR_FILE)
		add_data(w, r);
}

/* ---- trees ---------------------------------------------------------------------------- */

/* Which kind the path has in the archive: one whose parent is no directory has none. */
static enum kind kind_at(const struct record *records, size_t i)
{
	const char *slash = strrchr(paths[i], '/');
	for (size_t k = 0; slash && k < i; k++)
		if (strlen(paths[k]) == (size_t)(slash - paths[i]) &&
		    !strncmp(paths[k], paths[i], strlen(paths[k])))
			return kind_at(records, k) == DIRECTORY ? records[i].kind & 7 : ABSENT;
	return records[i].kind & 7;
}

/* A file that comes before the path, or NULL. */
static const char *find_target(const struct record *records, size_t i)
{
	for (size_t n = 0; n < i; n++) {
		const size_t k = (records[i].content + n) % i;
		const enum kind kind = kind_at(records, k);
		if (kind == FILE_OF_DATA || kind == MORE_DATA)
			return paths[k];
	}
	return NULL;
}

static void write_archive(const struct record *records, struct archive *archive)
{
	static const char *const targets[] = { "x", "y", "a/b", "../z" };
	struct tar_writer *w = tar_writer_new(take_bytes, archive);
	char directory[32];
	archive->len = 0;
	for (size_t i = 0; i < NR_PATHS; i++) {
		const struct record *r = &records[i];
		const enum kind kind = kind_at(records, i);
		const char *link = kind == HARD_LINK ? find_target(records, i)
				   : kind == SYMLINK ? targets[r->content & 3]
						     : NULL;
		snprintf(directory, sizeof(directory), "%s/", paths[i]);
		if (kind != ABSENT && (kind != HARD_LINK || link))
			add_member(w, kind == DIRECTORY ? directory : paths[i], r, link);
	}
	must(!tar_writer_finish(w));
	tar_writer_free(w);
}

static void change(struct record *records, const u8 *data, u32 nr)
{
	for (; nr--; data += CHANGE_BYTES) {
		struct record *r = &records[data[0] % NR_PATHS];
		struct record *other = &records[data[2] % NR_PATHS], old = *r;
		if (data[1] % 16 < sizeof(*r)) {
			((u8 *)r)[data[1] % 16] = data[2];
		} else {
			*r = *other;
			*other = old;
		}
	}
}

/* ---- streams --------------------------------------------------------------------------- */

static struct fuzz_run run_of(const u8 header[FUZZ_HEADER_BYTES], const struct archive *archive)
{
	struct fuzz_run run = { .inputs = { { archive->bytes, archive->len } }, .nr = 1 };
	memcpy(run.header, header, FUZZ_HEADER_BYTES);
	run.header[3] &= (u8)~3u; /* no layers */
	return run;
}

/* Nothing that commands do besides what they are for may be left. */
static void take(struct receiver *r, struct fuzz_stream stream)
{
	receiver_take(r, stream.bytes, stream.len);
	must(receiver_is_settled(r));
}

static void compare(const struct fuzz_run *old, const struct fuzz_run *new, u32 version)
{
	struct fuzz_stream from = fuzz_make_stream(old, NULL, version);
	struct fuzz_stream to = fuzz_make_stream(new, NULL, version);
	struct fuzz_stream update = { NULL, 0 };
	struct receiver *r = receiver_new(), *wanted = receiver_new();
	if (from.bytes && to.bytes)
		update = fuzz_make_stream(new, old, version);
	if (update.bytes) {
		take(r, from);
		take(wanted, to);
		take(r, update);
		must(receivers_equal(r, wanted));
	}
	receiver_free(r);
	receiver_free(wanted);
	xfree(from.bytes);
	xfree(to.bytes);
	xfree(update.bytes);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct archive old_archive, new_archive;
	struct record records[NR_PATHS] = { 0 };
	struct fuzz_run run = { .nr = 0 };
	fuzz_take_header(&run, &data, &size);
	const u32 nr = (u32)min_u64(run.header[5] % 64, size / CHANGE_BYTES);
	const size_t left = size - nr * CHANGE_BYTES;
	if (left)
		memcpy(records, data + nr * CHANGE_BYTES, min_u64(left, sizeof(records)));
	write_archive(records, &old_archive);
	change(records, data, nr);
	write_archive(records, &new_archive);
	const struct fuzz_run old = run_of(run.header, &old_archive);
	const struct fuzz_run new = run_of(run.header, &new_archive);
	compare(&old, &new, run.header[4] & 0x20 ? 1 : 2);
	return 0;
}
