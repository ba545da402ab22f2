/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detect.h"
#include "tar_parser.h"

#include "base/diag.h"

#include <errno.h>

static int not_an_archive(const struct stream *s, const u8 *p, size_t len)
{
	const char *help, *packing = stream_packing(s);
	const char *foreign = magic_foreign(p, len, &help);
	if (foreign)
		return fail(-EINVAL, "%s: %s%s%s: not supported, allowed: tar, cpio%s%s%s",
			    stream_name(s), foreign, packing ? ", packed with " : "",
			    packing ? packing : "", help ? "; this makes one: " : "",
			    help ? help : "", help ? " | tar2btrfs" : "");
	if (len >= 262 && !memcmp(p + 257, "ustar", 5))
		return fail(-EINVAL, "%s: damaged tar header at byte 0: its sum is wrong",
			    stream_name(s));
	return fail_hint(-EINVAL, HINT_NO_ARCHIVE, "%s: %s%snot a tar or cpio archive",
			 stream_name(s), packing ? packing : "", packing ? " data, but " : "");
}

/* Unpack the bytes from @offset on, if they are packed. Returns 1 if so, 0 if not, or an error. */
static int unpack(struct stream *s, u64 offset, const u8 *p, size_t len)
{
	const char *name;
	const enum packing packing = magic_packing(p, len, &name);
	if (packing == PACKING_NONE || tar_is_header(p, len))
		return 0;
	if (stream_packing(s))
		return fail(-EINVAL, "%s: packed twice: %s inside %s, one packing is allowed",
			    stream_name(s), name, stream_packing(s));
	int err = stream_unpack_at(s, offset, packing, name);
	return err ? err : 1;
}

int detect_next_part(struct stream *s, u64 *offset, const u8 **p, size_t *len)
{
	const char *behind = NULL; /* the packing of the part that ended last */
	for (;;) {
		int r = stream_skip_zeros(s, offset);
		const char *packing = stream_packing(s);
		if (r < 0 || (r == 0 && !stream_end_part(s)))
			return r;
		if (r == 0) {
			behind = packing;
			continue;
		}
		const ssize_t got = stream_peek(s, *offset, MAGIC_BYTES, p);
		if (got < 0)
			return (int)got;
		*len = (size_t)got;
		r = unpack(s, *offset, *p, *len);
		if (r == 0 && behind && !magic_is_cpio(*p, *len))
			return fail(-EINVAL, "%s: there %s behind the %s data", stream_name(s),
				    tar_is_header(*p, *len) ? "is a plain tar" : "are other bytes",
				    behind);
		if (r <= 0)
			return r ? r : 1;
		behind = NULL;
	}
}

int detect_format(struct stream *s, enum input_format *format, u64 *offset)
{
	const u8 *p;
	const char *help;
	*offset = 0;
	ssize_t got = stream_peek(s, 0, MAGIC_BYTES, &p);
	if (got < 0)
		return (int)got;
	size_t len = (size_t)got;
	/* A tar header's sum decides: a member's name may begin like other formats. */
	*format = FORMAT_TAR;
	if (tar_is_header(p, len))
		return 0;
	int r = unpack(s, 0, p, len);
	if (r)
		return r < 0 ? r : detect_format(s, format, offset);
	*format = FORMAT_TAR_END;
	if (!len && stream_is_whole(s))
		return 0;
	/* Zeros are a tar's end marker, unless a cpio follows, as in an initramfs. */
	const bool is_end = tar_is_end(p, len);
	if (len && !magic_is_cpio(p, len) && (magic_foreign(p, len, &help) || p[0]))
		return not_an_archive(s, p, len);
	r = detect_next_part(s, offset, &p, &len);
	if (r < 0)
		return r;
	if (r && magic_is_cpio(p, len))
		*format = FORMAT_CPIO;
	else if (r && !tar_is_header(p, len))
		return fail(-EINVAL, "%s: not a tar or cpio archive: %llu zeros, then other bytes",
			    stream_name(s), (unsigned long long)*offset);
	else if (!r && !*offset)
		return fail(-EINVAL, "%s: empty input, allowed: a tar or cpio archive",
			    stream_name(s));
	else if (!is_end)
		return fail_hint(-EINVAL, HINT_NO_ARCHIVE, "%s: not a tar or cpio archive",
				 stream_name(s));
	return 0;
}
