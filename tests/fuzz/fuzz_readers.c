/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One archive, read by our reader from a file, by our reader in short reads from a pipe, and by
 * libarchive. Our reader finds the same both times. Where our reader and libarchive accept the
 * archive, all members are the same, except for the differences that are listed here.
 */
#include "found.h"

#include "../../src/input/number.h"
#include "../../src/input/pax.h"
#include "../../src/input/tar_header.h"
#include "base/diag.h"
#include "base/io.h"
#include "disk/checksum.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARCHIVE_BYTES (256u << 10)

/* The header of an input; all zero is an archive as it is, without options. */
#define IS_GENERATED 1u
#define IS_MILD 2u
#define SKIPS_UNSUPPORTED 4u
#define HEADER_BYTES 2u /* the second is the size of a short read, less 1 */

static void ignore_message(enum diag_level level, const char *line, size_t len)
{
	(void)level;
	(void)line;
	(void)len;
}

/* ---- where they may differ ------------------------------------------------------------------ */

#define PATH 0x01u
#define TYPE 0x02u
#define MODE 0x04u
#define SIZE 0x08u
#define OWNER 0x10u
#define LINK 0x20u
#define MODIFIED 0x40u
#define OTHER_TIMES 0x80u
#define DEVICE 0x100u
#define RANGES 0x200u
#define DATA 0x400u
#define ALL_FIELDS 0x7ffu
#define ALL_BEHIND 0x800u /* libarchive goes on elsewhere */

/* Which of the records, from 1 on, is the first or the last one of @name; 0: none. */
static u32 find_record(const struct found *f, const char *name, bool last)
{
	struct text rest = f->records, key, value;
	u32 found = 0;
	for (u32 nr = 1; pax_next(&rest, &key, &value) > 0 && (last || !found); nr++)
		if (text_equals(key, name))
			found = nr;
	return found;
}

static bool has_record(const struct found *f, const char *name)
{
	return find_record(f, name, false) != 0;
}

static bool has_empty_record(const struct found *f)
{
	struct text rest = f->records, key, value;
	while (pax_next(&rest, &key, &value) > 0)
		if (!value.len)
			return true;
	return false;
}

/* What both found of one member. */
struct pair {
	const struct found *ours, *theirs;
	const struct found *first; /* our members before it: from here up to @ours */
};

static bool is_left_out(const struct pair *p)
{
	return p->ours->is_left_out;
}

static bool has_acl(const struct pair *p)
{
	return p->ours->has_acl;
}

static bool has_globals(const struct pair *p)
{
	return p->ours->has_globals;
}

static bool has_gnu_times(const struct pair *p)
{
	return p->ours->header && tar_header_is_gnu((const struct tar_header *)p->ours->header) &&
	       !p->ours->times[ATIME].is_set && !p->ours->times[CTIME].is_set;
}

/* Where a sparse header of GNU tar has its map and the size of the file with its holes. */
static bool has_stray_map(const struct pair *p)
{
	const struct tar_header *h = (const struct tar_header *)p->ours->header;
	return h && tar_header_is_gnu(h) && h->type != 'S' &&
	       (p->ours->header[386] || p->ours->header[483]);
}

static bool has_emptied_value(const struct pair *p)
{
	return has_empty_record(p->ours);
}

static bool has_emptied_size(const struct pair *p)
{
	struct text rest = p->ours->records, key, value;
	while (pax_next(&rest, &key, &value) > 0)
		if (text_equals(key, "size") && !value.len)
			return true;
	return false;
}

/* As -1.5: second -2 and a half. */
static bool has_fraction_before_1970(const struct pair *p)
{
	for (u32 i = 0; i < NR_TIMES; i++)
		if (p->ours->times[i].time.sec < 0 && p->ours->times[i].time.nsec)
			return true;
	return false;
}

static bool has_earliest_time(const struct pair *p)
{
	for (u32 i = 0; i < NR_TIMES; i++)
		if (p->ours->times[i].time.sec == INT64_MIN)
			return true;
	return false;
}

static bool follows_label(const struct pair *p)
{
	return p->ours->follows_label;
}

static bool has_late_numblocks(const struct pair *p)
{
	const u32 offset = find_record(p->ours, "GNU.sparse.offset", false);
	return offset && find_record(p->ours, "GNU.sparse.numblocks", true) > offset;
}

static bool has_size_without_data(const struct pair *p)
{
	return has_record(p->ours, "size") && !S_ISREG(p->ours->mode);
}

/* A header follows: the link has no data. libarchive looks so in ustar only. */
static bool is_link_without_data(const struct pair *p)
{
	const struct tar_header *h = (const struct tar_header *)p->ours->header;
	return h && h->type == '1' && !p->ours->nr_ranges && p->theirs->nr_ranges;
}

static bool is_warned_directory(const struct pair *p)
{
	return p->theirs->is_warned && S_ISDIR(p->ours->mode) && S_ISREG(p->theirs->mode);
}

static bool has_two_paths(const struct pair *p)
{
	return p->ours->has_long_path &&
	       (has_record(p->ours, "path") || has_record(p->ours, "GNU.sparse.name"));
}

static bool is_directory_by_one_name(const struct pair *p)
{
	return has_two_paths(p) && S_ISDIR(p->ours->mode) != S_ISDIR(p->theirs->mode);
}

static bool has_two_targets(const struct pair *p)
{
	return p->ours->has_long_link && has_record(p->ours, "linkpath");
}

static bool has_forgotten_target(const struct pair *p)
{
	return p->ours->has_long_link && p->ours->records.len && !p->theirs->link.len;
}

static bool is_link_to_nothing(const struct pair *p)
{
	return p->ours->is_hard_link && !p->ours->link.len;
}

static bool has_target_in_pax_only(const struct pair *p)
{
	const struct tar_header *h = (const struct tar_header *)p->ours->header;
	return h && !h->link[0] && !p->ours->has_long_link && has_record(p->ours, "linkpath");
}

static bool is_sparse_with_slash(const struct pair *p)
{
	const struct tar_header *h = (const struct tar_header *)p->ours->header;
	const struct text path = p->ours->path;
	return h && h->type == 'S' && path.len && path.bytes[path.len - 1] == '/';
}

static bool has_data_of_no_file(const struct pair *p)
{
	const struct tar_header *h = (const struct tar_header *)p->ours->header;
	return (!h || h->type == 'D') && !S_ISREG(p->ours->mode) && !p->ours->nr_ranges;
}

static bool is_v7(const struct pair *p)
{
	const struct tar_header *h = (const struct tar_header *)p->ours->header;
	return h && memcmp(h->magic, "ustar", 5) != 0;
}

static bool begins_with_nul(const u8 *field, size_t len)
{
	s64 value;
	return !field[0] && number_tar_field(field, len, &value) && value;
}

static bool has_number_behind_nul(const struct pair *p)
{
	const struct tar_header *h = (const struct tar_header *)p->ours->header;
	return h && (begins_with_nul(h->mode, sizeof(h->mode)) ||
		     begins_with_nul(h->uid, sizeof(h->uid)) ||
		     begins_with_nul(h->gid, sizeof(h->gid)) ||
		     begins_with_nul(h->mtime, sizeof(h->mtime)) ||
		     begins_with_nul(h->dev_major, sizeof(h->dev_major)) ||
		     begins_with_nul(h->dev_minor, sizeof(h->dev_minor)));
}

static bool has_size_behind_nul(const struct pair *p)
{
	const struct tar_header *h = (const struct tar_header *)p->ours->header;
	return h && begins_with_nul(h->size, sizeof(h->size));
}

/* Names of one inode in cpio, to libarchive: of any type, and as many as nlink of the first says. */
static bool is_other_link(const struct pair *p)
{
	const u32 type = p->ours->mode & S_IFMT;
	u64 nr = 0, least = UINT64_MAX;
	bool is_other = type == S_IFDIR || type == S_IFLNK;
	for (const struct found *f = p->first; f < p->ours && !f->header; f++) {
		if (f->dev != p->ours->dev || f->ino != p->ours->ino || f->nlink < 2)
			continue;
		nr++;
		least = min_u64(least, f->nlink);
		is_other |= (f->mode & S_IFMT) != type;
	}
	return nr && (is_other || nr >= least);
}

static bool has_device_as_size(const struct pair *p)
{
	return !p->ours->header && (S_ISCHR(p->ours->mode) || S_ISBLK(p->ours->mode)) &&
	       p->theirs->dev_major == 0 && p->theirs->dev_minor == 1;
}

/* A difference that is expected is libarchive's doing, or a matter of taste. */
struct difference {
	u32 fields;
	bool (*is_expected)(const struct pair *pair);
	const char *reason;
};

static const struct difference differences[] = {
	{ TYPE | MODE | LINK | DEVICE | RANGES | DATA, is_left_out,
	  "libarchive makes a file of a member of unknown type" },
	{ MODE, has_acl, "libarchive sets mode bits by the ACL, we when the inode is made" },
	{ OWNER | MODIFIED | OTHER_TIMES, has_globals, "libarchive ignores global pax records" },
	{ OTHER_TIMES, has_gnu_times,
	  "GNU headers have times where ustar has a prefix: we ignore them" },
	{ SIZE | RANGES | DATA, has_stray_map,
	  "star has times where GNU tar has the map of a sparse file: what is no sparse file has "
	  "none" },
	{ SIZE | OWNER | MODIFIED | OTHER_TIMES | DEVICE, has_emptied_value,
	  "an empty pax record takes a value back (POSIX); libarchive reads 0" },
	{ RANGES | DATA | ALL_BEHIND, has_emptied_size,
	  "the same, and the data follow from the size" },
	{ MODIFIED | OTHER_TIMES, has_fraction_before_1970,
	  "libarchive adds the fraction to the second: -1.5 becomes -0.5, not so in GNU tar" },
	{ MODIFIED | OTHER_TIMES, has_earliest_time,
	  "-2^63 seconds in a pax record are one more to libarchive" },
	{ ALL_FIELDS | ALL_BEHIND, follows_label,
	  "special headers before a volume's label are the label's, so in GNU tar; libarchive gives "
	  "them to the member behind it" },
	{ RANGES | DATA | ALL_BEHIND, has_late_numblocks,
	  "libarchive forgets the pairs before GNU.sparse.numblocks" },
	{ RANGES | DATA | ALL_BEHIND, has_size_without_data,
	  "libarchive passes over data that the pax size of a member without data announces" },
	{ RANGES | DATA | ALL_BEHIND, is_link_without_data,
	  "behind a pax header, of whatever member, libarchive believes the size of a hard link" },
	{ TYPE | RANGES | DATA | ALL_BEHIND, is_warned_directory,
	  "a warning keeps libarchive from taking a name with a slash at its end for a directory" },
	{ PATH, has_two_paths, "of a GNU long name and a pax path we and GNU tar take the latter" },
	{ TYPE | SIZE | RANGES | DATA | ALL_BEHIND, is_directory_by_one_name,
	  "the same, where one of them ends in a slash" },
	{ LINK, has_two_targets, "the same, of link targets" },
	{ LINK, has_forgotten_target,
	  "a pax header makes libarchive forget a GNU long link target, not so GNU tar" },
	{ TYPE, is_link_to_nothing,
	  "a hard link without target is none to libarchive; the tree refuses it" },
	{ TYPE | LINK, has_target_in_pax_only,
	  "libarchive takes no linkpath if the header has no target, GNU tar does" },
	{ TYPE | SIZE | RANGES | DATA | ALL_BEHIND, is_sparse_with_slash,
	  "a slash makes no directory of an old sparse file" },
	{ RANGES | DATA, has_data_of_no_file,
	  "cpio, and GNU's list of a directory: data of what is no file: both pass over them, "
	  "libarchive shows them" },
	{ DEVICE | RANGES | DATA | ALL_BEHIND, has_device_as_size,
	  "HP-UX's cpio has the number of a device in place of a size, as GNU cpio knows" },
	{ DEVICE, is_v7,
	  "without a magic libarchive and GNU tar read no device numbers; we do, as the headers of V7 "
	  "descendants have them" },
	{ MODE | OWNER | MODIFIED | DEVICE, has_number_behind_nul,
	  "libarchive reads 0 from a number field that begins with a NUL, GNU tar the number" },
	{ SIZE | RANGES | DATA | ALL_BEHIND, has_size_behind_nul, "the same, of a size" },
	{ TYPE | LINK, is_other_link,
	  "which names of cpio are links: we go by type, too, and have no links of directories and "
	  "symlinks; libarchive forgets an inode when it saw as many names as it has links" },
};

static bool texts_differ(struct text a, struct text b)
{
	return a.len != b.len || (a.len && memcmp(a.bytes, b.bytes, a.len) != 0);
}

static bool times_differ(const struct member_time *a, const struct member_time *b)
{
	return a->is_set != b->is_set || a->time.sec != b->time.sec || a->time.nsec != b->time.nsec;
}

static u32 compare_members(const struct found *a, const struct found *b)
{
	u32 d = 0;
	if (texts_differ(a->path, b->path))
		d |= PATH;
	if (a->is_hard_link != b->is_hard_link ||
	    (!a->is_hard_link && (a->mode & S_IFMT) != (b->mode & S_IFMT)))
		d |= TYPE;
	if ((a->mode & 07777) != (b->mode & 07777))
		d |= MODE;
	if (S_ISREG(a->mode) && !a->is_hard_link && a->size != b->size)
		d |= SIZE;
	if (a->uid != b->uid || a->gid != b->gid)
		d |= OWNER;
	if (texts_differ(a->link, b->link))
		d |= LINK;
	for (u32 i = 0; i < NR_TIMES; i++)
		if (times_differ(&a->times[i], &b->times[i]))
			d |= i == MTIME ? MODIFIED : OTHER_TIMES;
	if ((S_ISCHR(a->mode) || S_ISBLK(a->mode)) &&
	    (a->dev_major != b->dev_major || a->dev_minor != b->dev_minor))
		d |= DEVICE;
	if (a->nr_ranges != b->nr_ranges ||
	    (a->nr_ranges && memcmp(a->ranges, b->ranges, a->nr_ranges * sizeof(*a->ranges)) != 0))
		d |= RANGES;
	if (memcmp(a->digest, b->digest, sizeof(a->digest)) != 0)
		d |= DATA;
	return d;
}

static void print_member(const char *who, const struct found *f)
{
	fprintf(stderr, "%s: '%s' -> '%s'%s mode %o size %llu owner %lld:%lld device %lld:%lld",
		who, printable(f->path).text, printable(f->link).text,
		f->is_hard_link ? " hard link" : "", f->mode, (unsigned long long)f->size,
		(long long)f->uid, (long long)f->gid, (long long)f->dev_major,
		(long long)f->dev_minor);
	for (u32 i = 0; i < NR_TIMES; i++)
		fprintf(stderr, " %lld.%09u%s", (long long)f->times[i].time.sec,
			f->times[i].time.nsec, f->times[i].is_set ? "" : "-");
	for (size_t i = 0; i < f->nr_ranges; i++)
		fprintf(stderr, " [%llu,%llu)", (unsigned long long)f->ranges[i].begin,
			(unsigned long long)f->ranges[i].end);
	fprintf(stderr, " data %02x%02x%s records '%s'\n", f->digest[0], f->digest[1],
		f->is_warned ? " (warned)" : "", printable(f->records).text);
}

static void compare(const struct found_list *ours, const struct found_list *theirs)
{
	for (size_t i = 0; i < ours->nr && i < theirs->nr; i++) {
		const struct found *a = &ours->members[i], *b = &theirs->members[i];
		const struct pair pair = { a, b, ours->members };
		u32 found = compare_members(a, b), listed = 0;
		for (size_t d = 0; d < sizeof(differences) / sizeof(*differences); d++)
			if (differences[d].is_expected(&pair))
				listed |= differences[d].fields;
		if (found & ~listed) {
			fprintf(stderr, "member %zu: fields %x differ\n", i, found & ~listed);
			print_member("ours", a);
			print_member("libarchive's", b);
		}
		must(!(found & ~listed));
		if (listed & ALL_BEHIND)
			return;
	}
	if (ours->nr != theirs->nr)
		fprintf(stderr, "%zu members are ours, %zu libarchive's\n", ours->nr, theirs->nr);
	must(ours->nr == theirs->nr);
}

/* ---- the three readers ------------------------------------------------------------------------ */

static int open_file(const struct fuzz_archive *input)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	must(fd >= 0 && !io_write_full(fd, input->data, input->size) && !lseek(fd, 0, SEEK_SET));
	return fd;
}

/* A pipe in packet mode: each read() gets what one write() put there. Returns -1 if the pipe is too
 * small. */
static int open_short_reads(const struct fuzz_archive *input)
{
	const size_t slots = 256, page = 4096;
	int ends[2];
	must(!pipe2(ends, O_CLOEXEC | O_DIRECT));
	bool fits = fcntl(ends[1], F_SETPIPE_SZ, (int)(slots * page)) >= 0;
	size_t at = 0;
	for (size_t nr = 0; fits && at < input->size; nr++) {
		const size_t want = nr < slots / 2 ? input->packet_bytes : page;
		const size_t n = min_u64(want, input->size - at);
		fits = nr < slots && write(ends[1], input->data + at, n) == (ssize_t)n;
		at += n;
	}
	close(ends[1]);
	if (fits)
		return ends[0];
	close(ends[0]);
	return -1;
}

static void read_in_short_reads(const struct fuzz_archive *input, const struct found_list *ours)
{
	struct found_list again = { .nr = 0 };
	u64 offset;
	const int fd = open_short_reads(input);
	if (fd < 0)
		return;
	our_read(input, fd, &again, &offset);
	close(fd);
	must(again.is_accepted == ours->is_accepted && again.nr == ours->nr);
	for (size_t i = 0; i < ours->nr; i++)
		must(!compare_members(&ours->members[i], &again.members[i]));
	found_list_free(&again);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 archive[ARCHIVE_BYTES];
	struct found_list ours = { .nr = 0 }, theirs = { .nr = 0 };
	u64 offset = 0;
	if (size < HEADER_BYTES)
		return 0;
	struct fuzz_archive input = { data + HEADER_BYTES, size - HEADER_BYTES,
				      data[0] & SKIPS_UNSUPPORTED, data[1] + 1u };
	if (data[0] & IS_GENERATED) {
		struct decisions d = { .bytes = input.data,
				       .left = input.size,
				       .is_mild = data[0] & IS_MILD };
		input.size = generate_archive(&d, archive, sizeof(archive));
		input.data = archive;
	}
	must(!checksum_init());
	diag_set_sink(ignore_message);
	const int fd = open_file(&input);
	const enum input_format format = our_read(&input, fd, &ours, &offset);
	close(fd);
	read_in_short_reads(&input, &ours);
	if (ours.is_accepted)
		libarchive_read(input.data + offset, input.size - offset, format, &theirs);
	if (theirs.is_accepted)
		compare(&ours, &theirs);
	found_list_free(&ours);
	found_list_free(&theirs);
	return 0;
}

#ifdef LIBFUZZER
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max_size);
	if (seed % 16 && size > HEADER_BYTES && !(data[0] & IS_GENERATED))
		fuzz_fix_sums(data + HEADER_BYTES, size - HEADER_BYTES);
	return size;
}
#endif
