/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detect.h"
#include "tar_parser.h"

#include "base/diag.h"

#include <errno.h>

static int not_an_archive(struct stream *s, const u8 *p, size_t len)
{
	const char *foreign = magic_foreign(p, len);
	if (foreign)
		return fail(-EINVAL, "%s: %s: not supported, allowed: tar, cpio", stream_name(s),
			    foreign);
	if (len >= 262 && !memcmp(p + 257, "ustar", 5))
		return fail(-EINVAL, "%s: damaged tar header at byte 0: its sum is wrong",
			    stream_name(s));
	return fail(-EINVAL, "%s: not a tar or cpio archive", stream_name(s));
}

int detect_format(struct stream *s, enum input_format *format)
{
	size_t len;
	const u8 *p = stream_peek(s, 0, MAGIC_BYTES, &len);
	if (stream_error(s))
		return stream_error(s);
	const char *name;
	enum packing packing = tar_is_header(p, len) ? PACKING_NONE : magic_packing(p, len, &name);
	if (packing != PACKING_NONE && stream_packing(s))
		return fail(-EINVAL, "%s: packed twice: %s inside %s, one layer is allowed",
			    stream_name(s), name, stream_packing(s));
	if (packing != PACKING_NONE) {
		int err = stream_unpack_at(s, 0, packing, name);
		return err ? err : detect_format(s, format);
	}
	if (!len)
		return fail(-EINVAL, "%s: empty input, allowed: a tar or cpio archive",
			    stream_name(s));
	/* A tar header's sum decides: a member's name may begin like a cpio header. */
	if (tar_is_header(p, len) || (tar_is_end(p, len) && !magic_foreign(p, len)))
		*format = FORMAT_TAR;
	else if (magic_is_cpio(p, len))
		*format = FORMAT_CPIO;
	else
		return not_an_archive(s, p, len);
	return 0;
}
