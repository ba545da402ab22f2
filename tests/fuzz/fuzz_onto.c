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
#include "onto/sprout.h"

#include <sys/mman.h>
#include <unistd.h>

#define OPTION_BYTES 2
#define MAX_DAMAGE 64
#define SPROUT_BYTES (1ull << 30)

static unsigned messages;

static void count_lines(enum diag_level level, const char *line, size_t len)
{
	must(memchr(line, '\n', len) == line + len - 1);
	messages += level == DIAG_ERROR;
	if (getenv("FUZZ_VERBOSE"))
		fwrite(line, 1, len, stderr);
}

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
	messages = 0;
	int err = sprout_plan(&options, &seed, &sprout);
	if (!err)
		err = sprout_write(sprout, &output);
	must(err <= 0 && messages == (err ? 1 : 0));
	if (!err)
		check_sprout(fd);
	sprout_free(sprout);
	close(fd);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct damage records[MAX_DAMAGE];
	u8 options[OPTION_BYTES] = { 0 };
	const size_t head = min_u64(size, OPTION_BYTES);
	diag_set_sink(count_lines);
	memcpy(options, data, head);
	const size_t bytes = min_u64(size - head, sizeof(records));
	memcpy(records, data + head, bytes);
	struct specimen *s = specimen_get(options[0] % NR_SPECIMENS);
	specimen_damage(s, records, (u32)(bytes / sizeof(*records)), !(options[1] & 0x40));
	make_sprout(s->fd);
	specimen_restore(s);
	return 0;
}

#ifdef LIBFUZZER
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed);

/* Records begin where they began. */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed)
{
	struct damage records[MAX_DAMAGE];
	if (size < OPTION_BYTES + sizeof(*records) || seed % 8 == 0)
		size = LLVMFuzzerMutate(data, size, max_size);
	if (size < OPTION_BYTES)
		return size;
	const u32 max = (u32)min_u64((max_size - OPTION_BYTES) / sizeof(*records), MAX_DAMAGE);
	u32 nr = (u32)min_u64((size - OPTION_BYTES) / sizeof(*records), max);
	memcpy(records, data + OPTION_BYTES, nr * sizeof(*records));
	nr = damage_shuffle(records, nr, max, seed);
	memcpy(data + OPTION_BYTES, records, nr * sizeof(*records));
	return OPTION_BYTES + nr * sizeof(*records);
}
#endif
