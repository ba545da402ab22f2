/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header block of tar in all its dialects, and the fields that need no context. */
#ifndef INPUT_TAR_HEADER_H
#define INPUT_TAR_HEADER_H

#include "member.h"

#define TAR_BLOCK 512u

struct tar_header {
	char name[100];
	u8 mode[8];
	u8 uid[8];
	u8 gid[8];
	u8 size[12];
	u8 mtime[12];
	u8 sum[8];
	char type;
	char link[100];
	char magic[8]; /* with the version */
	char uname[32];
	char gname[32];
	u8 dev_major[8];
	u8 dev_minor[8];
	char prefix[155]; /* ustar; GNU and star have other fields here */
	u8 rest[12];
};
static_assert(sizeof(struct tar_header) == TAR_BLOCK, "tar_header");

/* The number fields. */
enum tar_field {
	TAR_MODE,
	TAR_UID,
	TAR_GID,
	TAR_SIZE,
	TAR_MTIME,
	TAR_DEV_MAJOR,
	TAR_DEV_MINOR,
	TAR_GNU_REALSIZE, /* old GNU sparse format: of the file with its holes */
};

/*
 * tar_number - the value of @field
 * Returns 0, or a negative errno after printing that it is no number, or below 0 where that makes
 * no sense.
 */
int tar_number(const struct tar_header *header, enum tar_field field, const struct member *member,
	       s64 *value);

/* tar_header_is_gnu - old GNU format: it has a sparse map where ustar has a prefix */
bool tar_header_is_gnu(const struct tar_header *header);

/* tar_header_path - the path, joined in @out, which holds 257 bytes; returns its length */
size_t tar_header_path(const struct tar_header *header, char *out);

/* tar_header_type - S_IF* that the type flag means; 0 if btrfs has no such type */
u32 tar_header_type(const struct tar_header *header);

/* tar_type_name - of a type flag that is not supported */
const char *tar_type_name(char type);

#endif
