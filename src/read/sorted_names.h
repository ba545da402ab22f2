/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of one directory in the order of their bytes. Takes memory for all of them. */
#ifndef READ_SORTED_NAMES_H
#define READ_SORTED_NAMES_H

#include "read/directory.h"

struct sorted_name {
	u64 index;
	size_t at; /* of the name, in sorted_names.bytes */
	u32 len;
};

struct sorted_names {
	struct sorted_name *list; /* zeroed at first */
	size_t nr, capacity;
	char *bytes;
	size_t len, bytes_capacity;
};

/* sorted_names_read - all names from index @first on; 0, or a negative errno after printing */
int sorted_names_read(struct sorted_names *names, struct directory_reader *reader,
		      const struct filesystem_tree *tree, u64 dir, u64 first);
void sorted_names_release(struct sorted_names *names);

#endif
