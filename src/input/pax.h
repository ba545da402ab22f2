/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of pax extended headers: "LENGTH KEY=VALUE\n". */
#ifndef INPUT_PAX_H
#define INPUT_PAX_H

#include "member.h"

struct pax_number {
	u64 value;
	bool is_set;
};

/* The ways to write an xattr; where two give one name, the later here counts. */
#define PAX_XATTR_SELINUX 1u    /* RHT.security.selinux: text */
#define PAX_XATTR_LIBARCHIVE 2u /* LIBARCHIVE.xattr.NAME: %XX and base64 */
#define PAX_XATTR_SCHILY 4u     /* SCHILY.xattr.NAME: raw value */

struct pax {
	struct text path, linkpath, sparse_name, sparse_map;
	struct text file_flags, acl_access, acl_default, acl_nfs4, holes_data;
	struct pax_number size, uid, gid, dev_major,
		dev_minor; /* uid, gid: a negative one as s64 */
	struct pax_number star_realsize;
	struct pax_number sparse_realsize; /* GNU.sparse.size or .realsize: the last one counts */
	struct pax_number sparse_major, sparse_minor, sparse_numblocks;
	struct member_time mtime, atime, ctime, birthtime;
	u32 xattr_forms;       /* PAX_XATTR_* */
	bool has_sparse_pairs; /* format 0.0: the pairs are in the member's map */
};

/*
 * pax_next - take one record off the front of @rest
 * Returns 1, 0 if @rest is empty, or -1 if it is malformed.
 */
int pax_next(struct text *rest, struct text *key, struct text *value);

/* pax_xattr_form - PAX_XATTR_* of @key, or 0; @name: result: the attribute's name, still encoded */
u32 pax_xattr_form(struct text key, struct text *name);

/*
 * pax_read - read all @records into @pax
 * @pax:       zeroed, or with what global records said; an empty value takes that away
 * @is_global: keys that make no sense for many members are unsupported
 * @member:    gets the pairs of sparse format 0.0 in its map; after an error its path is that of
 *             the records, if they have one
 * Returns 0, or a negative errno after printing.
 */
int pax_read(struct text records, bool is_global, const struct reader_options *options,
	     struct pax *pax, struct member *member);

#endif
