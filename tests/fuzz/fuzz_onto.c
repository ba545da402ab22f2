/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sprouts of damaged seeds.
 *
 * An input is two bytes of options and records of damage (specimen.h). By byte and bits:
 *   0: the specimen, modulo their number
 *   1: 0x40 parents are not mended
 */
#include "specimen.h"

#include "base/diag.h"
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

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 options[SPECIMEN_OPTION_BYTES];
	diag_set_sink(fuzz_count_message);
	struct specimen *s = specimen_of_input(data, size, 0xff, options);
	make_sprout(s->fd);
	specimen_restore(s);
	return 0;
}

#ifdef LIBFUZZER
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed);

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed)
{
	return specimen_mutate_input(data, size, max_size, seed);
}
#endif
