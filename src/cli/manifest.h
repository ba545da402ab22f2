/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canonical listing of a tree in mtree form, which the manual specifies. It says what an image
 * holds, not how the image is stored: it has no address, codec or inode number.
 */
#ifndef CLI_MANIFEST_H
#define CLI_MANIFEST_H

#include "model/content.h"
#include "model/tree.h"

#define MANIFEST_DIGEST_BYTES 32

/*
 * manifest_write - write the listing of a finished tree whose files have their hashes
 * @content: tells which files have fs-verity
 * @fd:     to write to, or -1 if only the digest is wanted
 * @name:   of @fd, for messages
 * @digest: result, SHA-256 of the listing
 * Returns 0 or a negative errno after printing.
 */
int manifest_write(const struct tree *tree, const struct content *content, int fd, const char *name,
		   u8 digest[MANIFEST_DIGEST_BYTES]);

#endif
