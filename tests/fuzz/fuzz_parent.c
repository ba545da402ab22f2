/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Send streams whose parent is a damaged image, from the archive that the image was made of.
 *
 * An input is two bytes of options and records of damage (specimen.h). By byte and bits:
 *   0: the specimen, modulo their number
 *   1: 0x40 parents are not mended, 0x01 all times, 0x02 the tree begins in "a", 0x04 "a" and "a/b"
 *      are parts of it, if they are subvolumes
 */
#include "specimen.h"

#include "base/diag.h"
#include "convert/convert.h"
#include "disk/codec.h"

#include <unistd.h>

static void set_options(struct convert_options *o, u8 options)
{
	struct codec_choice codec;
	*o = (struct convert_options){ .spool_dir = "/dev/shm" };
	must(!codec_parse("zstd:3", &codec));
	o->tree.rules.codec = codec;
	o->tree.implied.mode = 0755;
	o->tree.nodesize = o->data.nodesize = o->reader.nodesize = 16384;
	o->tree.max_entries = UINT32_MAX;
	o->data.dedupe = true;
	o->data.threads = 1;
	o->data.max_inline = 2048;
	o->reader.max_bytes = 64 << 20;
	o->reader.max_memory = 64 << 20;
	o->reader.keep_times = options & 1;
	o->send.version = SEND_DEFAULT_VERSION;
	o->send.subvol_name = SEND_DEFAULT_NAME;
}

static int plan(struct convert *c, struct convert *parent, int image)
{
	const struct convert_input archive = { specimen_archive(), "archive" };
	const struct convert_input old = { image, "image" };
	int err = convert_read(parent, &old, 1);
	if (!err)
		err = convert_read(c, &archive, 1);
	if (!err)
		err = convert_plan(c);
	close(archive.fd);
	return err;
}

/* The archive has what the image had before the damage, so what is sent is never more than all of it. */
static void make_stream(int image, u8 options)
{
	struct subvol_request inside[] = { { .path = "a" }, { .path = "a/b" } };
	struct convert_options own, old;
	struct convert c, parent;
	set_options(&own, options);
	old = own;
	if (options & 4)
		old.tree.subvols = (struct subvol_requests){ .subvols = inside, .nr_subvols = 2 };
	convert_from_image(&old, options & 2 ? "a" : NULL);
	fuzz_messages = 0;
	must(!convert_open(&c, &own) && !convert_open(&parent, &old));
	c.parent = &parent;
	const int err = plan(&c, &parent, image);
	must(err <= 0 && fuzz_messages == (err ? 1 : 0));
	must(err || convert_bytes(&c) < (1 << 20));
	convert_free(&c);
	convert_free(&parent);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 options[SPECIMEN_OPTION_BYTES];
	diag_set_sink(fuzz_count_message);
	struct specimen *s = specimen_of_input(data, size, 0xff, options);
	make_stream(s->fd, options[1]);
	specimen_restore(s);
	return 0;
}

#ifdef LIBFUZZER
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed)
{
	return specimen_mutate_input(data, size, max_size, seed);
}
#endif
