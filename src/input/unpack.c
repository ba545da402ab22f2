/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses the unpacker for a packing. */
#include "unpack.h"

#include "base/diag.h"

#include <errno.h>

int unpack_open(struct raw_input *source, enum packing packing, const char *name,
		struct unpacker **unpacker)
{
	if (packing == PACKING_GZIP)
		return unpack_gzip_open(source, unpacker);
	if (packing == PACKING_OTHER)
		return fail(
			-EINVAL,
			"%s: packed with %s: not supported, allowed: gzip, xz, zstd, bzip2, lz4",
			source->name, name);
	return unpack_filter_open(source, packing, name, unpacker);
}
