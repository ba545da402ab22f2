/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hard links of one cpio archive: members with one device, inode number and type are one file. */
#ifndef INPUT_CPIO_LINKS_H
#define INPUT_CPIO_LINKS_H

#include "member.h"

struct cpio_links;

struct cpio_links *cpio_links_new(void);
void cpio_links_free(struct cpio_links *links);

/* cpio_links_bytes - of memory that paths take by now; 0 for NULL */
u64 cpio_links_bytes(const struct cpio_links *links);

/*
 * cpio_links_find - the path of the first member of @member's group
 * Returns false, and remembers @member, if it is the first.
 */
bool cpio_links_find(struct cpio_links *links, const struct member *member, struct text *first);

#endif
