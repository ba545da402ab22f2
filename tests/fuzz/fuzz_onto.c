/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sprouts of damaged seeds, and updates on them.
 *
 * An input is two bytes of options and records of damage (specimen.h). By byte and bits:
 *   0: the specimen, modulo their number
 *   1: 0x40 parents are not mended, 0x80 an update, by the archive that the seed was made of,
 *      0x01 whose files are stored in another way, 0x02 which is writable
 */
#include "specimen.h"

#include "base/diag.h"
#include "convert/convert.h"
#include "disk/codec.h"
#include "disk/super_mirror.h"
#include "onto/sprout.h"

#include <sys/mman.h>
#include <unistd.h>

#define SPROUT_BYTES (1ull << 30)

/* The sprout's superblock and its mirror are where they belong. */
static void check_sprout(int fd)
{
	static const off_t places[] = { BTRFS_SUPER_INFO_OFFSET, BTRFS_SUPER_MIRROR_1 };
	struct btrfs_super_block super;
	must(lseek(fd, 0, SEEK_END) == SPROUT_BYTES);
	for (size_t i = 0; i < 2; i++) {
		must(pread(fd, &super, sizeof(super), places[i]) == sizeof(super));
		must(from_le64(super.bytenr) == (u64)places[i]);
	}
}

static void make_sprout(int seed_fd)
{
	static const struct image_options image = { .size_bytes = SPROUT_BYTES };
	const struct sprout_options options = { .image = &image, .name = "" };
	const struct filesystem_device seed = { seed_fd, "seed" };
	const int fd = memfd_create("sprout", MFD_CLOEXEC);
	const struct image_output output = { .fd = fd, .sparse = true, .seekable = true };
	struct sprout *sprout = NULL;
	must(fd >= 0);
	fuzz_messages = 0;
	int err = sprout_plan(&options, &seed, 1, &sprout);
	if (!err)
		err = sprout_write(sprout, &output);
	must(err <= 0 && fuzz_messages == (err ? 1 : 0));
	if (!err)
		check_sprout(fd);
	sprout_free(sprout);
	close(fd);
}

/* The options of a run, of which the seed's superblock decides some. */
static int set_options(struct convert_options *o, const struct filesystem_device *seed, u8 options)
{
	struct btrfs_super_block super;
	struct codec_choice codec;
	*o = (struct convert_options){ .spool_dir = "/dev/shm" };
	must(!codec_parse(options & 1 ? "none" : "zstd:3", &codec));
	o->tree.rules.codec = codec;
	o->tree.implied.mode = 0755;
	o->data.dedupe = true;
	o->data.threads = 1;
	o->data.max_inline = 2048;
	o->image.seed = !(options & 2);
	o->reader.max_bytes = o->reader.max_memory = UINT64_MAX;
	o->tree.max_entries = UINT32_MAX;
	int err = filesystem_read_super(seed, &super);
	if (!err)
		err = filesystem_check_super(seed, &super);
	o->data.csum = o->image.csum = (enum btrfs_csum_type)from_le16(super.csum_type);
	o->data.nodesize = o->reader.nodesize = o->tree.nodesize = o->image.nodesize =
		from_le32(super.nodesize);
	return err;
}

static int convert_steps(struct convert *c, const struct convert_options *o, int fd)
{
	const struct convert_input archive = { specimen_archive(), "archive" };
	const struct image_output output = { .fd = fd, .sparse = true, .seekable = true };
	struct stack *stack = c->stack;
	int err = convert_open(c, o);
	c->stack = stack;
	if (!err)
		err = convert_read(c, &archive, 1);
	if (!err)
		err = convert_plan(c);
	if (!err)
		err = convert_write(c, &output);
	close(archive.fd);
	return err;
}

static void make_update(int seed_fd, u8 options)
{
	const struct filesystem_device seed = { seed_fd, "seed" };
	const int fd = memfd_create("update", MFD_CLOEXEC);
	struct convert_options convert_options;
	struct convert convert = { 0 };
	struct stack *stack = NULL;
	must(fd >= 0);
	fuzz_messages = 0;
	int err = set_options(&convert_options, &seed, options);
	if (!err)
		err = stack_open(&seed, 1, &stack);
	convert.stack = stack;
	if (!err)
		err = convert_steps(&convert, &convert_options, fd);
	must(err <= 0 && fuzz_messages == (err ? 1 : 0));
	convert_free(&convert);
	stack_close(stack);
	close(fd);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 options[SPECIMEN_OPTION_BYTES];
	diag_set_sink(fuzz_count_message);
	struct specimen *s = specimen_of_input(data, size, 0xff, options);
	if (options[1] & 0x80)
		make_update(s->fd, options[1]);
	else
		make_sprout(s->fd);
	specimen_restore(s);
	return 0;
}

#ifdef LIBFUZZER
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed)
{
	return specimen_mutate_input(data, size, max_size, seed);
}
#endif
