/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damaged filesystems, as btrfs2tar reads them: its whole way but for the command line.
 *
 * An input is two bytes of options and records of damage (specimen.h). By byte and bits:
 *   0: 0x1f the specimen, modulo their number; 0x60 the file of --cat, 0x80 none
 *   1: 0x03 subvolume: default, top level, 256, 257; 0x04 keep_times, 0x08 ignore_log, 0x10 two
 *      paths, 0x20 lines are short, 0x40 parents are not mended, 0x80 two
 *      threads
 */
#include "specimen.h"

#include "base/diag.h"
#include "base/mem.h"
#include "convert/export.h"
#include "convert/image_info.h"
#include "read/subvolume.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is written at most: a sparse file can have 8 EiB of zeros. */
#define OUTPUT_BYTES (4 << 20)

/* A failure is said once, in one line. */
static void must_be_said(int err)
{
	must(err <= 0 && fuzz_messages == (err ? 1 : 0));
	fuzz_messages = 0;
}

/* ---- output ------------------------------------------------------------------------ */

/* A file that has all the room it ever gets. */
static int new_output(void)
{
	int fd = memfd_create("output", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	must(fd >= 0 && !ftruncate(fd, OUTPUT_BYTES) && !fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	return fd;
}

/* Bytes written since the last call. */
static u64 rewind_output(int fd)
{
	const off_t bytes = lseek(fd, 0, SEEK_CUR);
	must(bytes >= 0 && !lseek(fd, 0, SEEK_SET));
	return (u64)bytes;
}

/* ---- one filesystem ---------------------------------------------------------------- */

struct read_run {
	struct filesystem *fs;
	struct export_options options;
	bool is_long;
};

static int choose_subvolume(struct read_run *run, u8 which)
{
	run->options.subvolume = (const u64[]){ 0, BTRFS_FS_TREE_OBJECTID, 256, 257 }[which & 3];
	return which & 3 ? 0 : subvolume_default(run->fs, &run->options.subvolume);
}

static int list(const struct read_run *run, int fd)
{
	int copy = dup(fd);
	FILE *out = fdopen(copy, "w");
	must(copy >= 0 && out);
	int err = export_list(run->fs, &run->options, run->is_long, out, "output");
	fclose(out);
	return err;
}

/* An archive of ours is in whole blocks, and ends with two of zeros. */
static void check_archive(int fd, u64 bytes)
{
	static const u8 zeros[1024];
	u8 end[sizeof(zeros)];
	must(bytes >= sizeof(end) && bytes % 512 == 0);
	must(pread(fd, end, sizeof(end), (off_t)(bytes - sizeof(end))) == sizeof(end));
	must(!memcmp(end, zeros, sizeof(end)));
}

static void cat(struct read_run *run, const char *path, int fd)
{
	run->options.paths = &path;
	run->options.nr_paths = 1;
	must_be_said(export_cat(run->fs, &run->options, fd, "output"));
	rewind_output(fd);
}

static void gather_info(struct read_run *run)
{
	struct image_info info;
	must_be_said(image_info_gather(run->fs, &info));
	image_info_release(&info);
}

static void export(struct read_run *run, int fd)
{
	gather_info(run);
	const int list_err = list(run, fd);
	must_be_said(list_err);
	rewind_output(fd);
	const int err = export_tar(run->fs, &run->options, fd, "output");
	must_be_said(err);
	/* What cannot be listed cannot be read. */
	must(err || !list_err);
	const u64 bytes = rewind_output(fd);
	if (!err)
		check_archive(fd, bytes);
}

static void read_filesystem(int image, u8 specimen, u8 options)
{
	static const char *const paths[] = { "a", "./many//001" };
	static const char *const files[] = { "a/text", "file", "many/009", "a/sparse" };
	static int output = -1;
	const struct filesystem_device devices[2] = { { image, "one" }, { image, "two" } };
	struct read_run run = { .is_long = !(options & 0x20) };
	if (output < 0)
		output = new_output();
	run.options.threads = options & 0x80 ? 2 : 1;
	run.options.keep_times = options & 4;
	run.options.paths = paths;
	run.options.nr_paths = options & 0x10 ? 2 : 0;
	fuzz_messages = 0;
	const s64 nr = filesystem_count_devices(&devices[0]);
	must_be_said(nr < 0 ? (int)nr : 0);
	if (nr < 1 || nr > 2)
		return;
	int err = filesystem_open(devices, (u32)nr, options & 8, &run.fs);
	if (!err)
		err = choose_subvolume(&run, options);
	must_be_said(err);
	if (!err)
		export(&run, output);
	if (!err && !(specimen & 0x80))
		cat(&run, files[specimen >> 5 & 3], output);
	filesystem_close(run.fs);
}

/* ---- inputs ------------------------------------------------------------------------ */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 options[SPECIMEN_OPTION_BYTES];
	diag_set_sink(fuzz_count_message);
	struct specimen *s = specimen_of_input(data, size, 0x1f, options);
	read_filesystem(s->fd, options[0], options[1]);
	specimen_restore(s);
	return 0;
}

#ifdef LIBFUZZER
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed)
{
	return specimen_mutate_input(data, size, max_size, seed);
}
#endif
