/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "specimen.h"

#include "base/io.h"
#include "base/mem.h"
#include "disk/checksum.h"
#include "tar/tar_writer.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Options of fuzz.h: node size, codec, checksum, DUP, subvolumes, fs-verity. */
static const u8 headers[NR_SPECIMENS][FUZZ_HEADER_BYTES] = {
	/* 4 KiB, zstd, crc32c */
	{ 0x09, 0x40, 0x40 },
	/* 4 KiB, none, crc32c, DUP, both subvolumes */
	{ 0x19, 0x01, 0x40, 0x18 },
	/* 16 KiB, zlib, xxhash, no block group tree */
	{ 0x48, 0x02, 0x44 },
	/* 4 KiB, lzo, sha256, not a seed, a subvolume */
	{ 0x89, 0x03, 0x48, 0x08 },
	/* 64 KiB, none, blake2, everything that may be inline, DUP */
	{ 0x1a, 0x21, 0x4c },
	/* 4 KiB, zstd, tails in packs */
	{ 0x09, 0x10, 0x41 },
	/* 4 KiB, zstd, fs-verity */
	{ 0x09, 0x40, 0x40, 0x00, 0x40 },
	/* 16 KiB, none, fs-verity with SHA-512 and a salt */
	{ 0x08, 0x01, 0x40, 0x00, 0x80 },
};

/* ---- the archive ------------------------------------------------------------------- */

static void fill(u8 *data, size_t bytes, bool is_noise)
{
	static const char text[] =
		"what is the case, the fact, is the existence of states of affairs ";
	u32 x = 1;
	for (size_t i = 0; i < bytes; i++) {
		x = x * 1664525u + 1013904223u;
		data[i] = is_noise ? (u8)(x >> 24) : (u8)text[(i + i / 5000) % (sizeof(text) - 1)];
	}
}

static struct tar_member member_of(enum tar_type type, const char *path)
{
	return (struct tar_member){ .type = type,
				    .path = path,
				    .path_len = strlen(path),
				    .mode = type == TAR_DIRECTORY ? 0755 : 04640,
				    .uid = 7,
				    .gid = 70000,
				    .mtime = { .sec = -2, .nsec = 5 } };
}

static void add(struct tar_writer *w, struct tar_member m, const char *link)
{
	if (link) {
		m.link = link;
		m.link_len = strlen(link);
	}
	must(!tar_writer_member(w, &m));
}

static void add_file(struct tar_writer *w, struct tar_member m, u32 bytes, bool is_noise)
{
	static u8 data[140000];
	must(bytes <= sizeof(data));
	m.size = bytes;
	fill(data, bytes, is_noise);
	must(!tar_writer_member(w, &m) && (!bytes || !tar_writer_data(w, data, bytes)));
}

static void add_sparse(struct tar_writer *w)
{
	static const u64 places[] = { 4096, 200000, 500000 };
	static u8 data[8192];
	struct tar_member m = member_of(TAR_FILE, "a/sparse");
	struct tar_map map = { 0 };
	for (u32 i = 0; i < 3; i++)
		tar_map_add(&map, places[i], sizeof(data));
	tar_map_add(&map, 600000, 0);
	m.map = &map;
	m.size = 600000;
	fill(data, sizeof(data), false);
	must(!tar_writer_member(w, &m));
	for (u32 i = 0; i < 3; i++)
		must(!tar_writer_place(w, places[i], sizeof(data)));
	must(!tar_writer_place(w, 600000, 0));
	must(!tar_writer_data(w, data, sizeof(data)));
	must(!tar_writer_data(w, data, sizeof(data)));
	must(!tar_writer_data(w, data, sizeof(data)));
}

static void add_with_xattrs(struct tar_writer *w)
{
	static u8 value[1500];
	const struct tar_xattr xattrs[] = {
		{ "user.a", 6, "x", 1 },
		{ "user.long", 9, value, sizeof(value) },
		{ "security.capability", 19, value, 20 },
		{ "user.empty=", 11, "", 0 },
	};
	struct tar_member m = member_of(TAR_FILE, "a/xattrs");
	m.xattrs = xattrs;
	m.nr_xattrs = 4;
	m.flags = BTRFS_INODE_NODUMP | BTRFS_INODE_NOATIME;
	m.acl_access = "user::rwx,user:1000:r-x,group::r-x,mask::rwx,other::r-x";
	m.acl_access_len = strlen(m.acl_access);
	add_file(w, m, 100, false);
}

static void add_special(struct tar_writer *w)
{
	struct tar_member null = member_of(TAR_CHAR, "a/null");
	null.dev_major = 1;
	null.dev_minor = 3;
	add(w, null, NULL);
	add(w, member_of(TAR_FIFO, "a/fifo"), NULL);
	add(w, member_of(TAR_SYMLINK, "a/link"), "some/target");
	add(w, member_of(TAR_HARD_LINK, "a/hard"), "a/text");
	add(w, member_of(TAR_HARD_LINK, "a/b/hard"), "a/text");
}

static int write_to_file(void *fd, const void *bytes, size_t len)
{
	return io_write_full(*(int *)fd, bytes, len);
}

static void write_archive(int fd)
{
	struct tar_writer *w = tar_writer_new(write_to_file, &fd);
	char name[300];
	add(w, member_of(TAR_DIRECTORY, "a/"), NULL);
	add_file(w, member_of(TAR_FILE, "a/text"), 140000, false);
	add_file(w, member_of(TAR_FILE, "a/again"), 140000, false);
	add_file(w, member_of(TAR_FILE, "a/noise"), 20000, true);
	add_file(w, member_of(TAR_FILE, "a/inline"), 100, true);
	add_file(w, member_of(TAR_FILE, "a/packed-inline"), 2000, false);
	add_file(w, member_of(TAR_FILE, "lib/x/file"), 5000, false);
	add_file(w, member_of(TAR_FILE, "a/b/c/d/e/file"), 0, false);
	add_sparse(w);
	add_with_xattrs(w);
	for (u32 i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "many/%0*u", i % 8 ? 3 : 180, i);
		add_file(w, member_of(TAR_FILE, name), 150 * i, i % 3 == 0);
	}
	add_special(w);
	must(!tar_writer_finish(w));
	tar_writer_free(w);
}

/* ---- the image --------------------------------------------------------------------- */

int specimen_archive(void)
{
	const int fd = memfd_create("archive", MFD_CLOEXEC);
	must(fd >= 0);
	write_archive(fd);
	must(!lseek(fd, 0, SEEK_SET));
	return fd;
}

static int make_image(const u8 *header)
{
	const int fd = specimen_archive();
	struct fuzz_run run = { .nr = 1 };
	const off_t bytes = lseek(fd, 0, SEEK_END);
	u8 *archive = mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	must(archive != MAP_FAILED);
	memcpy(run.header, header, FUZZ_HEADER_BYTES);
	run.inputs[0] = (struct fuzz_input){ archive, (size_t)bytes };
	int image = fuzz_make_image(&run);
	munmap(archive, (size_t)bytes);
	close(fd);
	return image;
}

static bool is_tree_block(const struct specimen *s, const struct btrfs_super_block *super, u64 at)
{
	const struct btrfs_header *h = (const void *)(s->good + at);
	return from_le64(h->bytenr) == at && !memcmp(h->fsid, super->fsid, sizeof(h->fsid)) &&
	       from_le64(h->flags) & BTRFS_HEADER_FLAG_WRITTEN;
}

static void find_blocks(struct specimen *s)
{
	const struct btrfs_super_block *super = (const void *)(s->good + BTRFS_SUPER_INFO_OFFSET);
	size_t capacity = 0;
	s->nodesize = from_le32(super->nodesize);
	s->csum = (enum btrfs_csum_type)from_le16(super->csum_type);
	for (u64 at = BTRFS_DEVICE_RANGE_RESERVED; at + s->nodesize <= s->bytes;
	     at += BTRFS_SECTORSIZE) {
		if (!is_tree_block(s, super, at))
			continue;
		s->blocks = mem_grow(s->blocks, &capacity, s->nr_blocks + 1, sizeof(*s->blocks));
		s->blocks[s->nr_blocks++] = at;
	}
	must(s->nr_blocks);
}

/* The checksum tree's first key has the address of the first sector. */
static void find_data(struct specimen *s)
{
	s->data = s->bytes;
	for (u32 i = 0; i < s->nr_blocks; i++) {
		const struct btrfs_header *h = (const void *)(s->good + s->blocks[i]);
		const struct btrfs_item *item = (const void *)(h + 1);
		if (from_le64(h->owner) == BTRFS_CSUM_TREE_OBJECTID && !h->level)
			s->data = min_u64(s->data, from_le64(item->key.offset));
	}
	must(s->data < s->bytes);
}

struct specimen *specimen_get(u32 nr)
{
	static struct specimen all[NR_SPECIMENS];
	struct specimen *s = &all[nr];
	struct stat st;
	if (s->image)
		return s;
	s->fd = make_image(headers[nr]);
	must(!fstat(s->fd, &st));
	s->bytes = (u64)st.st_size;
	s->image = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	must(s->image != MAP_FAILED);
	s->good = xmalloc(s->bytes);
	memcpy(s->good, s->image, s->bytes);
	find_blocks(s);
	find_data(s);
	return s;
}

/* ---- inputs ------------------------------------------------------------------------ */

#define MAX_DAMAGE 64

struct specimen *specimen_of_input(const u8 *data, size_t size, u8 number_mask,
				   u8 options[SPECIMEN_OPTION_BYTES])
{
	static struct damage records[MAX_DAMAGE];
	const size_t head = min_u64(size, SPECIMEN_OPTION_BYTES);
	memset(options, 0, SPECIMEN_OPTION_BYTES);
	memcpy(options, data, head);
	const size_t bytes = min_u64(size - head, sizeof(records));
	memcpy(records, data + head, bytes);
	struct specimen *s = specimen_get((options[0] & number_mask) % NR_SPECIMENS);
	specimen_damage(s, records, (u32)(bytes / sizeof(*records)), !(options[1] & 0x40));
	return s;
}

#ifdef LIBFUZZER
size_t specimen_mutate_input(u8 *data, size_t size, size_t max_size, unsigned seed)
{
	struct damage records[MAX_DAMAGE];
	const size_t head = SPECIMEN_OPTION_BYTES;
	if (size < head + sizeof(*records) || seed % 8 == 0)
		size = LLVMFuzzerMutate(data, size, max_size);
	if (size < head)
		return size;
	const u32 max = (u32)min_u64((max_size - head) / sizeof(*records), MAX_DAMAGE);
	u32 nr = (u32)min_u64((size - head) / sizeof(*records), max);
	memcpy(records, data + head, nr * sizeof(*records));
	nr = damage_shuffle(records, nr, max, seed);
	memcpy(data + head, records, nr * sizeof(*records));
	return head + nr * sizeof(*records);
}
#endif
