/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses the unpacker for a packing. */
#include "unpack.h"

#include "base/diag.h"

#include <errno.h>
#include <stdio.h>

int unpack_open(struct raw_input *source, enum packing packing, const char *name,
		struct unpacker **unpacker)
{
	struct unpacker head = { .packing = name };
	const u64 offset = raw_input_offset(source);
	if (offset)
		snprintf(head.what, sizeof(head.what), "the %s data at byte %llu", name,
			 (unsigned long long)offset);
	else
		snprintf(head.what, sizeof(head.what), "the %s data", name);
	struct unpacker *opened = &head;
	int err;
	if (packing == PACKING_GZIP)
		err = unpack_gzip_open(source, &opened);
	else if (packing == PACKING_ZSTD)
		err = unpack_zstd_open(source, &opened);
	else if (packing != PACKING_OTHER)
		err = unpack_filter_open(source, packing, &opened);
	else
		err = fail(-EINVAL,
			   "%s: packed with %s: not supported, allowed: gzip, xz, zstd, bzip2, lz4",
			   source->name, name);
	*unpacker = err ? NULL : opened;
	return err;
}
