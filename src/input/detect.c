/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detect.h"
#include "tar_parser.h"

#include "base/diag.h"

#include <errno.h>

static int not_an_archive(const struct stream *s, const u8 *p, size_t len)
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

/* Unpack the bytes from @offset on, if they are packed. Returns 1 if so, 0 if not, or an error. */
static int unpack(struct stream *s, u64 offset, const u8 *p, size_t len)
{
	const char *name;
	const enum packing packing = magic_packing(p, len, &name);
	if (packing == PACKING_NONE || (packing == PACKING_OTHER && offset))
		return 0;
	if (stream_packing(s))
		return fail(-EINVAL, "%s: packed twice: %s inside %s, one layer is allowed",
			    stream_name(s), name, stream_packing(s));
	int err = stream_unpack_at(s, offset, packing, name);
	return err ? err : 1;
}

/* Zeros are a tar's end marker, unless a cpio follows, as in an initramfs. */
static int detect_behind_zeros(struct stream *s, enum input_format *format, u64 *offset)
{
	const u8 *p;
	*format = FORMAT_TAR_END;
	int r = stream_skip_zeros(s, offset);
	if (r <= 0)
		return r;
	ssize_t got = stream_peek(s, *offset, MAGIC_BYTES, &p);
	r = got < 0 ? (int)got : unpack(s, *offset, p, (size_t)got);
	if (r > 0)
		got = stream_peek(s, *offset, MAGIC_BYTES, &p);
	if (r < 0 || got < 0)
		return r < 0 ? r : (int)got;
	if (magic_is_cpio(p, (size_t)got))
		*format = FORMAT_CPIO;
	return 0;
}

int detect_format(struct stream *s, enum input_format *format, u64 *offset)
{
	const u8 *p;
	*offset = 0;
	ssize_t got = stream_peek(s, 0, MAGIC_BYTES, &p);
	if (got < 0)
		return (int)got;
	const size_t len = (size_t)got;
	/* A tar header's sum decides: a member's name may begin like other formats. */
	if (tar_is_header(p, len)) {
		*format = FORMAT_TAR;
		return 0;
	}
	int r = unpack(s, 0, p, len);
	if (r)
		return r < 0 ? r : detect_format(s, format, offset);
	*format = FORMAT_TAR_END;
	if (!len && stream_is_whole(s))
		return 0;
	if (!len)
		return fail(-EINVAL, "%s: empty input, allowed: a tar or cpio archive",
			    stream_name(s));
	*format = FORMAT_CPIO;
	if (magic_is_cpio(p, len))
		return 0;
	const bool is_end = tar_is_end(p, len);
	if (magic_foreign(p, len) || p[0])
		return not_an_archive(s, p, len);
	r = detect_behind_zeros(s, format, offset);
	if (!r && *format == FORMAT_TAR_END && !is_end)
		return fail(-EINVAL, "%s: not a tar or cpio archive", stream_name(s));
	return r;
}
