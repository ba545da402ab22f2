/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An empty sprout: the second device of a filesystem whose first one is a seed. It mounts read-write at
 * once. The trees of subvolumes, of checksums and of uuids stay on the seed, and so do most leaves of
 * the extent tree. All else is written anew, for the device that is made.
 */
#ifndef ONTO_SPROUT_H
#define ONTO_SPROUT_H

#include "image/image.h"
#include "read/filesystem.h"

struct sprout_options {
	/* size_bytes, the ids but the chunk tree's, and the label count; node size, checksum, copies of
	 * metadata and features are the seed's */
	const struct image_options *image;
	bool has_label;   /* else it is the seed's */
	const char *name; /* sprouts of one seed with other names have other ids; may be "" */
};

struct sprout;

/*
 * sprout_plan - read what is needed of the seed, and decide every address
 * @options, @seed: stay valid until sprout_free()
 * @nr_devices: of the seed: one, or the chain of seeds that it is, in any order
 * Refused is what is not a clean seed. Returns 0, or a negative errno after printing.
 */
int sprout_plan(const struct sprout_options *options, const struct filesystem_device *seed,
		u32 nr_devices, struct sprout **sprout);
void sprout_free(struct sprout *sprout); /* NULL is fine */

/* sprout_bytes - total size */
u64 sprout_bytes(const struct sprout *sprout);

/* sprout_needed_bytes - what a file of the sprout takes where holes take nothing */
u64 sprout_needed_bytes(const struct sprout *sprout);

/* sprout_fsid - the filesystem id; known when the sprout is written */
const u8 *sprout_fsid(const struct sprout *sprout);

/*
 * sprout_write - write the sprout; once
 * In the end the seed must be the one that was read. Returns 0, or a negative errno after printing.
 */
int sprout_write(struct sprout *sprout, const struct image_output *output);

#endif
