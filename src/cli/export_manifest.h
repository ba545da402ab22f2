/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_EXPORT_MANIFEST_H
#define CLI_EXPORT_MANIFEST_H

#include "manifest.h"

#include "convert/export.h"

/*
 * export_manifest - the manifest of a subvolume, as tar2btrfs writes it for its archive
 * @fd: to write to, or -1 if only the digest is wanted; @name: of that, for messages
 * @digest: result, SHA-256 of the listing
 * Sockets are in it. Returns 0, or a negative errno after printing.
 */
int export_manifest(struct filesystem *fs, const struct export_options *options, int fd,
		    const char *name, u8 digest[MANIFEST_DIGEST_BYTES]);

#endif
